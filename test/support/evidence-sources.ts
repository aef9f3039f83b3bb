import { threadId } from 'node:worker_threads';
import { Type } from '@sinclair/typebox';
import type { EvidenceSource, SourceEntry, SourceRegistry } from '../../src/lib/predict/evidence/source.js';

/**
 * A registry with a second source beside the network: `stripes` speaks of the left quarter of an image, the more the brighter the
 * image's first pixel is. Simple, so that answers can be computed by hand, and a real one: it works in a thread.
 */
export const STRIPES_LOGIT = (brightness: number): number => brightness / 51 - 2;

const stripes: EvidenceSource<Uint8Array> = {
  prepare: ({ data }) => {
    const input = data.slice(0, 1);
    return { input, transfer: [input.buffer] };
  },
  examine: ([brightness]) => ({
    output: { kind: 'logit', value: STRIPES_LOGIT(brightness!) },
    map: { width: 4, height: 1, data: Float32Array.from([0.5, 0, 0, 0]) },
    findings: { stripes: [{ threadId, brightness }] },
    warnings: ['Stripes were looked for.'],
  }),
  settle: (report, others) => ({
    ...report,
    findings: { ...report.findings, seenBeside: [...others.keys()] },
  }),
};

export const REGISTRY: SourceRegistry = {
  module: import.meta.url,
  sources: {
    network: { title: 'Network' },
    stripes: {
      title: 'Stripes',
      findings: { stripes: Type.Array(Type.Unknown()), seenBeside: Type.Array(Type.String()) },
      load: () => Promise.resolve(stripes),
    },
  } satisfies Record<string, SourceEntry>,
};
