import { forEachOutput, OUTPUTS } from '../image/output-kinds.js';
import type { PredictRequest } from '../predict/predict.js';
import { pickDefined } from './flags.js';
import type { Interfaces } from './oclif.js';
import type { predictFlags } from './predict-flags.js';

type PredictFlags = Interfaces.InferredFlags<typeof predictFlags>;

/**
 * What the flags of `ofx predict` ask for.
 *
 * @throws {OfxError} as `findModel` and `readThresholds`
 */
export async function predictRequest(
  inputs: readonly string[],
  flags: PredictFlags,
): Promise<PredictRequest> {
  const { readThresholds } = await import('../model/thresholds-file.js');
  const { findModel } = await import('../model/catalogue.js');
  const { size, precision, evidence, concurrency, threads, tile, mirror, page, resume } = flags;
  const thresholds = flags.thresholds === undefined ? undefined : await readThresholds(flags.thresholds);
  return {
    inputs,
    model: await findModel(flags.model),
    detector: { size, precision, evidence, thresholds, concurrency, threads },
    destinations: pickDefined(forEachOutput((_info, kind) => flags[OUTPUTS[kind].flag])),
    scoreThreshold: flags.threshold,
    maskThreshold: flags['mask-threshold'],
    minArea: flags['min-area'],
    tile,
    mirror,
    page,
    limits: pickDefined({ maxPixels: flags['max-pixels'] }),
    resume,
  };
}
