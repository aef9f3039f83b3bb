import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { latencyRatios, thisProcessor } from '../bench/latency-ratio.js';
import { readModel } from '../model/catalogue.js';
import { LATENCY_FILE, type Latency } from '../model/latency-file.js';
import type { Variant } from '../model/manifest.js';

/**
 * Measures how long other precisions take beside float32 on this machine.
 *
 * @param model - the folder of a model with float32 and all that is held against it
 */
export async function measureLatency(
  model: string,
  variants: readonly Variant[],
  { threads, signal }: { threads: number; signal: AbortSignal | undefined },
  step: () => void,
): Promise<Latency> {
  const measured: Latency = { schemaVersion: 1, ...thisProcessor(), threads, variants: [] };
  const reference = { kind: 'model', model: await readModel(model) } as const;
  for (const size of new Set(variants.map(({ inputSize }) => inputSize))) {
    const others = variants.filter(({ inputSize, precision }) => inputSize === size && precision !== 'fp32');
    const precisions = others.map(({ precision }) => precision);
    if (precisions.length === 0) continue;
    const ratios = await latencyRatios(reference, { size, precisions, threads }, signal);
    for (const { file, sha256, precision } of others) {
      const { value, low, high } = ratios.get(precision)!;
      const digits = (ratio: number): number => Number(ratio.toFixed(3));
      measured.variants.push({
        file,
        sha256,
        ratio: digits(value),
        low: digits(low),
        high: digits(high),
      });
    }
    step();
  }
  return measured;
}

/** Of those that were kept. */
export async function writeLatency(
  model: string,
  latency: Latency,
  kept: readonly Variant[],
): Promise<Latency> {
  const files = new Set(kept.map(({ file }) => file));
  const own = { ...latency, variants: latency.variants.filter(({ file }) => files.has(file)) };
  await writeFile(path.join(model, LATENCY_FILE), `${JSON.stringify(own, null, 2)}\n`);
  return own;
}
