import { Type, type Static } from '@sinclair/typebox';
import { GateSchema } from '../gates/gate.js';
import { METRIC_PATHS, type MetricPath } from '../metrics/definitions.js';
import { metricAt, RunSummarySchema, type NestedMetrics, type RunSummary } from './summary.js';

export const SUITE_FILES = { summary: 'suite.json', page: 'suite.html', numbers: 'suite.csv' } as const;

/** Stands among names of data sets for the mean over them. */
export const AVERAGE = 'average';

const SuiteDatasetSchema = Type.Object(
  {
    name: Type.String({ description: 'As reports, gates and folders call it' }),
    folder: Type.String({ description: 'Of its run, relative to the folder of the suite' }),
    location: Type.String(),
    samples: Type.Integer({ minimum: 0 }),
    failed: Type.Integer({ minimum: 0 }),
    warnings: Type.Array(Type.String()),
    metrics: RunSummarySchema.properties.metrics,
  },
  { title: 'A data set and its numbers' },
);

/** Several data sets measured with one model: the content of `suite.json`. */
export const SuiteSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    startedAt: Type.String({ description: 'ISO 8601' }),
    seconds: Type.Number({ minimum: 0 }),
    folder: Type.String(),
    model: RunSummarySchema.properties.model,
    settings: RunSummarySchema.properties.settings,
    headline: Type.Object({ path: Type.String(), title: Type.String() }),
    datasets: Type.Array(SuiteDatasetSchema, { minItems: 1 }),
    averages: Type.Array(
      Type.Object({
        path: Type.String(),
        value: Type.Union([Type.Number(), Type.Null()]),
        datasets: Type.Integer({ minimum: 0, description: 'Data sets that have a value' }),
      }),
      { description: 'Mean of the data sets’ values, each counting alike, as papers give it' },
    ),
    gates: Type.Array(GateSchema),
  },
  { $id: 'validate-suite', title: 'Result of ofx validate --json for several data sets' },
);

export type SuiteDataset = Omit<Static<typeof SuiteDatasetSchema>, 'metrics'> & { metrics: NestedMetrics };
export type Suite = Omit<Static<typeof SuiteSchema>, 'datasets'> & { datasets: SuiteDataset[] };

/** The mean of each number over data sets; of those that have it. */
export function averagesOver(datasets: readonly { metrics: NestedMetrics }[]): Suite['averages'] {
  return METRIC_PATHS.filter((path) => !/^(counts|thresholds)\./.test(path)).map((path) => {
    const values = datasets.flatMap(({ metrics }) => metricAt(metrics, path)?.value ?? []);
    const value = values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
    return { path, value, datasets: values.length };
  });
}

export function averageAt({ averages }: Pick<Suite, 'averages'>, path: MetricPath): number | null {
  return averages.find((average) => average.path === path)?.value ?? null;
}

export function suiteDataset(name: string, folder: string, summary: RunSummary): SuiteDataset {
  const { dataset, failed, warnings, metrics } = summary;
  return {
    name,
    folder,
    location: dataset.location,
    samples: dataset.samples,
    failed: failed.length,
    warnings,
    metrics,
  };
}
