import type { Precision } from '../model/manifest.js';

/** What is varied between measurements. */
export interface Sweep {
  /** As `--model` names them. */
  models: readonly string[];
  /** Undefined: the model's own choice. */
  sizes: readonly (number | undefined)[];
  precisions: readonly (Precision | undefined)[];
  /** Undefined: the processors, shared out among the concurrent requests. */
  threads: readonly (number | undefined)[];
  concurrencies: readonly number[];
  /** Sources of evidence. [those that the model joins] */
  evidence?: readonly string[] | undefined;
}

/** The file of a network, before it is looked up. */
export interface VariantChoice {
  model: string;
  size: number | undefined;
  precision: Precision | undefined;
}

/** One way to run a network. */
export interface Configuration extends VariantChoice {
  threads: number;
  concurrency: number;
  evidence?: readonly string[] | undefined;
}

/** All combinations, networks outermost, so that a table reads in groups. */
export function expand(
  { models, sizes, precisions, threads, concurrencies, evidence }: Sweep,
  cores: number,
): Configuration[] {
  return models.flatMap((model) =>
    sizes.flatMap((size) =>
      precisions.flatMap((precision) =>
        distinct(
          threads.flatMap((count) =>
            concurrencies.map((concurrency) => ({
              model,
              size,
              precision,
              threads: count ?? threadsEach(cores, concurrency),
              concurrency,
              ...(evidence && { evidence }),
            })),
          ),
        ),
      ),
    ),
  );
}

/** Threads of one inference where several run at once: a fair share of the processors, as in `ofx predict`. */
export function threadsEach(cores: number, concurrency: number): number {
  return Math.max(1, Math.floor(cores / concurrency));
}

function distinct(configurations: readonly Configuration[]): Configuration[] {
  return [...new Map(configurations.map((each) => [`${each.threads}×${each.concurrency}`, each])).values()];
}
