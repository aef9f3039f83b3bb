import type { Deviation } from '../python/deviation.js';
import { runScript } from '../python/script.js';
import type { ImageFigures } from './layers.js';
import { archArgs } from './own-network.js';
import type { ConvertRequest } from './request.js';

export interface BisectRun {
  request: ConvertRequest;
  python: string;
  draft: string;
  size: number;
  tolerance: number;
  /** The photos at this size, of which the one that differs most is looked at. */
  images: readonly ImageFigures[];
  signal: AbortSignal | undefined;
}

/** Lets Python find the first node of an exported file that leaves PyTorch. */
export async function bisect({
  request,
  python,
  draft,
  size,
  tolerance,
  images,
  signal,
}: BisectRun): Promise<Deviation> {
  const largest = Math.max(...images.map(({ map }) => map.max));
  const image = Math.max(
    0,
    images.findIndex(({ map }) => map.max === largest || Number.isNaN(map.max)),
  );
  let found: Deviation | undefined;
  await runScript({
    python,
    script: 'find_deviation.py',
    args: [
      request.checkpoint,
      '--folder',
      draft,
      ...['--size', String(size), '--image', String(image), '--tolerance', String(tolerance)],
      ...['--threads', String(request.threads)],
      ...(request.fit === undefined ? [] : ['--fit', request.fit]),
      ...(request.weights === undefined ? [] : [`--weights=${request.weights}`]),
      ...archArgs(request.own),
    ],
    temporary: draft,
    onEvent: (event) => {
      if (event.event !== 'deviation') return;
      const deviation: Partial<typeof event> & Deviation = { ...event };
      delete deviation.event;
      found = deviation;
    },
    signal,
  });
  if (!found) throw new Error('find_deviation.py told nothing.');
  return found;
}

/** What was found, in one sentence. */
export function deviationText({ cause, module, node, nodes, tolerance, graph, worst }: Deviation): string {
  if (cause === 'export') {
    const far = `The graph itself differs from PyTorch in float64 by ${graph.map.toExponential(1)} in the map`;
    if (!module) return `${far}; every module’s values are in it, so it is what is done with them.`;
    const after = module.after === null ? '' : `, after ${module.after}, which agrees`;
    const between = module.nodes.length > 0 ? `; nodes ${module.nodes.slice(0, 3).join(', ')}` : '';
    return `${far}: first in ${module.name} (${module.kind})${after}${between}.`;
  }
  if (cause === 'runtime' && node) {
    return (
      `The first node that leaves the tolerance is ${node.name} (${node.operator}, ${node.number + 1} of ${nodes}), off by ` +
      `${node.error.toExponential(1)} in float32.`
    );
  }
  const [first] = worst;
  return (
    `No node of ${nodes} is off by more than ${tolerance.toExponential()}` +
    (first ? `; ${first.name} (${first.operator}) is most, by ${first.error.toExponential(1)}.` : '.')
  );
}
