import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Precision, Variant } from '../model/manifest.js';
import type { CheckpointEvent, QuantisedEvent } from '../python/events.js';
import type { CalibrationPhotos } from './calibration.js';
import { floatDifference } from './float-difference.js';
import type { Outputs } from './parity.js';
import { runOnnx } from './run-onnx.js';

/** Other precisions than float32, held against it in the runtime that ships. */

/** Photos of the calibration that are compared. */
const COMPARED = 8;
/** How far a variant's map may be from float32's in the mean: far over what the search for int8 allows itself. */
const LOST = 0.02;

export function countCompared(calibration: CalibrationPhotos | undefined): number {
  return calibration ? Math.min(COMPARED, calibration.photos) : 0;
}

/** What is said of a size's variants, by precision. */
export type FoundPrecisions = ReadonlyMap<Precision, Partial<Variant>>;

export interface Comparison {
  draft: string;
  size: number;
  precisions: readonly Precision[];
  calibration: CalibrationPhotos;
  names: Pick<CheckpointEvent, 'input' | 'score' | 'mask'>;
  quantised: QuantisedEvent | undefined;
  threads: number;
  signal: AbortSignal | undefined;
}

/**
 * What is said of each precision at a size.
 *
 * @throws {OfxError} PRECISION_FAILED where one gives no numbers, or another map altogether
 */
export async function compareWithFloat32(
  { draft, size, precisions, calibration, names, quantised, threads, signal }: Comparison,
  step: () => void,
): Promise<FoundPrecisions> {
  const tensors = calibration.tensors(size).slice(0, COMPARED);
  const outputs = (file: string): Promise<Outputs> =>
    runOnnx(path.join(draft, file), tensors, names, { threads, signal }, step);
  const float32 = await outputs(`${size}.onnx`);
  const found = new Map<Precision, Partial<Variant>>();
  for (const precision of precisions) {
    const difference = floatDifference(tensors.length, {
      float32,
      other: await outputs(`${size}-${precision}.onnx`),
    });
    if (!(difference.map.mean <= LOST && difference.score.mean <= LOST))
      throw lost(precision, size, difference.map.mean);
    found.set(precision, {
      difference,
      accuracy: 'not measured',
      ...(precision === 'int8' &&
        quantised && {
          quantisation: {
            int8Nodes: quantised.nodes.filter(({ int8 }) => int8).length,
            candidates: quantised.nodes.length,
            reducedRange: quantised.reducedRange,
            calibration: { photos: calibration.photos, source: calibration.source },
          },
        }),
    });
  }
  return found;
}

function lost(precision: Precision, size: number, mean: number): OfxError {
  return new OfxError(
    'PRECISION_FAILED',
    Number.isFinite(mean)
      ? `In ${precision} the network gives other maps at size ${size}: off by ${mean.toFixed(3)} in the mean. Nothing was written.`
      : `In ${precision} the network gives no numbers at size ${size}. Nothing was written.`,
    { suggestion: `Leave ${precision} out of --precision.` },
  );
}
