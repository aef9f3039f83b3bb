import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { compare } from '../compare/compare.js';
import { readModel } from '../model/catalogue.js';
import type { Precision, Variant, VariantAccuracy } from '../model/manifest.js';
import type { PairComparison } from '../run/comparison.js';
import { loadSummary } from '../run/load.js';
import { validate } from '../validate/validate.js';
import { signed } from '../text/numbers.js';

/** Whether a variant is as good as float32 on somebody's data, by the project's own validation. */

/** What may not drop by more. Pixel AUC is told, and decides nothing. */
const DECIDING = ['pixel.macro.f1', 'image.auc'] as const;

export interface AcceptanceRun {
  /** The model's folder, with float32 and all that is held against it. */
  model: string;
  dataset: string;
  variants: readonly Variant[];
  threads: number;
  maxLoss: number;
  /** A folder for the runs, which is removed. */
  folder: string;
  signal: AbortSignal | undefined;
}

/** What was found of each variant that is not float32, by its file. */
export async function measureAccuracy(
  { model, dataset, variants, threads, maxLoss, folder, signal }: AcceptanceRun,
  onProgress: (precision: Precision, size: number, done: number, total: number) => void,
): Promise<Map<string, VariantAccuracy>> {
  const found = new Map<string, VariantAccuracy>();
  await mkdir(folder, { recursive: true });
  try {
    const run = async ({ inputSize, precision }: Variant): Promise<string> => {
      const out = path.join(folder, `${inputSize}-${precision}`);
      let total = 0;
      await validate(
        {
          dataset,
          model: { kind: 'model', model: await readModel(model) },
          // The network alone: what else looks at a photo would hide what the network lost.
          detector: { size: inputSize, precision, evidence: ['network'], threads, concurrency: 1 },
          out,
          protocol: 'macro',
          scoreAt: 'network',
          sweepStep: 0.05,
          panels: 'none',
          charts: false,
          seed: 1,
          resume: false,
          strict: false,
          limits: {},
        },
        {
          onStart: (count) => (total = count),
          onProgress: (done) => {
            onProgress(precision, inputSize, done, total);
          },
        },
        signal,
      );
      return out;
    };
    for (const size of new Set(variants.map(({ inputSize }) => inputSize))) {
      const sized = variants.filter(({ inputSize }) => inputSize === size);
      const float32 = sized.find(({ precision }) => precision === 'fp32')!;
      const others = sized.filter((variant) => variant !== float32);
      if (others.length === 0) continue;
      const first = await run(float32);
      const { summary } = await loadSummary(first);
      for (const variant of others) {
        const runs = [first, await run(variant)];
        const { comparisons } = await compare(
          { runs, match: false, seed: 1, images: Infinity, failOn: [] },
          signal,
        );
        const { name, sha256, samples: images } = summary.dataset;
        found.set(variant.file, accuracyOf(comparisons[0]!, { name, sha256, images }, maxLoss));
      }
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function accuracyOf(
  { differences, changed }: PairComparison,
  dataset: VariantAccuracy['dataset'],
  maxLoss: number,
): VariantAccuracy {
  const metric = (name: keyof VariantAccuracy['metrics']): VariantAccuracy['metrics']['image.auc'] => {
    const { first, second, difference, low, high } = differences[name];
    return { fp32: first, value: second, difference, low, high };
  };
  const metrics = {
    'pixel.macro.f1': metric('pixel.macro.f1'),
    'image.auc': metric('image.auc'),
    'pixel.macro.auc': metric('pixel.macro.auc'),
  };
  return {
    dataset,
    metrics,
    flippedVerdicts: changed.filter(({ verdictChanged }) => verdictChanged).length,
    maxLoss,
    // A metric that needs both classes, where there is one, says nothing against it.
    accepted: DECIDING.every((name) => -(metrics[name].difference ?? 0) <= maxLoss),
  };
}

/** Why a variant was not accepted, in words. */
export function refusal(
  { inputSize, precision }: Variant,
  { metrics, maxLoss, dataset }: VariantAccuracy,
): string {
  const losses = DECIDING.flatMap((name) => {
    const { difference } = metrics[name];
    return difference !== null && -difference > maxLoss ? [`${name} ${signed(difference, 3)}`] : [];
  });
  return (
    `In ${precision} the model loses more than ${maxLoss} at size ${inputSize}: ${losses.join(', ')} on ${dataset.name} ` +
    `(${dataset.images} images).`
  );
}
