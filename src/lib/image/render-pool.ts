import { workerFile } from '../workers/worker-file.js';
import { WorkerPool } from '../workers/pool.js';
import { startThread } from '../workers/start.js';
import { needPixels } from './output-kinds.js';
import type { ProbabilityMap } from './probability-map.js';
import type { Rendering, RenderOptions, render } from './render.js';

export interface RenderTask {
  map: ProbabilityMap;
  image: Parameters<typeof render>[1];
  options: RenderOptions;
}

/**
 * Runs {@link render} in a worker thread: at the size of a photo it takes longer than a server may keep its event loop
 * from other requests.
 */
export class RenderPool {
  readonly #pool = new WorkerPool<RenderTask, Rendering>({
    start: startThread,
    file: workerFile('./render-worker.js', import.meta.url),
    size: 1,
  });

  /** The data of map and image move to the worker and cannot be used afterwards. */
  async render(
    map: RenderTask['map'],
    image: RenderTask['image'],
    options: RenderOptions,
    signal?: AbortSignal,
  ): Promise<Rendering> {
    const { width, height, data } = image;
    const pixels = options.exhibit || needPixels(options.outputs ?? {}) ? data : undefined;
    return this.#pool.run(
      { map, image: pixels ? { width, height, data: pixels } : { width, height }, options },
      {
        transfer: [map.data, ...(pixels ? [pixels] : [])]
          .filter(ownsItsBuffer)
          .map(({ buffer }) => buffer as ArrayBuffer),
        signal,
      },
    );
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Small Buffers share one allocation, which may not be moved away from under the others. */
function ownsItsBuffer(values: Uint8Array | Float32Array): boolean {
  return values.byteLength === values.buffer.byteLength;
}
