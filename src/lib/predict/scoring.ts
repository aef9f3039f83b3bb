import path from 'node:path';
import type { TestScores, Thresholds } from '../model/manifest.js';
import type { Network } from '../model/network.js';
import {
  complete,
  effectiveThresholds,
  thresholdsWithOrigin,
  type EffectiveThresholds,
  type ScoringWay,
  type ThresholdOrigin,
} from '../model/thresholds.js';
import { thresholdsFor, type GivenThresholds } from '../model/thresholds-file.js';
import { fusionInForce } from '../model/fitted-fusion.js';
import { chooseEvidence, type Evidence } from './evidence/choice.js';
import { NETWORK, REGISTRY } from './evidence/sources.js';

/** What decides a score besides the image, the network and its evidence. Scores made in different ways do not compare. */
export interface Scoring {
  /** Look at large images through windows, too, besides bringing them to the network's size. */
  tile?: boolean | undefined;
  /** Look at the image and its mirror image, and take the mean; not with windows. */
  mirror?: boolean | undefined;
}

/** The name of a way of scoring, under which fitted thresholds are kept. */
export function wayOf({ tile, mirror }: Scoring, { deciding }: Evidence): ScoringWay {
  return [
    ...(isNetworkAlone(deciding) ? [] : [deciding.join('+')]),
    ...(tile ? ['windows'] : []),
    ...(mirror ? ['mirror'] : []),
  ].join('-');
}

/**
 * The thresholds in force for a way of scoring.
 *
 * @param known - what was looked up already, by the name of the way
 * @param given - thresholds that somebody names, in place of those that are kept
 * @throws {OfxError} USAGE where they hold for other networks
 */
export async function thresholdsInForce(
  network: Network,
  scoring: Scoring,
  evidence: Evidence,
  known: Map<ScoringWay, Promise<EffectiveThresholds>>,
  given?: GivenThresholds,
): Promise<EffectiveThresholds> {
  const way = wayOf(scoring, evidence);
  const { name, sha256 } = network.identity;
  const shipped = shippedThresholds(network, evidence);
  // What somebody names on the command line goes before what is kept anywhere.
  const found =
    known.get(way) ??
    (given
      ? Promise.resolve(complete({ ...shipped, ...thresholdsFor(given, network.identity, way) }))
      : effectiveThresholds(name, sha256, shipped, way, path.dirname(network.file)));
  known.set(way, found);
  return found;
}

/**
 * What a model does where nothing is asked for: which sources decide, and the thresholds in force with where they come from.
 *
 * @param network - as the manifest describes it
 */
export async function usualWay(
  network: Network,
): Promise<{ evidence: Evidence; thresholds: EffectiveThresholds; origin: ThresholdOrigin }> {
  const { name, sha256 } = network.identity;
  const fused = { ...network, fusion: await fusionInForce(network, undefined) };
  const evidence = chooseEvidence(fused, undefined, REGISTRY);
  const shipped = shippedThresholds(fused, evidence);
  const found = await thresholdsWithOrigin(
    name,
    sha256,
    shipped,
    wayOf({}, evidence),
    path.dirname(network.file),
  );
  return { evidence, ...found };
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
