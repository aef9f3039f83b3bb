import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { METRIC_PATHS } from '../metrics/definitions.js';
import { RUN_FILES } from './files.js';
import {
  completeMetrics,
  metricAt,
  RunSummarySchema,
  type NestedMetrics,
  type RunSummary,
} from './summary.js';
import { checkSchema } from '../core/schema.js';
import { readText } from '../files/read-text.js';

/**
 * The summary of a finished run.
 *
 * @param location the run's folder, or its `summary.json`
 * @throws {OfxError} INPUT_MISSING, RESULT_INVALID
 */
export async function loadSummary(location: string): Promise<{ folder: string; summary: RunSummary }> {
  const folder = path.basename(location) === RUN_FILES.summary ? path.dirname(location) : location;
  const file = path.join(folder, RUN_FILES.summary);
  const checked = checkSchema(RunSummarySchema, complete(await readJson(file)));
  if (!checked.ok) {
    throw new OfxError(
      'RESULT_INVALID',
      `${file} is not a valid summary of a run: ${checked.complaints.join('; ')}.`,
      {
        suggestion: 'Run ofx validate again to make the run again.',
      },
    );
  }
  const summary = checked.value as RunSummary;
  const missing = METRIC_PATHS.filter((number) => !metricAt(summary.metrics, number));
  if (missing.length > 0) {
    throw new OfxError('RESULT_INVALID', `${file} lacks ${missing.slice(0, 3).join(', ')}.`);
  }
  return { folder, summary };
}

/** A summary of an earlier version has no place for what that version did not measure. */
function complete(document: unknown): unknown {
  if (typeof document !== 'object' || document === null) return document;
  const { metrics, categories } = document as { metrics?: unknown; categories?: unknown };
  const places = [metrics, ...(Array.isArray(categories) ? categories.map(metricsOf) : [])];
  for (const place of places)
    if (typeof place === 'object' && place !== null) completeMetrics(place as NestedMetrics);
  return document;
}

function metricsOf(category: unknown): unknown {
  return (category as { metrics?: unknown } | null)?.metrics;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(file)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new OfxError('RESULT_INVALID', `${file} is not valid JSON: ${error.message}.`, { cause: error });
    }
    const unfinished = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    throw new OfxError(
      unfinished ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      unfinished ? `There is no finished run at ${path.dirname(file)}.` : `${file} cannot be read.`,
      { suggestion: 'Give the folder that ofx validate wrote; it holds a summary.json.', cause: error },
    );
  }
}
