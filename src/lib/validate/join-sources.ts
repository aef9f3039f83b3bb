import { sigmoid } from '../core/temperature.js';
import type { LabelledScore } from '../metrics/calibrate.js';
import { fitFusion } from '../metrics/fit-fusion.js';
import type { Estimate } from '../metrics/run-metrics.js';
import { sourceAucs } from '../metrics/source-auc.js';
import type { Fusion } from '../model/manifest.js';
import type { ImageRow } from '../run/rows.js';

export interface JoinRequest {
  sources: readonly string[];
  /** The one that the run scored with, which says what maps weigh: that is not in the labels of images. */
  inForce: Fusion | undefined;
  seed: number;
}

/** A row that was scored, its score before any temperature. */
export type ScoredRow = LabelledScore & Pick<ImageRow, 'logits'>;

/** Sources of evidence with fitted weights, and what they come to on the images that they were fitted on. */
export interface JoinedSources {
  fusion: Pick<Fusion, 'sources' | 'bias'>;
  scores: LabelledScore[];
  auc: Estimate;
}

export const NO_WEIGHTS =
  'no weights of the sources of evidence are the best: they part the classes without error, or one says the same of every image; ' +
  'more images may help';

/** Fits how sources are joined; undefined where no weights are the best. */
export function joinSources(
  rows: readonly ScoredRow[],
  { sources, inForce, seed }: JoinRequest,
): JoinedSources | undefined {
  const images = rows.map(({ label, logits }) => ({
    label,
    logits: sources.map((source) => logits[source]!),
  }));
  const fitted = fitFusion(images);
  if (!fitted) return undefined;
  const { weights, bias } = fitted;
  const joined = images.map(({ label, logits }) => ({
    label,
    logits: { joined: logits.reduce((sum, each, i) => sum + weights[i]! * each, bias) },
  }));
  return {
    fusion: {
      sources: sources.map((name, i) => ({
        ...inForce?.sources.find((source) => source.name === name),
        name,
        weight: weights[i]!,
      })),
      bias,
    },
    scores: joined.map(({ label, logits }) => ({ label, score: sigmoid(logits.joined) })),
    auc: sourceAucs(joined, seed)['joined']!,
  };
}
