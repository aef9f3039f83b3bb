import { TAMPERED } from '../core/label.js';
import { bootstrapIntervals } from './bootstrap.js';
import type { ImageEvidence } from './evidence.js';
import { rankScores, rocAuc } from './ranking.js';
import { estimate, missingClass, type Estimate } from './run-metrics.js';

/**
 * Image AUC of each source of evidence alone, with its 95 % interval (bootstrap over images, stratified by label), by the source's
 * name. Log-odds are ranked, which keep an order where probabilities have saturated.
 */
export function sourceAucs(
  images: readonly Pick<ImageEvidence, 'label' | 'logits'>[],
  seed: number,
): Record<string, Estimate> {
  const names = [...new Set(images.flatMap(({ logits = {} }) => Object.keys(logits)))];
  return Object.fromEntries(names.map((name) => [name, aucOf(images, name, seed)]));
}

function aucOf(
  images: readonly Pick<ImageEvidence, 'label' | 'logits'>[],
  name: string,
  seed: number,
): Estimate {
  const spoken = images.filter(({ logits }) => logits?.[name] !== undefined);
  const labels = spoken.map(({ label }) => label);
  const ranked = rankScores(
    spoken.map(({ logits }) => logits![name]!),
    labels.map((label) => label === TAMPERED),
  );
  const statistic = (weights: ArrayLike<number>): { auc: number | null } => {
    const positives = new Float64Array(ranked.scores.length);
    const negatives = new Float64Array(ranked.scores.length);
    labels.forEach((label, index) => {
      (label === TAMPERED ? positives : negatives)[ranked.entryOf[index]!]! += weights[index]!;
    });
    return { auc: rocAuc({ positives, negatives }) };
  };
  const { auc } = bootstrapIntervals(labels, statistic, { seed });
  const tampered = labels.filter((label) => label === TAMPERED).length;
  const point = statistic(new Uint8Array(labels.length).fill(1)).auc;
  return estimate(point, auc, labels.length, missingClass(tampered, labels.length - tampered, 'image'));
}
