import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Model, ModelReference } from './catalogue.js';
import {
  type Manifest,
  IMAGENET_NORMALISATION,
  type Fusion,
  type ManifestInput,
  type OutputDescription,
  type OutputScale,
  type Precision,
  type TestScores,
  type Thresholds,
  type Variant,
} from './manifest.js';
import { hashOnnx } from './onnx-hash.js';
import type { OnnxDescription, TensorShape } from './onnx-session.js';

/** The side at which people's photos are scored where nothing else is asked for. */
export const DEFAULT_SIZE = 288;

/** One ONNX file and all that is needed to feed it and to read its outputs. */
export interface Network {
  /** Absolute path of the ONNX file. */
  file: string;
  identity: ModelIdentity;
  input: Pick<ManifestInput, 'name' | 'mean' | 'std' | 'fit' | 'enlarge'>;
  outputs: { score: OutputDescription | null; mask: OutputDescription };
  /** As the manifest has them; what is in force, `effectiveThresholds` tells. */
  thresholds: Thresholds | undefined;
  /** How its score and map are joined with other evidence; of the variant, or else of the model. */
  fusion?: Fusion | undefined;
  testScores?: TestScores | undefined;
  /** What the test photos are, in plain words. */
  testData?: string | undefined;
  /** What was assumed and people should know, one sentence each. */
  notes: string[];
}

/** What a result says about the model that gave it. */
export interface ModelIdentity {
  name: string;
  version: string;
  /** Of the ONNX file and of all that it refers to, see `hashOnnx`. */
  sha256: string;
  /** Side S of the square input, or of the square whose area free shapes have, in pixels. */
  inputSize: number;
  precision: Precision;
  /** Where photos keep their shape; without, they are stretched to the square. */
  fit?: 'free';
}

/** The side at which models are validated where nothing else is asked for. */
export const VALIDATION_SIZE = 380;

export interface NetworkChoice {
  size?: number | undefined;
  /** The size that is taken, or the nearest to it, where none is asked for [the manifest's own, or DEFAULT_SIZE]. */
  usualSize?: number | undefined;
  precision?: Precision | undefined;
}

/**
 * The network that a reference and a size stand for, its file checked against the manifest's hash.
 *
 * @param describe - opens an ONNX file to read its inputs and outputs; called for a bare `.onnx` only
 * @throws {OfxError} SIZE_NOT_AVAILABLE, MODEL_CORRUPT, ONNX_INVALID
 */
export async function resolveNetwork(
  reference: ModelReference,
  choice: NetworkChoice,
  describe: (file: string) => Promise<OnnxDescription>,
): Promise<Network> {
  return reference.kind === 'model'
    ? networkOfModel(reference.model, choice)
    : networkOfFile(reference.file, choice, await describe(reference.file));
}

async function networkOfModel({ folder, manifest }: Model, choice: NetworkChoice): Promise<Network> {
  const variant = pickVariant(manifest, choice);
  const file = path.join(folder, variant.file);
  const { sha256, externalData } = await hashOnnx(file).catch((error: unknown) => {
    if (!(error instanceof OfxError) || error.code !== 'ONNX_INVALID') throw error;
    throw new OfxError('MODEL_CORRUPT', error.message, {
      suggestion: 'Restore the model’s folder, or convert the checkpoint again with "ofx convert".',
      cause: error,
    });
  });
  if (sha256 !== variant.sha256) {
    throw new OfxError(
      'MODEL_CORRUPT',
      `${[file, ...externalData].join(' with ')} is not what the manifest describes: its sha256 is ${sha256}, expected ${variant.sha256}.`,
      { suggestion: 'Restore the file, or convert the checkpoint again with "ofx convert".' },
    );
  }
  const notes = manifest.outputs.score === null ? [SCORE_FROM_MASK] : [];
  const usualSize = usualSizeOf(manifest, choice);
  if (choice.size === undefined && variant.inputSize !== usualSize) {
    notes.push(`The model "${manifest.name}" has no variant for ${usualSize}: using ${variant.inputSize}.`);
  }
  return { ...describedNetwork(folder, manifest, variant), notes };
}

/** A variant as its manifest describes it, whatever its file holds. */
export function describedNetwork(folder: string, manifest: Manifest, variant: Variant): Network {
  return {
    file: path.join(folder, variant.file),
    identity: {
      name: manifest.name,
      version: manifest.version,
      sha256: variant.sha256,
      inputSize: variant.inputSize,
      precision: variant.precision,
      ...(manifest.input.fit === 'free' && { fit: 'free' }),
    },
    input: manifest.input,
    outputs: manifest.outputs,
    thresholds: manifest.thresholds,
    fusion: variant.fusion ?? manifest.fusion,
    testScores: variant.testScores,
    testData: manifest.testData,
    notes: [],
  };
}

/** The size that a model is used at where nobody asks for one. */
function usualSizeOf({ defaultSize }: Manifest, { usualSize }: NetworkChoice): number {
  return usualSize ?? defaultSize ?? DEFAULT_SIZE;
}

function pickVariant(manifest: Manifest, choice: NetworkChoice): Variant {
  const { variants, name } = manifest;
  const { size, precision } = choice;
  const usualSize = usualSizeOf(manifest, choice);
  const distance = (variant: Variant): number =>
    preference(variant, usualSize, manifest.defaultPrecision ?? 'fp32');
  const sized = variants.filter(
    (variant) =>
      (size === undefined || variant.inputSize === size) &&
      (precision === undefined || variant.precision === precision),
  );
  const [chosen] = sized.sort((a, b) => distance(a) - distance(b));
  if (chosen) return chosen;
  throw noVariant(variants, name, { size, precision });
}

/** What a model has, for those who ask for something else. */
export function noVariant(
  variants: readonly Pick<Variant, 'inputSize' | 'precision'>[],
  name: string,
  { size, precision }: NetworkChoice,
): OfxError {
  const available = variants.map((variant) => `${variant.inputSize} (${variant.precision})`).join(', ');
  const wanted = [size, precision].filter((part) => part !== undefined).join(', ');
  return new OfxError(
    'SIZE_NOT_AVAILABLE',
    `The model "${name}" has no variant ${wanted}. It has: ${available}.`,
    {
      suggestion:
        size !== undefined && !variants.some((variant) => variant.inputSize === size)
          ? `Choose one of these with --size, or convert the checkpoint with "ofx convert --size ${size}".`
          : `Choose one of these, or convert the checkpoint with "ofx convert --precision ${precision ?? 'fp32'}".`,
    },
  );
}

/**
 * Without a size, the one nearest to the usual one; among equals the precision that the manifest names, or float32, which is
 * exact.
 */
function preference({ inputSize, precision }: Variant, usualSize: number, usual: Precision): number {
  const byPrecision = precision === usual ? 0 : precision === 'fp32' ? 0.25 : 0.5;
  return Math.abs(inputSize - usualSize) + byPrecision;
}

const SCORE_FROM_MASK =
  'The model has no score of its own: the score is the largest probability of the mask.';

/**
 * Reads the role of each tensor of an `.onnx` file without a manifest off its names and shapes.
 *
 * @throws {OfxError} ONNX_INVALID where they do not speak for themselves
 */
async function networkOfFile(
  file: string,
  choice: NetworkChoice,
  { inputs, outputs }: OnnxDescription,
): Promise<Network> {
  const [input, ...others] = inputs;
  if (
    !input ||
    others.length > 0 ||
    input.dims.length !== 4 ||
    (input.dims[1] ?? 3) !== 3 ||
    input.type !== 'float32'
  ) {
    throw unclearInterface(file, 'it needs one float32 input of shape (1, 3, S, S)', inputs, outputs);
  }
  const inputSize = input.dims[2] ?? choice.size ?? choice.usualSize ?? DEFAULT_SIZE;
  if ((input.dims[3] ?? inputSize) !== inputSize)
    throw unclearInterface(file, 'its input is not square', inputs, outputs);
  if (choice.size !== undefined && choice.size !== inputSize) {
    throw new OfxError(
      'SIZE_NOT_AVAILABLE',
      `${file} takes images of ${inputSize} only, not ${choice.size}.`,
      {
        suggestion: `Leave --size out, or convert the checkpoint with "ofx convert --size ${choice.size}".`,
      },
    );
  }
  const notes = [
    `${path.basename(file)} has no manifest: taking RGB, ImageNet normalisation, size ${inputSize}, thresholds 0.5.`,
  ];
  const masks = outputs.filter(({ dims }) => dims.length === 4);
  // A public exporter writes four outputs and names two. The one it calls `localization_masks` is an auxiliary head of
  // the training; the localisation mask is the last one, which it leaves unnamed.
  const mislabelled = outputs.some(({ name }) => name === 'localization_masks') && masks.length > 1;
  const mask = mislabelled
    ? masks.at(-1)
    : masks.length === 1
      ? masks[0]
      : masks.find(({ name }) => /^mask/i.test(name));
  if (!mask) throw unclearInterface(file, 'its mask cannot be told from its outputs', inputs, outputs);
  if (mislabelled) {
    notes.push(
      `Its output "localization_masks" is an auxiliary head: using the last output, "${mask.name}", as the mask.`,
    );
  }
  const scores = outputs.filter(({ dims }) => dims.length <= 2);
  const score =
    scores.length === 1 ? scores[0] : scores.find(({ name }) => /score|logit|detection/i.test(name));
  if (!score) notes.push(SCORE_FROM_MASK);
  const { sha256 } = await hashOnnx(file);
  return {
    file,
    identity: { name: path.basename(file, '.onnx'), version: '0', sha256, inputSize, precision: 'fp32' },
    input: { name: input.name, ...IMAGENET_NORMALISATION },
    outputs: {
      score: score ? { name: score.name, kind: kindOf(score, 'logit') } : null,
      mask: { name: mask.name, kind: kindOf(mask, 'probability') },
    },
    thresholds: undefined,
    notes,
  };
}

/** The published network gives a score before and masks after the sigmoid; a name may say otherwise. */
function kindOf({ name }: TensorShape, usual: OutputScale): OutputScale {
  if (/logit/i.test(name)) return 'logit';
  if (/prob/i.test(name)) return 'probability';
  return usual;
}

function unclearInterface(
  file: string,
  reason: string,
  inputs: TensorShape[],
  outputs: TensorShape[],
): OfxError {
  const show = (tensors: TensorShape[]): string =>
    tensors.map(({ name, dims }) => `${name} (${dims.map((dim) => dim ?? '?').join(', ')})`).join(', ');
  return new OfxError(
    'ONNX_INVALID',
    `${file} cannot be used without a manifest: ${reason}. Inputs: ${show(inputs)}; outputs: ${show(outputs)}.`,
    {
      suggestion:
        'Put it into a folder with a model.json that says which tensor is what, or use "ofx convert".',
    },
  );
}
