import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { OfxError } from '../core/errors.js';
import type { MetricPath } from '../metrics/definitions.js';
import { RUN_FILES } from '../run/files.js';
import { loadSummary } from '../run/load.js';
import { EstimateSchema, metricAt } from '../run/summary.js';

const HistoryRunSchema = Type.Object(
  {
    folder: Type.String({ description: 'Relative to the folder that was searched' }),
    startedAt: Type.String({ description: 'ISO 8601' }),
    ofx: Type.String(),
    build: Type.Union([Type.String(), Type.Null()]),
    model: Type.Object({ name: Type.String(), version: Type.String(), sha256: Type.String() }),
    inputSize: Type.Integer(),
    dataset: Type.Object({ name: Type.String(), sha256: Type.String(), samples: Type.Integer() }),
    metrics: Type.Record(Type.String(), EstimateSchema, { description: 'Those asked for, by path' }),
  },
  { title: 'A run' },
);
export type HistoryRun = Static<typeof HistoryRunSchema>;

export const HistorySchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    metrics: Type.Array(Type.String()),
    runs: Type.Array(HistoryRunSchema, { description: 'Earliest first' }),
  },
  { $id: 'history', title: 'Result of ofx history --json' },
);

/**
 * The finished runs below a folder, earliest first.
 *
 * @param onSkipped told of a summary that is no run's, or of another version
 * @throws {OfxError} INPUT_MISSING where there is no run
 */
export async function readHistory(
  folder: string,
  metrics: readonly MetricPath[],
  onSkipped: (file: string, why: string) => void = () => undefined,
): Promise<HistoryRun[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new OfxError('INPUT_MISSING', `There is no folder ${folder}.`, { cause: error });
  }
  const runs: HistoryRun[] = [];
  for (const name of names.filter((one) => path.basename(one) === RUN_FILES.summary).sort()) {
    const place = path.dirname(name);
    try {
      const { summary } = await loadSummary(path.join(folder, place));
      const { model, dataset } = summary;
      runs.push({
        folder: place.split(path.sep).join('/'),
        startedAt: summary.startedAt,
        ofx: summary.ofx,
        build: summary.build ?? null,
        model: { name: model.name, version: model.version, sha256: model.sha256 },
        inputSize: model.inputSize,
        dataset: { name: dataset.name, sha256: dataset.sha256, samples: dataset.samples },
        metrics: Object.fromEntries(metrics.map((metric) => [metric, metricAt(summary.metrics, metric)!])),
      });
    } catch (error) {
      if (!(error instanceof OfxError)) throw error;
      onSkipped(path.join(folder, name), error.message);
    }
  }
  if (runs.length === 0)
    throw new OfxError('INPUT_MISSING', `There is no finished run of ofx validate below ${folder}.`, {
      suggestion: 'Give a folder with runs in it, e.g. ofx history reports',
    });
  return runs.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
}
