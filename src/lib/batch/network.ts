import { OnnxPool } from '../model/onnx-session.js';
import type { ModelReference } from '../model/catalogue.js';
import { resolveNetwork, type Network } from '../model/network.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { chooseEvidence } from '../predict/evidence/choice.js';
import { REGISTRY } from '../predict/evidence/sources.js';
import { thresholdsInForce, type Scoring } from '../predict/scoring.js';

/** What a model would score with. */
export interface NetworkDescription extends Pick<Network, 'identity' | 'notes'> {
  /** In force for this way of scoring. */
  thresholds: EffectiveThresholds;
}

/**
 * What a model would score with, found without loading it where a manifest says so.
 *
 * @throws {OfxError} SIZE_NOT_AVAILABLE, MODEL_CORRUPT, ONNX_INVALID, MANIFEST_INVALID
 */
export async function describeNetwork(
  reference: ModelReference,
  size: number | undefined,
  scoring: Scoring,
): Promise<NetworkDescription> {
  let pool: OnnxPool | undefined;
  try {
    const network = await resolveNetwork(reference, { size }, (file) => {
      pool = new OnnxPool(file, { threads: 1, concurrency: 1 });
      return pool.describe();
    });
    const evidence = chooseEvidence(network, undefined, REGISTRY);
    return { ...network, thresholds: await thresholdsInForce(network, scoring, evidence, new Map()) };
  } finally {
    await pool?.close();
  }
}
