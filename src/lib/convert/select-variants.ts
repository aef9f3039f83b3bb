import { rm } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Precision, Variant } from '../model/manifest.js';
import { measureAccuracy, refusal } from './acceptance.js';
import type { ConvertRequest } from './request.js';
import type { Steps } from './steps.js';

export interface Selection {
  request: ConvertRequest;
  /** The model's folder, with float32 and every other precision. */
  model: string;
  variants: readonly Variant[];
  /** A folder for runs of validation. */
  folder: string;
  precisions: readonly Precision[];
  signal: AbortSignal | undefined;
}

/**
 * Chooses of a model's variants those that were asked for and are good enough: smaller than float32, and held against it on a
 * data set, where one is given. `removeOthers` takes the files of all others out of the folder.
 *
 * @throws {OfxError} PRECISION_FAILED where nothing is left; what `validate` throws
 */
export async function selectVariants(
  { request, model, variants, folder, precisions, signal }: Selection,
  steps: Steps,
): Promise<{ kept: Variant[]; removeOthers: () => Promise<void> }> {
  const { validate: dataset, threads, maxLoss, force } = request;
  const reasons: string[] = [];
  const refuse = (reason: string): void => {
    reasons.push(reason);
    steps.warn(`${reason} ${force ? 'It is kept, because of --force.' : 'It is left out.'}`);
  };
  const small = variants.filter((variant) => {
    const float32 = variants.find(
      ({ inputSize, precision }) => inputSize === variant.inputSize && precision === 'fp32',
    )!;
    if (variant === float32 || variant.bytes < float32.bytes) return true;
    refuse(notSmaller(variant, float32));
    return force;
  });
  let found = new Map<string, NonNullable<Variant['accuracy']>>();
  if (dataset !== undefined) {
    const counted = new Set<string>();
    found = await measureAccuracy(
      { model, dataset, variants: small, threads, maxLoss, folder, signal },
      (precision, size, _, total) => {
        const run = `${precision} ${size}`;
        if (!counted.has(run)) steps.add(total);
        counted.add(run);
        steps.done();
      },
    );
  }
  const kept: Variant[] = [];
  for (const variant of small) {
    const accuracy = found.get(variant.file) ?? variant.accuracy;
    const measured = accuracy === undefined ? variant : { ...variant, accuracy };
    if (typeof accuracy === 'object' && !accuracy.accepted) {
      refuse(refusal(variant, accuracy));
      if (!force) continue;
    }
    if (precisions.includes(variant.precision)) kept.push(measured);
  }
  if (kept.length === 0) {
    throw new OfxError('PRECISION_FAILED', `${reasons.join(' ')} Nothing was written.`, {
      suggestion: `${dataset === undefined ? '' : 'Allow more with --max-loss, '}${dataset === undefined ? 'Keep' : 'keep'} it all the same with --force, or add fp32 to --precision.`,
    });
  }
  return { kept, removeOthers: () => removeOthers(model, variants, kept) };
}

async function removeOthers(
  model: string,
  variants: readonly Variant[],
  kept: readonly Variant[],
): Promise<void> {
  const files = (those: readonly Variant[]): string[] =>
    those.flatMap(({ file, externalData = [] }) => [file, ...externalData]);
  const needed = new Set(files(kept));
  for (const file of new Set(files(variants))) if (!needed.has(file)) await rm(path.join(model, file));
}

/** What other precisions add to the graph weighs more than they save of a very small network. */
function notSmaller({ inputSize, precision, bytes }: Variant, float32: Variant): string {
  const megabytes = (count: number): string => (count / 1e6).toFixed(2);
  return (
    `In ${precision} the model is not smaller than in fp32 at size ${inputSize}: ${megabytes(bytes)} against ` +
    `${megabytes(float32.bytes)} MB.`
  );
}
