import { Counter, Gauge, type Registry } from 'prom-client';
import type { JobState } from './job.js';
import type { JobCounts } from './store.js';

/** What Prometheus learns of jobs. */
export class JobMetrics {
  readonly #ended: Counter;
  readonly #told: Counter;

  constructor(registry: Registry, counts: () => Promise<JobCounts>) {
    const registers = [registry];
    this.#ended = new Counter({
      name: 'ofx_jobs_total',
      help: 'Jobs that ended at this server, by state',
      labelNames: ['state'],
      registers,
    });
    for (const state of ['completed', 'failed', 'cancelled'] as const) this.#ended.inc({ state }, 0);
    this.#told = new Counter({
      name: 'ofx_webhook_attempts_total',
      help: 'Attempts to tell a webhook, by result',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['delivered', 'failed'] as const) this.#told.inc({ result }, 0);
    new Gauge({
      name: 'ofx_jobs',
      help: 'Jobs that wait or run; with a shared Redis those of all servers',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset();
        // A Redis that is away takes this metric along, not all others.
        const now = await counts().catch(() => undefined);
        if (!now) return;
        for (const state of ['queued', 'running'] as const) this.set({ state }, now[state]);
      },
    });
  }

  ended(state: JobState): void {
    this.#ended.inc({ state });
  }

  told(result: 'delivered' | 'failed'): void {
    this.#told.inc({ result });
  }
}
