import { rm } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Precision, Variant } from '../model/manifest.js';
import { measureAccuracy, refusal } from './acceptance.js';
import type { ConvertRequest } from './request.js';

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

interface SelectionEvents {
  onWarning: (warning: string) => void;
  onTotal: (more: number) => void;
  step: () => void;
}

/**
 * Leaves in a model's folder what was asked for and is good enough: held against float32 on a data set, where one is given.
 *
 * @throws {OfxError} PRECISION_FAILED where nothing is left; what `validate` throws
 */
export async function selectVariants(
  { request, model, variants, folder, precisions, signal }: Selection,
  { onWarning, onTotal, step }: SelectionEvents,
): Promise<Variant[]> {
  const { validate: dataset, threads, maxLoss, force } = request;
  let found = new Map<string, NonNullable<Variant['accuracy']>>();
  if (dataset !== undefined) {
    const counted = new Set<string>();
    found = await measureAccuracy(
      { model, dataset, variants, threads, maxLoss, folder, signal },
      (precision, size, _, total) => {
        const run = `${precision} ${size}`;
        if (!counted.has(run)) onTotal(total);
        counted.add(run);
        step();
      },
    );
  }
  const reasons: string[] = [];
  const kept: Variant[] = [];
  for (const variant of variants) {
    const accuracy = found.get(variant.file) ?? variant.accuracy;
    const measured = accuracy === undefined ? variant : { ...variant, accuracy };
    if (typeof accuracy === 'object' && !accuracy.accepted) {
      reasons.push(refusal(variant, accuracy));
      onWarning(`${reasons.at(-1)!} ${force ? 'It is kept, because of --force.' : 'It is left out.'}`);
      if (!force) continue;
    }
    if (precisions.includes(variant.precision)) kept.push(measured);
  }
  if (kept.length === 0) {
    throw new OfxError('PRECISION_FAILED', `${reasons.join(' ')} Nothing was written.`, {
      suggestion:
        'Allow more with --max-loss, keep it all the same with --force, or add fp32 to --precision.',
    });
  }
  const files = (those: readonly Variant[]): string[] =>
    those.flatMap(({ file, externalData = [] }) => [file, ...externalData]);
  const needed = new Set(files(kept));
  for (const file of new Set(files(variants))) if (!needed.has(file)) await rm(path.join(model, file));
  return kept;
}
