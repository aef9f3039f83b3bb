import { OfxError } from '../../core/errors.js';
import { readText } from '../../files/read-text.js';
import { fromCsvCell } from '../../text/csv.js';

const NAME_COLUMNS = /^(image|name|file|filename|path)$/i;
const SCORE_COLUMNS = /^(score|probability|prob|detection|pred|p)$/i;

/**
 * Scores of images by name: CSV or TSV with a heading (image, score), a JSON object of names and scores, or a JSON list of objects
 * with both, as `ofx predict` writes them, too.
 *
 * @throws {OfxError} RESULT_INVALID where nothing of the kind is in it, or a score is no probability; INPUT_MISSING
 */
export async function readScores(file: string): Promise<Map<string, number>> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    throw new OfxError('INPUT_MISSING', `Cannot read the scores ${file}.`, {
      suggestion: 'Check the path given by --scores.',
      cause: error,
    });
  }
  const pairs = /^\s*[[{]/.test(text) ? fromJson(text, file) : await fromTable(text, file);
  const scores = new Map<string, number>();
  for (const [name, value] of pairs) {
    const score = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (score === null || score === undefined || score === '') continue;
    if (typeof score !== 'number' || !(score >= 0 && score <= 1))
      throw invalid(file, `the score of ${name} is ${JSON.stringify(value)}, not a probability from 0 to 1`);
    const known = scores.get(name);
    if (known !== undefined && known !== score) throw invalid(file, `${name} has several scores`);
    scores.set(name, score);
  }
  if (scores.size === 0) throw invalid(file, 'it holds no score');
  return scores;
}

type Pairs = (readonly [name: string, score: unknown])[];

function fromJson(text: string, file: string): Pairs {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is not valid JSON (${(error as Error).message})`);
  }
  const list = Array.isArray(content)
    ? content
    : Object.values(content as object).find((value): value is unknown[] => Array.isArray(value));
  if (!list) return Object.entries(content as object);
  return list.flatMap((entry: unknown): Pairs => {
    if (typeof entry !== 'object' || entry === null) return [];
    const keys = Object.keys(entry);
    const name = keys.find((key) => NAME_COLUMNS.test(key));
    const score = keys.find((key) => SCORE_COLUMNS.test(key));
    const values = entry as Record<string, unknown>;
    return name === undefined || score === undefined ? [] : [[String(values[name]), values[score]]];
  });
}

async function fromTable(text: string, file: string): Promise<Pairs> {
  const { parse } = await import('csv-parse/sync');
  let rows: string[][];
  try {
    rows = parse(text, { delimiter: [',', '\t', ';'], bom: true, trim: true, relaxColumnCount: true });
  } catch (error) {
    throw invalid(file, (error as Error).message);
  }
  const [heading = [], ...rest] = rows;
  const name = heading.findIndex((column) => NAME_COLUMNS.test(column));
  const score = heading.findIndex((column) => SCORE_COLUMNS.test(column));
  if (name === -1 || score === -1)
    throw invalid(file, `its first line names no columns "image" and "score" (${heading.join(', ')})`);
  // A table of our own marks names that look like formulas; one of somebody else's means what it says.
  return rest.flatMap((row) =>
    [...new Set([row[name] ?? '', fromCsvCell(row[name] ?? '')])].map(
      (key) => [key, row[score] ?? ''] as const,
    ),
  );
}

function invalid(file: string, why: string): OfxError {
  return new OfxError('RESULT_INVALID', `The scores ${file} are invalid: ${why}.`, {
    suggestion: 'For example a CSV file with the first line "image,score", or {"a.jpg": 0.93}.',
  });
}
