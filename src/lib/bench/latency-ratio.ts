import { workerFile } from '../workers/worker-file.js';
import type { ModelReference } from '../model/catalogue.js';
import type { Precision } from '../model/manifest.js';
import { thisMachine } from './machine.js';
import { MeasuringProcess } from './measuring-process.js';
import type { RatioInterval } from './statistics.js';
import { measureInTurns, type MeasureBlock } from './turns.js';

/** Enough for a ratio that people choose by; `ofx bench --against` measures for as long as it takes. */
const ROUNDS = { minRounds: 8, minMs: 2000, maxMs: 15_000 };

/** What a processor multiplies int8 with; null where the system does not tell. */
export type Int8Support = 'VNNI' | 'AVX2' | 'none' | null;

/**
 * Time of an inference in each precision over that in float32, a fixed tensor, each pair measured in turns in processes of
 * their own.
 *
 * @throws {OfxError} what a measuring process could not do; the signal's reason
 */
export async function latencyRatios(
  reference: ModelReference,
  { size, precisions, threads }: { size: number; precisions: readonly Precision[]; threads: number },
  signal?: AbortSignal,
): Promise<Map<Precision, RatioInterval>> {
  const child = workerFile('./bench-child.js', import.meta.url);
  const processes: MeasuringProcess[] = [];
  const open = async (precision: Precision): Promise<MeasureBlock> => {
    const process = new MeasuringProcess(child, signal);
    processes.push(process);
    const configuration = { model: '', size, precision, threads, concurrency: 1 };
    await process.ask({ kind: 'open', reference, configuration, work: { mode: 'inference-only' } });
    return (plan) => process.ask({ kind: 'measure', plan });
  };
  try {
    const ratios = new Map<Precision, RatioInterval>();
    const float32 = await open('fp32');
    for (const precision of precisions) {
      const { ratio } = await measureInTurns(await open(precision), float32, {
        concurrency: 1,
        cycle: 1,
        ...ROUNDS,
        limit: 1,
        now: () => performance.now(),
      });
      ratios.set(precision, ratio);
      await processes.pop()!.close();
    }
    return ratios;
  } finally {
    await Promise.all(processes.map((process) => process.close()));
  }
}

/** The processor of this machine, and what it multiplies int8 with. */
export function thisProcessor(): { processor: string; int8: Int8Support } {
  const { cpu, flags, arch } = thisMachine();
  const has = (flag: string): boolean => flags.split(' ').includes(flag);
  if (flags === '' || arch !== 'x64') return { processor: cpu, int8: null };
  const int8 = has('avx512_vnni') || has('avx_vnni') ? 'VNNI' : has('avx2') ? 'AVX2' : 'none';
  return { processor: cpu, int8 };
}
