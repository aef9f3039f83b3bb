import type { TestScores, Thresholds } from '../model/manifest.js';
import type { Network } from '../model/network.js';
import { effectiveThresholds, type EffectiveThresholds, type ScoringWay } from '../model/thresholds.js';
import type { Evidence } from './evidence/choice.js';
import { NETWORK } from './evidence/sources.js';

/** What decides a score besides the image, the network and its evidence. Scores made in different ways do not compare. */
export interface Scoring {
  /** Look at the image through windows at full resolution, instead of resizing it. */
  tile?: boolean | undefined;
}

/** The name of a way of scoring, under which fitted thresholds are kept. */
export function wayOf({ tile }: Scoring, { deciding }: Evidence): ScoringWay {
  return [...(isNetworkAlone(deciding) ? [] : [deciding.join('+')]), ...(tile ? ['tile'] : [])].join('-');
}

/**
 * The thresholds in force for a way of scoring.
 *
 * @param known - what was looked up already, by the name of the way
 */
export async function thresholdsInForce(
  network: Network,
  scoring: Scoring,
  evidence: Evidence,
  known: Map<ScoringWay, Promise<EffectiveThresholds>>,
): Promise<EffectiveThresholds> {
  const way = wayOf(scoring, evidence);
  const { name, sha256 } = network.identity;
  const found =
    known.get(way) ?? effectiveThresholds(name, sha256, shippedThresholds(network, evidence), way);
  known.set(way, found);
  return found;
}

/** The scores of test photos that scores by this evidence compare with, if there are any. */
export function comparableScores(
  { testScores }: Network,
  { fusion, deciding }: Evidence,
): TestScores | undefined {
  if (fusion) return fusion.testScores;
  return isNetworkAlone(deciding) ? testScores : undefined;
}

/** A score threshold and a temperature that were fitted for the network alone say nothing of other scores. */
function shippedThresholds({ thresholds }: Network, { fusion, deciding }: Evidence): Thresholds | undefined {
  if (fusion)
    return {
      ...(thresholds?.mask !== undefined && { mask: thresholds.mask }),
      // Weights and bias put the score where its threshold is: what they were fitted on, the threshold was.
      ...(fusion.fittedOn !== undefined && { fittedOn: fusion.fittedOn }),
      ...fusion.thresholds,
    };
  return isNetworkAlone(deciding) ? thresholds : undefined;
}

function isNetworkAlone(deciding: readonly string[]): boolean {
  return deciding.length === 1 && deciding[0] === NETWORK;
}
