import { needsBaseline, type Condition, type Operator } from './condition.js';
import type { Gate } from './gate.js';
import { showQuantity, type Dimension } from './quantity.js';

/** A number that a condition is about. */
export interface GatedNumber {
  /** Null where it cannot be given. */
  value: number | null;
  /** Why it cannot. */
  reason?: string | undefined;
  /** What belongs to the value, e.g. its interval. */
  note?: string | undefined;
}

/** Differences of numbers that were printed with few digits are not exact: 0.92 − 0.91 is a little more than 0.01. */
const TOLERANCE = 1e-9;

/**
 * Tells whether a condition is true of a subject: then the gate fails. It fails, too, where the number cannot be given: a
 * gate that nobody can check guards nothing.
 *
 * @param subject what is judged, for reports
 * @param baseline the number that `drops` and `rises` look at
 */
export function judge(
  condition: Condition,
  dimension: Dimension,
  subject: string,
  measured: GatedNumber | undefined,
  baseline?: GatedNumber,
): Gate {
  const { text, path, operator, amount } = condition;
  const gate = (passed: boolean, detail: string): Gate => ({
    name: `fail on ${text}`,
    subject,
    passed,
    detail,
  });
  const show = (value: number): string => showQuantity(dimension, value);

  const value = measured?.value ?? null;
  if (value === null) return gate(false, `${path} is n/a${because(measured)}`);
  if (!needsBaseline(condition))
    return gate(!isTrue(value, operator, amount), `${path} is ${show(value)}${measured?.note ?? ''}`);

  const before = baseline?.value ?? null;
  if (before === null) return gate(false, `${path} is n/a in the baseline${because(baseline)}`);
  const change = value - before;
  const lost = operator === 'drops' ? -change : change;
  return gate(
    !(lost >= amount - TOLERANCE && lost > 0),
    `${path} was ${show(before)} and is ${show(value)}, ${change >= 0 ? '+' : '−'}${show(Math.abs(change))}`,
  );
}

function isTrue(value: number, operator: Operator, amount: number): boolean {
  switch (operator) {
    case '<':
      return value < amount;
    case '<=':
      return value <= amount;
    case '>':
      return value > amount;
    default:
      return value >= amount;
  }
}

function because(measured: GatedNumber | undefined): string {
  return measured?.reason === undefined ? '' : ` (${measured.reason})`;
}
