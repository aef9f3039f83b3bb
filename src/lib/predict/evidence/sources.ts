import { CopiesSchema } from './copies-schema.js';
import { NETWORK, type SourceEntry, type SourceRegistry } from './source.js';

export { NETWORK };

/**
 * All sources of evidence, by the name that `--evidence`, a manifest's `fusion` and results call them. A new source is a room with
 * an `EvidenceSource`, and a line here.
 */
export const SOURCES: Readonly<Record<string, SourceEntry>> = {
  [NETWORK]: { title: 'Network' },
  copies: {
    title: 'Copies',
    findings: { copies: CopiesSchema },
    load: async () => (await import('./copies-source.js')).COPIES,
  },
};

export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES);

/** Sources beside the network; each is a stage of its own in timings. */
export const SIDE_SOURCES = SOURCE_NAMES.filter((name) => name !== NETWORK);

export const REGISTRY: SourceRegistry = { module: import.meta.url, sources: SOURCES };
