import { OfxError } from '../core/errors.js';
import type { Gate } from '../gates/gate.js';
import { METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../metrics/definitions.js';
import type { Estimate } from '../metrics/run-metrics.js';

/**
 * Demands on numbers, as `--fail-on` takes them. An expression says what must not be:
 *
 *     pixel.macro.f1 < 0.40        image.auc drops 0.01
 *     image.auc.low <= 0.9         pixel.falseAlarmArea rises 0.005
 *
 * A path may end in `.low`, `.high` (of the 95 % interval) or `.n`. `drops` and `rises` look at the difference to a
 * baseline run: by that much or more.
 */
export interface FailCondition {
  /** As it was written. */
  text: string;
  path: MetricPath;
  field: EstimateField;
  operator: Operator;
  amount: number;
}

const FIELDS = ['value', 'low', 'high', 'n'] as const;
type EstimateField = (typeof FIELDS)[number];

type Operator = '<' | '<=' | '>' | '>=' | 'drops' | 'rises';

const EXPRESSION =
  /^\s*([\w.]+)\s*(<=|>=|<|>|\bdrops\b|\brises\b)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*$/i;

const HOW =
  'Write PATH < NUMBER (or <=, >, >=), or PATH drops NUMBER (or rises), e.g. "pixel.macro.f1 < 0.40".';

/** Differences of numbers that were printed with few digits are not exact: 0.92 − 0.91 is a little more than 0.01. */
const TOLERANCE = 1e-9;

/** @throws {OfxError} USAGE, with what was meant where that can be guessed */
export function parseFailCondition(text: string): FailCondition {
  const [, address, operator, amount] = EXPRESSION.exec(text) ?? [];
  if (address === undefined || operator === undefined || amount === undefined) {
    throw new OfxError('USAGE', `--fail-on does not understand "${text}".`, { suggestion: HOW });
  }
  const { path, field } = resolveAddress(address, text);
  return {
    text: text.trim(),
    path,
    field,
    operator: operator.toLowerCase() as Operator,
    amount: Number(amount),
  };
}

/** Whether a condition needs a run to compare with. */
export function needsBaseline({ operator }: FailCondition): boolean {
  return operator === 'drops' || operator === 'rises';
}

/**
 * Holds a run's numbers against a condition. What cannot be computed is no pass: a gate that nobody can check guards
 * nothing.
 *
 * @param subject what is judged, for reports
 * @param numberAt the run's numbers
 * @param baselineAt the numbers of the run to compare with
 */
export function judge(
  condition: FailCondition,
  subject: string,
  numberAt: (path: MetricPath) => Estimate | undefined,
  baselineAt?: (path: MetricPath) => Estimate | undefined,
): Gate {
  const { text, path, field, operator, amount } = condition;
  const name = `fail on ${text}`;
  const estimate = numberAt(path);
  const value = estimate?.[field] ?? null;
  const what = field === 'value' ? path : `${path}.${field}`;
  if (value === null) {
    return { name, subject, passed: false, detail: `${what} is n/a${because(estimate)}` };
  }
  if (!needsBaseline(condition)) {
    const detail = `${what} is ${format(value)}${field === 'value' ? interval(estimate) : ''}`;
    return { name, subject, passed: !holds(value, operator, amount), detail };
  }
  const baseline = baselineAt?.(path);
  const before = baseline?.[field] ?? null;
  if (before === null) {
    return { name, subject, passed: false, detail: `${what} is n/a in the baseline${because(baseline)}` };
  }
  const change = value - before;
  const lost = operator === 'drops' ? -change : change;
  return {
    name,
    subject,
    passed: !(lost >= amount - TOLERANCE && lost > 0),
    detail: `${what} was ${format(before)} and is ${format(value)}, ${change >= 0 ? '+' : '−'}${format(Math.abs(change))}`,
  };
}

function holds(value: number, operator: Operator, amount: number): boolean {
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

function resolveAddress(address: string, text: string): { path: MetricPath; field: EstimateField } {
  const wanted = address.toLowerCase();
  for (const path of METRIC_PATHS) {
    if (path.toLowerCase() === wanted) return { path, field: 'value' };
    for (const field of FIELDS) {
      if (`${path}.${field}`.toLowerCase() === wanted) return { path, field };
    }
  }
  const similar = similarPaths(wanted);
  throw new OfxError('USAGE', `--fail-on "${text}": there is no number ${address}.`, {
    suggestion:
      similar.length > 0
        ? `Did you mean ${similar.join(', ')}?`
        : `Numbers are named as in summary.json, for example ${METRIC_PATHS.slice(0, 3).join(', ')}.`,
  });
}

/** Paths that share words with what was written, those with most first. */
function similarPaths(wanted: string): MetricPath[] {
  const words = wanted.split('.');
  const last = words.at(-1)!;
  const shared = (path: MetricPath): number => {
    const own = [...path.split('.'), ...METRIC_DEFINITIONS[path].title.split(/\W+/)].map((word) =>
      word.toLowerCase(),
    );
    return own.includes(last) ? words.filter((word) => own.includes(word)).length : 0;
  };
  return METRIC_PATHS.filter((path) => shared(path) > 0)
    .sort((a, b) => shared(b) - shared(a))
    .slice(0, 4);
}

function because(estimate: Estimate | undefined): string {
  return estimate?.reason === undefined ? '' : ` (${estimate.reason})`;
}

function interval(estimate: Estimate | undefined): string {
  if (!estimate || estimate.low === null || estimate.high === null) return '';
  return ` (95 %: ${format(estimate.low)} to ${format(estimate.high)})`;
}

/** Four significant digits, and whole numbers as they are. */
function format(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
