import { parseConditions, type Condition, type Vocabulary } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { judge } from '../gates/judge.js';
import { OfxError } from '../core/errors.js';
import type { PredictSummary } from './result.js';

/** What `--fail-on` can ask of a batch of images: how many there were of each outcome. */
const COUNTS: Readonly<Record<string, (summary: PredictSummary) => number>> = {
  manipulated: ({ manipulated }) => manipulated,
  suspicious: ({ suspicious }) => suspicious,
  failed: ({ failed }) => failed,
  images: ({ inputs }) => inputs,
};

export const PREDICT_VOCABULARY: Vocabulary = {
  quantities: new Map(Object.keys(COUNTS).map((name) => [name, 'count'])),
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
  const unseen = summary.failed > 0 ? `, ${summary.failed} could not be looked at` : '';
  return conditions.map((condition) =>
    judge(condition, 'count', `${summary.inputs} images`, {
      value: COUNTS[condition.path]!(summary),
      note: ` of ${summary.inputs}${unseen}`,
    }),
  );
}
