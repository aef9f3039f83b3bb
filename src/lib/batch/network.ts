import { OnnxPool } from '../model/onnx-session.js';
import type { ModelReference } from '../model/catalogue.js';
import { fusionInForce } from '../model/fitted-fusion.js';
import { resolveNetwork, type Network } from '../model/network.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { chooseEvidence, type Evidence } from '../predict/evidence/choice.js';
import { REGISTRY } from '../predict/evidence/sources.js';
import { comparableScores, thresholdsInForce, type Scoring } from '../predict/scoring.js';
import type { RunFile } from './run.js';

/** What a model would score with. */
export interface BatchNetwork extends Pick<Network, 'identity' | 'notes'> {
  /** In force for this way of scoring. */
  thresholds: EffectiveThresholds;
  evidence: RunFile['evidence'];
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
): Promise<BatchNetwork> {
  let pool: OnnxPool | undefined;
  try {
    const network = await resolveNetwork(reference, { size }, (file) => {
      pool = new OnnxPool(file, { threads: 1, concurrency: 1 });
      return pool.describe();
    });
    const fusion = await fusionInForce(network, undefined);
    const evidence = chooseEvidence({ ...network, fusion }, undefined, REGISTRY);
    return {
      ...network,
      thresholds: await thresholdsInForce(network, scoring, evidence, new Map()),
      evidence: describeEvidence(network, evidence),
    };
  } finally {
    await pool?.close();
  }
}

/** All of it that a manifest may change without changing the network, and so its hash. */
function describeEvidence(network: Network, evidence: Evidence): RunFile['evidence'] {
  const { sources, fusion } = evidence;
  const testScores = comparableScores(network, evidence);
  return {
    sources: [...sources],
    fusion: fusion ? JSON.stringify({ bias: fusion.bias, sources: fusion.sources }) : null,
    testScores: testScores ? JSON.stringify(testScores) : null,
  };
}
