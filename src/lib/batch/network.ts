import { OnnxPool } from '../model/onnx-session.js';
import type { ModelReference } from '../model/catalogue.js';
import { resolveNetwork, type Network } from '../model/network.js';

/**
 * What a model would score with, found without loading it where a manifest says so.
 *
 * @throws {OfxError} SIZE_NOT_AVAILABLE, MODEL_CORRUPT, ONNX_INVALID
 */
export async function describeNetwork(
  reference: ModelReference,
  size: number | undefined,
): Promise<Pick<Network, 'identity' | 'thresholds' | 'notes'>> {
  let pool: OnnxPool | undefined;
  try {
    return await resolveNetwork(reference, { size }, (file) => {
      pool = new OnnxPool(file, { threads: 1, concurrency: 1 });
      return pool.describe();
    });
  } finally {
    await pool?.close();
  }
}
