import { Type, type Static } from '@sinclair/typebox';
import { resizeNearestOpenCv } from '../image/resize.js';
import { inputShape } from '../model/input-shape.js';
import type { Fit } from '../model/manifest.js';
import { f1, iou, type Confusion } from '../metrics/confusion.js';
import { DeviationSchema } from '../python/deviation.js';
import type { PixelsEvent } from '../python/events.js';
import { counted } from '../text/plural.js';
import type { ParityInputs, ParityTensor } from './parity-inputs.js';
import {
  distanceOf,
  MASK_THRESHOLD,
  OutputDistanceSchema,
  PARITY_TOLERANCE,
  TIMES_PYTORCH,
  type Outputs,
} from './parity.js';

/**
 * What parity means beyond the outputs of the graph: the pixels that the network is given, against OpenCV's, and what is
 * done with its maps, masks of photos with ground truth. Each has its own limit.
 */

/** Levels of 8 bits that a pixel may differ from OpenCV's, whose decoders differ from one build to another. */
export const PIXEL_LIMIT = 1;
/** Share of a photo's pixels that may flip, and how much F1 or IoU of a photo may change. */
const FLIP_LIMIT = 1e-4;
const METRIC_LIMIT = 1e-3;

const BothSchema = (title: string) =>
  Type.Object({ pytorch: Type.Number(), onnx: Type.Number() }, { description: title });

const ImageFiguresSchema = Type.Object({
  inputSize: Type.Integer(),
  name: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  map: Type.Object(OutputDistanceSchema.properties, { description: 'Of ONNX from PyTorch in float64' }),
  score: Type.Number({
    description: 'The same of the score logit, divided by its size where that is over 1',
  }),
  flippedPixels: Type.Integer({
    description:
      'Marked by one of both only, where float64 is farther from the threshold than the graph may differ from it',
  }),
  flippedByPytorch: Type.Integer({ description: 'The same of PyTorch in float32' }),
  truth: Type.Union(
    [Type.Object({ f1: BothSchema('Pixel F1'), iou: BothSchema('Pixel IoU') }), Type.Null()],
    {
      description: 'Against the ground truth; null where there is none',
    },
  ),
});
export type ImageFigures = Static<typeof ImageFiguresSchema>;

export const LayersSchema = Type.Object({
  pixels: Type.Array(
    Type.Object({
      inputSize: Type.Integer(),
      opencv: Type.Union([Type.String(), Type.Null()], {
        description: 'Version of the OpenCV that was compared with; null where that Python has none',
      }),
      photos: Type.Integer({ description: 'Compared' }),
      largest: Type.Number({ description: 'Largest difference, in levels of 8 bits' }),
      differing: Type.Integer({ description: 'Values that differ' }),
      values: Type.Integer(),
      limit: Type.Number(),
      within: Type.Boolean(),
    }),
    { description: 'Decoding and resizing, against OpenCV' },
  ),
  task: Type.Array(
    Type.Object({
      inputSize: Type.Integer(),
      photos: Type.Integer({ description: 'With ground truth' }),
      flipped: Type.Number({ description: 'Largest share of a photo’s pixels that flip' }),
      f1: Type.Number({ description: 'Largest change of a photo’s pixel F1' }),
      iou: Type.Number({ description: 'Largest change of a photo’s pixel IoU' }),
      limits: Type.Object({ flipped: Type.Number(), f1: Type.Number(), iou: Type.Number() }),
      within: Type.Boolean({
        description: `Within the limits, or no more pixels flip than ${TIMES_PYTORCH} times those of PyTorch in float32`,
      }),
    }),
    { description: 'Masks at 0.5, on photos with ground truth' },
  ),
  images: Type.Array(ImageFiguresSchema, { description: 'Each photo at each size' }),
  deviations: Type.Array(DeviationSchema, { description: 'With --bisect' }),
});
export type Layers = Static<typeof LayersSchema>;
export type TaskLayer = Layers['task'][number];

export function pixelLayer(inputSize: number, told: PixelsEvent): Layers['pixels'][number] {
  const { opencv, photos, differing, values } = told;
  const largest = Math.max(0, ...photos.map((photo) => photo.largest));
  return {
    inputSize,
    opencv,
    photos: photos.length,
    largest,
    differing,
    values,
    limit: PIXEL_LIMIT,
    within: largest <= PIXEL_LIMIT,
  };
}

/** What to say of pixels that are not OpenCV's; nothing where they are. */
export function pixelWarning({
  inputSize,
  opencv,
  largest,
  within,
}: Layers['pixels'][number]): string | undefined {
  if (within || opencv === null) return undefined;
  return (
    `At size ${inputSize} pixels differ from OpenCV ${opencv} by up to ${counted(largest, 'level')} of 255: ` +
    'that build decodes or resizes in another way than the one that ofx agrees with.'
  );
}

/** The figures of each photo at a size; noise has none. */
export function imageFigures(
  inputSize: number,
  { photos }: ParityInputs,
  tensors: readonly ParityTensor[],
  fit: Fit | undefined,
  { truth, pytorch, actual }: { truth: Outputs<Float64Array>; pytorch: Outputs; actual: Outputs },
): ImageFigures[] {
  const uncertainty = uncertaintyOf(pytorch.maps, truth.maps);
  let at = 0;
  return photos.map((photo, index) => {
    const { width, height } = tensors[index]!;
    const slice = <T extends Float32Array | Float64Array>(maps: T): T =>
      maps.subarray(at, at + width * height) as T;
    const [right, theirs, own] = [slice(truth.maps), slice(pytorch.maps), slice(actual.maps)];
    at += width * height;
    const logit = truth.scores[index]!;
    // Of a padded photo a part of the map counts only: its ground truth is left alone.
    const { covered } = inputShape(photo.image, inputSize, { fit: fit ?? 'stretch' });
    const isWhole = covered.width === width && covered.height === height;
    const marks =
      isWhole && photo.truth
        ? resizeNearestOpenCv(photo.truth.data, photo.truth.width, photo.truth.height, width, height)
        : null;
    const surely = withoutUncertain(own, right, uncertainty);
    const both = (metric: (confusion: Confusion) => number) => ({
      pytorch: metric(confusion(right, marks!)),
      onnx: metric(confusion(surely, marks!)),
    });
    return {
      inputSize,
      name: photo.name,
      width,
      height,
      map: distanceOf(right.map((probability, i) => Math.abs(probability - own[i]!))),
      score: Math.abs(logit - actual.scores[index]!) / Math.max(1, Math.abs(logit)),
      flippedPixels: flips(right, surely),
      flippedByPytorch: flips(right, theirs),
      truth: marks ? { f1: both(f1), iou: both(iou) } : null,
    };
  });
}

export function taskLayer(inputSize: number, images: readonly ImageFigures[]): TaskLayer {
  const known = images.filter(({ truth }) => truth !== null);
  const largest = (value: (image: ImageFigures) => number): number => Math.max(0, ...known.map(value));
  const change = (metric: 'f1' | 'iou') =>
    largest(({ truth }) => Math.abs(truth![metric].pytorch - truth![metric].onnx));
  const flipped = largest(({ flippedPixels, width, height }) => flippedPixels / (width * height));
  const found = { flipped, f1: change('f1'), iou: change('iou') };
  return {
    inputSize,
    photos: known.length,
    ...found,
    limits: { flipped: FLIP_LIMIT, f1: METRIC_LIMIT, iou: METRIC_LIMIT },
    within:
      (found.flipped <= FLIP_LIMIT && found.f1 <= METRIC_LIMIT && found.iou <= METRIC_LIMIT) ||
      known.every(({ flippedPixels, flippedByPytorch }) => flippedPixels <= TIMES_PYTORCH * flippedByPytorch),
  };
}

/** How far the graph may be from float64, as the first layer has it: its tolerance, or what PyTorch's float32 explains. */
function uncertaintyOf(theirs: Float32Array, right: Float64Array): number {
  const largest = right.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs[i]!)), 0);
  return Math.max(PARITY_TOLERANCE, TIMES_PYTORCH * largest);
}

/** A map in which pixels that are nearer to the threshold than is certain are as float64 has them. */
function withoutUncertain(own: Float32Array, right: Float64Array, uncertainty: number): Float64Array {
  return right.map((value, i) => (Math.abs(value - MASK_THRESHOLD) > uncertainty ? own[i]! : value));
}

function flips(first: Float64Array | Float32Array, second: Float64Array | Float32Array): number {
  let count = 0;
  first.forEach((probability, i) => {
    if (probability > MASK_THRESHOLD !== second[i]! > MASK_THRESHOLD) count++;
  });
  return count;
}

/** Grey levels of a mask over this are manipulated, as everywhere. */
const MARKED_OVER = 127;

function confusion(map: Float64Array | Float32Array, marks: Uint8Array): Confusion {
  const found = { tp: 0, fp: 0, fn: 0, tn: 0 };
  map.forEach((probability, i) => {
    const [marked, manipulated] = [probability > MASK_THRESHOLD, marks[i]! > MARKED_OVER];
    found[marked ? (manipulated ? 'tp' : 'fp') : manipulated ? 'fn' : 'tn']++;
  });
  return found;
}
