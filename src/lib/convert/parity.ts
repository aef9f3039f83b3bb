import { Type, type Static } from '@sinclair/typebox';

/** How far the outputs of an ONNX file are from those of the network that it was made from. */

/** The largest difference that a float32 file may have from PyTorch. */
export const PARITY_TOLERANCE = 1e-5;

/** Pixels whose probability is larger are marked; a flipped pixel is marked by one side only. */
const MASK_THRESHOLD = 0.5;

const DifferenceSchema = Type.Object({
  max: Type.Number({ minimum: 0 }),
  mean: Type.Number({ minimum: 0 }),
  p999: Type.Number({ minimum: 0, description: '99.9th percentile' }),
});
export type Difference = Static<typeof DifferenceSchema>;

export const VariantParitySchema = Type.Object({
  inputSize: Type.Integer({ minimum: 1 }),
  map: Type.Object(DifferenceSchema.properties, { description: 'Of the probabilities of all pixels' }),
  score: Type.Object(DifferenceSchema.properties, {
    description: 'Of the score logits, divided by their size where that is over 1',
  }),
  pixels: Type.Integer({ minimum: 1 }),
  flippedPixels: Type.Integer({ minimum: 0, description: 'Over 0.5 on one side only' }),
});
export type VariantParity = Static<typeof VariantParitySchema>;

export const ParitySchema = Type.Object({
  tolerance: Type.Number(),
  runtime: Type.String({ description: 'What was compared with PyTorch' }),
  photos: Type.Integer({ minimum: 0, description: 'Real photos that were compared' }),
  noise: Type.Integer({ minimum: 0, description: 'Images of noise that were compared' }),
  variants: Type.Array(VariantParitySchema),
});

/** The outputs of several images, one after the other. */
export interface Outputs {
  /** Score logits, (N). */
  scores: Float32Array;
  /** Probabilities, (N, S, S). */
  maps: Float32Array;
}

/** Compares the outputs of an ONNX file with those of PyTorch for the same inputs. */
export function compareOutputs(inputSize: number, expected: Outputs, actual: Outputs): VariantParity {
  let flippedPixels = 0;
  expected.maps.forEach((probability, i) => {
    if (probability > MASK_THRESHOLD !== actual.maps[i]! > MASK_THRESHOLD) flippedPixels++;
  });
  return {
    inputSize,
    map: summarise(expected.maps.map((probability, i) => Math.abs(probability - actual.maps[i]!))),
    // A float32 logit of 20 has steps of 2e-6 itself, so large ones are compared in proportion.
    score: summarise(
      expected.scores.map((logit, i) => Math.abs(logit - actual.scores[i]!) / Math.max(1, Math.abs(logit))),
    ),
    pixels: expected.maps.length,
    flippedPixels,
  };
}

/** A difference that is not a number is over every tolerance. */
export function isWithin({ map, score }: VariantParity, tolerance: number): boolean {
  return map.max <= tolerance && score.max <= tolerance;
}

/** The percentile by nearest rank. */
function summarise(differences: Float32Array): Difference {
  const sorted = differences.sort();
  const rank = Math.ceil(0.999 * sorted.length) - 1;
  return {
    // NaN sorts last.
    max: sorted.at(-1)!,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p999: sorted[rank]!,
  };
}
