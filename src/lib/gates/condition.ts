import { OfxError } from '../core/errors.js';
import { similarNames } from '../text/suggest.js';
import { DIMENSIONS, unitFactor, type Dimension } from './quantity.js';

/**
 * A condition of `--fail-on`, in every command: the gate fails where it is true. `docs/gates.md` has the grammar.
 *
 *     pixel.macro.f1 < 0.40            p95[concurrency=1] > 500ms
 *     image.auc drops 0.01             manipulated > 0
 */
export interface Condition {
  /** As it was written, with single spaces. */
  text: string;
  /** The quantity's path as the vocabulary spells it. */
  path: string;
  /** What the subject must be, e.g. `concurrency` → `1`; all subjects where it is empty. */
  filters: ReadonlyMap<string, string>;
  operator: Operator;
  /** In the quantity's base unit. */
  amount: number;
}

export type Operator = '<' | '<=' | '>' | '>=' | 'drops' | 'rises';

/** What the conditions of a command can speak of. */
export interface Vocabulary {
  /** The kind of number at each path. */
  quantities: ReadonlyMap<string, Dimension>;
  /** Keys that may stand in brackets. */
  filters?: readonly string[];
  /** Whether there can be a baseline, which `drops` and `rises` look at. */
  baseline?: boolean;
  /** A condition to show to whoever wrote one that cannot be read. */
  example: string;
  /** Further words by which a path may be meant, for suggestions. */
  synonyms?: (path: string) => readonly string[];
}

/** Stands for no condition at all. */
export const NO_CONDITION = 'none';

const EXPRESSION =
  /^([\w.-]+?)\s*(?:\[([^\]]*)\])?\s*(<=|>=|<|>|(?<=[\s\]])drops\s|(?<=[\s\]])rises\s)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-zµ/%]*)$/i;

/**
 * Reads a condition.
 *
 * @throws {OfxError} USAGE that says what is wrong with it, and what was meant where that can be guessed
 */
export function parseCondition(text: string, vocabulary: Vocabulary): Condition {
  const written = text.trim().replaceAll(/\s+/g, ' ');
  const [, address, brackets, operator, amount, unit] = EXPRESSION.exec(written) ?? [];
  if (address === undefined || operator === undefined || amount === undefined)
    throw unreadable(written, vocabulary);
  const path = resolvePath(address, written, vocabulary);
  const dimension = vocabulary.quantities.get(path)!;
  const condition = {
    text: written,
    path,
    filters: readFilters(brackets, written, vocabulary),
    operator: operator.trim().toLowerCase() as Operator,
    amount: Number(amount) * readUnit(unit ?? '', written, path, dimension),
  };
  if (needsBaseline(condition) && !vocabulary.baseline)
    throw wrong(
      `--fail-on "${written}": there is no baseline here to which something ${condition.operator}.`,
      `Compare with a number, e.g. "${vocabulary.example}".`,
    );
  return condition;
}

/** Reads the conditions of a command line, where `none` alone stands for no condition. */
export function parseConditions(texts: readonly string[], vocabulary: Vocabulary): Condition[] {
  if (texts.length === 1 && texts[0]!.trim().toLowerCase() === NO_CONDITION) return [];
  return texts.map((text) => parseCondition(text, vocabulary));
}

/** Whether a condition looks at the difference to a baseline. */
export function needsBaseline({ operator }: Pick<Condition, 'operator'>): boolean {
  return operator === 'drops' || operator === 'rises';
}

function unreadable(written: string, { example, baseline }: Vocabulary): OfxError {
  const changes = baseline ? ', or PATH drops NUMBER (or rises)' : '';
  return wrong(
    `--fail-on: "${written}" is not a valid condition.`,
    `Write PATH < NUMBER (or <=, >, >=)${changes}, e.g. "${example}"; docs/gates.md has the grammar.`,
  );
}

function resolvePath(address: string, written: string, vocabulary: Vocabulary): string {
  const paths = [...vocabulary.quantities.keys()];
  const path = paths.find((each) => each.toLowerCase() === address.toLowerCase());
  if (path !== undefined) return path;
  const similar = similarNames(address, paths, {
    most: 4,
    parts: (name) => [
      ...name.split(/[.-]/),
      ...(vocabulary.synonyms?.(paths.find((each) => each.toLowerCase() === name)!) ?? []),
    ],
  });
  throw wrong(
    `--fail-on "${written}": there is no metric ${address}.`,
    similar.length > 0
      ? `Did you mean ${similar.join(', ')}?`
      : `Metrics are ${paths.slice(0, 6).join(', ')}${paths.length > 6 ? ', …' : ''}; docs/gates.md lists them all.`,
  );
}

function readFilters(
  brackets: string | undefined,
  written: string,
  { filters: known = [] }: Vocabulary,
): ReadonlyMap<string, string> {
  if (brackets === undefined) return new Map();
  return new Map(
    brackets.split(',').map((filter) => {
      const [key, value, ...rest] = filter.split('=').map((part) => part.trim());
      if (!key || !value || rest.length > 0)
        throw wrong(
          `--fail-on "${written}": [${brackets}] is not a valid filter.`,
          known.length > 0 ? `Write [${known[0]!}=VALUE].` : 'Leave the brackets out.',
        );
      const name = known.find((each) => each.toLowerCase() === key.toLowerCase());
      if (name === undefined)
        throw wrong(
          `--fail-on "${written}": there is no filter ${key} here.`,
          known.length > 0 ? `Filters are ${known.join(', ')}.` : 'Leave the brackets out.',
        );
      return [name, value];
    }),
  );
}

function readUnit(unit: string, written: string, path: string, dimension: Dimension): number {
  const factor = unitFactor(dimension, unit);
  if (factor !== undefined) return factor;
  throw wrong(
    unit === ''
      ? `--fail-on "${written}" needs a unit.`
      : `--fail-on "${written}": "${unit}" is not a valid unit of ${path}.`,
    `Write it like ${DIMENSIONS[dimension].example}.`,
  );
}

function wrong(message: string, suggestion: string): OfxError {
  return new OfxError('USAGE', message, { suggestion });
}
