import { OnnxPool } from '../model/onnx-session.js';
import type { CheckpointEvent } from '../python/events.js';
import type { ParityTensor } from './parity-inputs.js';
import type { Outputs } from './parity.js';

/** What the runtime that ships makes of images, one at a time. */
export async function runOnnx(
  file: string,
  tensors: readonly ParityTensor[],
  names: Pick<CheckpointEvent, 'input' | 'score' | 'mask'>,
  { threads, signal }: { threads: number; signal: AbortSignal | undefined },
  step: () => void,
): Promise<Outputs> {
  const pool = new OnnxPool(file, { threads, concurrency: 1 });
  try {
    const scores = new Float32Array(tensors.length);
    const maps = new Float32Array(tensors.reduce((sum, { width, height }) => sum + width * height, 0));
    let at = 0;
    for (const [index, { width, height, data }] of tensors.entries()) {
      const { values } = await pool.run(
        { input: names.input, dims: [1, 3, height, width], data, outputs: [names.score, names.mask] },
        signal,
      );
      scores.set(values[0]!, index);
      maps.set(values[1]!, at);
      at += width * height;
      step();
    }
    return { scores, maps };
  } finally {
    await pool.close();
  }
}
