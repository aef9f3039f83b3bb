import { planSessions } from '../workers/sessions.js';
import type { Condition } from '../gates/condition.js';
import type { RemeasureRequest } from '../validate/remeasure.js';
import type { ValidateRequest } from '../validate/request.js';
import { pickDefined } from './flags.js';
import type { Interfaces } from './oclif.js';
import { objectiveOf, type validateFlags } from './validate-flags.js';

export type ValidateFlags = Interfaces.InferredFlags<typeof validateFlags>;

/**
 * What the flags of `ofx validate` ask for.
 *
 * @throws {OfxError} USAGE, and as `findModel` and `readThresholds`
 */
export async function validateRequest(
  dataset: string,
  flags: ValidateFlags,
  failOn: Condition[],
): Promise<ValidateRequest> {
  const { parseDistortions } = await import('../validate/distortions.js');
  const { readThresholds } = await import('../model/thresholds-file.js');
  const { VALIDATION_SIZE } = await import('../model/network.js');
  const { findModel } = await import('../model/catalogue.js');
  return {
    ...flags,
    dataset,
    model: flags.predictions === undefined ? await findModel(flags.model) : undefined,
    detector: {
      // Several are measured one after the other, each with a request of its own.
      size: flags.size?.[0],
      precision: flags.precision?.[0],
      usualSize: VALIDATION_SIZE,
      evidence: flags.evidence,
      thresholds: flags.thresholds === undefined ? undefined : await readThresholds(flags.thresholds),
      ...planSessions(flags, Infinity),
    },
    panelFormat: flags['panel-format'],
    scoreAt: flags['score-at'],
    scoreThreshold: flags.threshold,
    maskThreshold: flags['mask-threshold'],
    sweepStep: flags['sweep-step'],
    saveMaps: flags['save-maps'],
    calibrate: flags.calibrate ? objectiveOf(flags) : undefined,
    fitFusion: flags['fit-fusion'],
    limits: pickDefined({ maxPixels: flags['max-pixels'] }),
    robustness: parseDistortions(flags.robustness ?? []),
    failOn,
  };
}

/**
 * What the flags of `ofx validate --from` ask for.
 *
 * @param given - a flag's value where it was given, not where it is the default: what is not asked for stays as the run has it
 */
export function remeasureRequest(
  from: string,
  dataset: string | undefined,
  flags: ValidateFlags,
  failOn: Condition[],
  given: <T>(name: string, value: T) => T | undefined,
): RemeasureRequest {
  const { out, charts, baseline, threshold } = flags;
  return {
    from,
    dataset,
    out,
    charts,
    baseline,
    failOn,
    scoreThreshold: threshold,
    maskThreshold: flags['mask-threshold'],
    protocol: given('protocol', flags.protocol),
    scoreAt: given('score-at', flags['score-at']),
    sweepStep: given('sweep-step', flags['sweep-step']),
    seed: given('seed', flags.seed),
    strict: false,
    limits: {},
  };
}
