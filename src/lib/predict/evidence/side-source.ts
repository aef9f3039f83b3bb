import type { RgbImage } from '../../image/decode/index.js';
import { WorkerPool } from '../../workers/pool.js';
import { startThread } from '../../workers/start.js';
import { workerFile } from '../../workers/worker-file.js';
import type { EvidenceSource, Reports, SourceRegistry, SourceReport } from './source.js';

export interface SideWorkerData {
  /** The module with the registry. */
  module: string;
  name: string;
}

export interface SideReport {
  report: SourceReport;
  /** Of the work itself, without waiting for a thread. */
  milliseconds: number;
}

/** A source beside the network, open: its work runs in threads. */
export class SideSource {
  private constructor(
    readonly name: string,
    private readonly source: EvidenceSource,
    private readonly pool: WorkerPool<unknown, SideReport>,
  ) {}

  /** @param concurrency - images at once, each in a thread */
  static async open(
    { module, sources }: SourceRegistry,
    name: string,
    concurrency: number,
  ): Promise<SideSource> {
    const source = await sources[name]!.load!();
    const pool = new WorkerPool<unknown, SideReport>({
      start: startThread,
      file: workerFile('./evidence-worker.js', import.meta.url),
      workerData: { module, name } satisfies SideWorkerData,
      size: concurrency,
    });
    return new SideSource(name, source, pool);
  }

  async examine(image: RgbImage, signal?: AbortSignal): Promise<SideReport> {
    const started = performance.now();
    const { input, transfer = [] } = this.source.prepare(image);
    const prepared = performance.now() - started;
    const { report, milliseconds } = await this.pool.run(input, { transfer, signal });
    return { report, milliseconds: prepared + milliseconds };
  }

  settle(report: SourceReport, others: Reports): SourceReport {
    return this.source.settle?.(report, others) ?? report;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}
