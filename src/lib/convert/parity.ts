import { Type, type Static } from '@sinclair/typebox';

/**
 * How far the outputs of an ONNX file are from the truth: the same network in float64. PyTorch's own float32 results are
 * off, too, and by more on some processors than on others, so a file is not asked to be nearer than twice as far.
 */

/** The difference that a float32 file may have, whatever PyTorch's own float32 results are. */
export const PARITY_TOLERANCE = 1e-5;
/** How many times as far from the truth as PyTorch's float32 results a file may be. */
export const TIMES_PYTORCH = 2;

/** Pixels whose probability is larger are marked; a flipped pixel is marked by one side only. */
export const MASK_THRESHOLD = 0.5;

export const OutputDistanceSchema = Type.Object({
  max: Type.Number({ minimum: 0 }),
  mean: Type.Number({ minimum: 0 }),
  p999: Type.Number({ minimum: 0, description: '99.9th percentile' }),
});
export type OutputDistance = Static<typeof OutputDistanceSchema>;

const DistanceSchema = {
  map: Type.Object(OutputDistanceSchema.properties, { description: 'Of the probabilities of all pixels' }),
  score: Type.Object(OutputDistanceSchema.properties, {
    description: 'Of the score logits, divided by their size where that is over 1',
  }),
};
type Distance = Record<keyof typeof DistanceSchema, OutputDistance>;

export const VariantParitySchema = Type.Object({
  inputSize: Type.Integer({ minimum: 1 }),
  ...DistanceSchema,
  pytorch: Type.Object(DistanceSchema, { description: 'The same of PyTorch in float32' }),
  pixels: Type.Integer({ minimum: 1 }),
  flippedPixels: Type.Integer({
    minimum: 0,
    description: 'Over 0.5 on one side only, where the truth is farther from 0.5 than the tolerance',
  }),
});
export type VariantParity = Static<typeof VariantParitySchema>;

export const ParitySchema = Type.Object({
  tolerance: Type.Number({
    description: `A file passes within it, or up to ${TIMES_PYTORCH} times as far from float64 as PyTorch in float32`,
  }),
  runtime: Type.String({ description: 'What was compared with PyTorch in float64' }),
  photos: Type.Integer({ minimum: 0, description: 'Real photos that were compared' }),
  noise: Type.Integer({ minimum: 0, description: 'Images of noise that were compared' }),
  variants: Type.Array(VariantParitySchema),
});

/** The outputs of several images, one after the other. */
export interface Outputs<Values = Float32Array> {
  /** Score logits, (N). */
  scores: Values;
  /** Probabilities of all pixels of all images. */
  maps: Values;
}

/**
 * Compares the outputs of an ONNX file with the truth for the same inputs.
 *
 * @param truth - PyTorch in float64
 * @param pytorch - PyTorch in float32
 * @param actual - the ONNX file
 */
export function compareOutputs(
  inputSize: number,
  { truth, pytorch, actual }: { truth: Outputs<Float64Array>; pytorch: Outputs; actual: Outputs },
  tolerance = PARITY_TOLERANCE,
): VariantParity {
  let flippedPixels = 0;
  truth.maps.forEach((probability, i) => {
    if (Math.abs(probability - MASK_THRESHOLD) <= tolerance) return;
    if (probability > MASK_THRESHOLD !== actual.maps[i]! > MASK_THRESHOLD) flippedPixels++;
  });
  return {
    inputSize,
    ...distance(truth, actual),
    pytorch: distance(truth, pytorch),
    pixels: truth.maps.length,
    flippedPixels,
  };
}

/** A difference that is not a number is over every tolerance. */
export function isWithin({ map, score, pytorch }: VariantParity, tolerance: number): boolean {
  return [[map, pytorch.map] as const, [score, pytorch.score] as const].every(
    ([own, theirs]) => own.max <= tolerance || own.max <= TIMES_PYTORCH * theirs.max,
  );
}

function distance(truth: Outputs<Float64Array>, other: Outputs): Distance {
  return {
    map: distanceOf(truth.maps.map((probability, i) => Math.abs(probability - other.maps[i]!))),
    // A float32 logit of 20 has steps of 2e-6 itself, so large ones are compared in proportion.
    score: distanceOf(
      truth.scores.map((logit, i) => Math.abs(logit - other.scores[i]!) / Math.max(1, Math.abs(logit))),
    ),
  };
}

/** The percentile by nearest rank. */
export function distanceOf(differences: Float64Array): OutputDistance {
  const sorted = differences.sort();
  const rank = Math.ceil(0.999 * sorted.length) - 1;
  return {
    // NaN sorts last.
    max: sorted.at(-1)!,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p999: sorted[rank]!,
  };
}
