import type { Network } from '../model/network.js';
import { effectiveThresholds, type EffectiveThresholds, type ScoringWay } from '../model/thresholds.js';

/** What decides a score besides the image and the network. Scores made in different ways do not compare. */
export interface Scoring {
  /** Look at the image through windows at full resolution, instead of resizing it. */
  tile?: boolean | undefined;
}

/** The name of a way of scoring, under which fitted thresholds are kept. */
export function wayOf({ tile }: Scoring): ScoringWay {
  return tile ? 'tile' : '';
}

/** @param known - what was looked up already, by the name of the way */
export async function thresholdsInForce(
  { identity, thresholds }: Network,
  scoring: Scoring,
  known: Map<ScoringWay, Promise<EffectiveThresholds>>,
): Promise<EffectiveThresholds> {
  const way = wayOf(scoring);
  const found = known.get(way) ?? effectiveThresholds(identity.name, identity.sha256, thresholds, way);
  known.set(way, found);
  return found;
}
