import { parseConditions, type Condition, type Vocabulary } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { judge } from '../gates/judge.js';
import type { Dimension } from '../gates/quantity.js';
import { OfxError } from '../core/errors.js';
import { counted } from '../text/plural.js';
import type { PredictSummary } from './result.js';

interface Quantity {
  dimension: Dimension;
  /** Null where nothing could be scored. */
  valueOf: (summary: PredictSummary) => number | null;
}

/** What `--fail-on` can ask of a batch of images. */
const QUANTITIES: Readonly<Record<string, Quantity>> = {
  manipulated: { dimension: 'count', valueOf: ({ manipulated }) => manipulated },
  suspicious: { dimension: 'count', valueOf: ({ suspicious }) => suspicious },
  noFinding: { dimension: 'count', valueOf: ({ noFinding }) => noFinding },
  failed: { dimension: 'count', valueOf: ({ failed }) => failed },
  images: { dimension: 'count', valueOf: ({ inputs }) => inputs },
  'score.highest': { dimension: 'share', valueOf: ({ highestScore }) => highestScore },
};

export const PREDICT_VOCABULARY: Vocabulary = {
  quantities: new Map(Object.entries(QUANTITIES).map(([name, { dimension }]) => [name, dimension])),
  example: 'manipulated > 0',
};

/** @throws {OfxError} USAGE, also for the word that stood for a condition before there was a grammar */
export function parsePredictConditions(texts: readonly string[]): Condition[] {
  if (texts.some((text) => text.trim() === 'tampered'))
    throw new OfxError('USAGE', '--fail-on takes a condition: "tampered" is not one any more.', {
      suggestion: 'Write --fail-on "manipulated > 0".',
    });
  return parseConditions(texts, PREDICT_VOCABULARY);
}

/** Judges what became of all inputs. Images that could not be looked at are said with each gate. */
export function predictGates(conditions: readonly Condition[], summary: PredictSummary): Gate[] {
  const { failed, unseenPictures = 0 } = summary;
  const unseen =
    (failed > 0 ? `, ${failed} could not be looked at` : '') +
    (unseenPictures > 0 ? `, nor could ${counted(unseenPictures, 'picture')} in documents` : '');
  return conditions.map((condition) => {
    const { dimension, valueOf } = QUANTITIES[condition.path]!;
    return judge(condition, dimension, `${summary.inputs} images`, {
      value: valueOf(summary),
      reason: 'no image could be scored',
      note: ` of ${summary.inputs}${unseen}`,
    });
  });
}
