import { OfxError } from '../core/errors.js';
import { MANIFEST_FILE, type OutputDescription } from './manifest.js';
import type { Network } from './network.js';
import type { OnnxDescription } from './onnx-session.js';
import { coveredMap, type InputShape } from './input-shape.js';
import { sigmoidInPlace, type ScoreOutput } from './probability.js';

/** From what an ONNX file gives to a probability map and a score, by what is known about its outputs. */

export interface NetworkOutputs {
  score: ScoreOutput;
  /** Probabilities, one for each pixel of the input that the photo covers. */
  map: Float32Array;
}

/** Sums of floats that are 1 in exact arithmetic; more than that is no rounding. */
const ROUNDING = 1e-4;

/**
 * Refuses a network whose outputs have more channels than is known what to do with, before an image is scored.
 *
 * @throws {OfxError} ONNX_INVALID
 */
export function checkOutputs(network: Network, { outputs }: OnnxDescription): void {
  const { inputSize } = network.identity;
  for (const role of ['mask', 'score'] as const) {
    const known = network.outputs[role];
    if (!known) continue;
    const found = outputs.find(({ name }) => name === known.name);
    if (!found) {
      throw new OfxError(
        'ONNX_INVALID',
        `${network.file} has no output "${known.name}"; it has ${outputs.map(({ name }) => `"${name}"`).join(', ')}.`,
        { suggestion: `Correct the name in its ${MANIFEST_FILE}.` },
      );
    }
    // Where a side is left open, the first image tells.
    if (found.dims.some((dim) => dim === undefined)) continue;
    const values = found.dims.reduce<number>((product, dim) => product * dim!, 1);
    channelsOf(network, role, values / (role === 'mask' ? inputSize ** 2 : 1));
  }
}

/**
 * @param shape - of the network's input; what lies beside the photo is cut away
 * @param values - of the mask, (1, C, H, W), and of the score, (1, C), where there is one; the mask's are overwritten
 * @throws {OfxError} ONNX_INVALID where they are not what the network was said to give: it is the model's fault, not the
 *   image's; PREDICTION_INVALID where they are not numbers
 */
export function readOutputs(
  network: Network,
  shape: InputShape,
  values: readonly [mask: Float32Array, score?: Float32Array | undefined],
): NetworkOutputs {
  const { outputs, identity } = network;
  const [mask, scores] = values;
  const area = shape.width * shape.height;
  const channels = channelsOf(network, 'mask', mask.length / area);
  const map = coveredMap(takeChannel(mask, channels, area, outputs.mask), shape);
  if (outputs.mask.kind === 'logit') sigmoidInPlace(map);
  checkProbabilities(network, 'mask', map);
  if (!outputs.score || !scores) return { score: { kind: 'probability', value: largest(map) }, map };
  const value = takeChannel(scores, channelsOf(network, 'score', scores.length), 1, outputs.score);
  if (outputs.score.kind === 'probability') checkProbabilities(network, 'score', value);
  if (Number.isNaN(value[0])) throw noNumbers(identity.name);
  return { score: { kind: outputs.score.kind, value: value[0]! }, map };
}

/** The number of channels, if it is known which of them is meant. */
function channelsOf(network: Network, role: 'mask' | 'score', channels: number): number {
  const { name, kind, channel } = network.outputs[role]!;
  const side = network.identity.inputSize;
  if (!Number.isInteger(channels) || channels < 1) {
    throw new OfxError(
      'ONNX_INVALID',
      `The output "${name}" of ${network.file} is not a valid map of ${side} × ${side} pixels.`,
      { suggestion: 'A mask must have the input size of the network: add a Resize to the graph.' },
    );
  }
  if (channel === undefined ? channels === 1 : channel < channels) return channels;
  const example = JSON.stringify({ [role]: { name, kind, channel: channels - 1 } });
  throw new OfxError(
    'ONNX_INVALID',
    channel === undefined
      ? `The ${role} of ${network.file}, "${name}", has ${channels} channels, and nothing says which of them is manipulation.`
      : `The ${role} of ${network.file}, "${name}", has ${channels} channels; there is no channel ${channel}.`,
    {
      suggestion:
        `Say which in the "outputs" of its ${MANIFEST_FILE} (channels count from 0; of logits a softmax is taken), ` +
        `for example ${example}. docs/models.md shows a whole one.`,
    },
  );
}

/** One of several channels: of logits its logit against all others together, so that its sigmoid is the softmax. */
function takeChannel(
  values: Float32Array,
  channels: number,
  area: number,
  { kind, channel = 0 }: OutputDescription,
): Float32Array {
  const chosen = values.subarray(channel * area, (channel + 1) * area);
  if (channels === 1 || kind === 'probability') return chosen;
  return chosen.map((logit, index) => {
    let largestOther = -Infinity;
    for (let other = 0; other < channels; other++) {
      if (other !== channel) largestOther = Math.max(largestOther, values[other * area + index]!);
    }
    let sum = 0;
    for (let other = 0; other < channels; other++) {
      if (other !== channel) sum += Math.exp(values[other * area + index]! - largestOther);
    }
    return logit - largestOther - Math.log(sum);
  });
}

/** Values that rounding took over 1 or under 0 are brought back; others are no probabilities. */
function checkProbabilities(network: Network, role: 'mask' | 'score', values: Float32Array): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value >= 0 && value <= 1) continue;
    if (Number.isNaN(value)) throw noNumbers(network.identity.name);
    if (value < -ROUNDING || value > 1 + ROUNDING) throw outside(network, role, values);
    values[index] = Math.min(1, Math.max(0, value));
  }
}

function outside(network: Network, role: 'mask' | 'score', values: Float32Array): OfxError {
  const { name } = network.outputs[role]!;
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = largest(values);
  // No logit of a sound network is as far from 0.
  const areLevels = least >= 0 && most > 32 && most <= 255 + ROUNDING;
  return new OfxError(
    'ONNX_INVALID',
    `The ${role} of ${network.file}, "${name}", has values outside 0…1 (${least.toPrecision(3)} to ${most.toPrecision(3)}): these look like ${areLevels ? 'levels of 255' : 'logits'}.`,
    {
      suggestion: areLevels
        ? 'Export the network again with a division by 255 at its end.'
        : `Say so in the "outputs" of its ${MANIFEST_FILE}: ${JSON.stringify({ [role]: { name, kind: 'logit' } })}. docs/models.md shows a whole one.`,
    },
  );
}

function noNumbers(name: string): OfxError {
  return new OfxError('PREDICTION_INVALID', `${name} gave no numbers for this image (NaN).`, {
    suggestion: 'Its weights may hold NaN, or overflow: convert another checkpoint of the same training.',
  });
}

function largest(map: Float32Array): number {
  return map.reduce((max, p) => Math.max(max, p), -Infinity);
}
