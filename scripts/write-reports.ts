/**
 * Measures the shipped models on the shared photos and writes their reports into `reports/<model>/<data set>/`:
 * `npm run reports`. Numbers, charts and tables alone: the photos may not be redistributed, so no picture is kept. Names
 * of models as arguments measure those only.
 */
import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { usableCpus } from '../src/lib/core/cpu.js';
import { validate } from '../src/lib/validate/validate.js';
import { DEFAULT_SWEEP_STEP } from '../src/lib/metrics/thresholds.js';
import { findModel } from '../src/lib/model/catalogue.js';
import { runMarkdown } from '../src/lib/report/markdown.js';
import type { RunSummary } from '../src/lib/run/summary.js';

const DATA_SETS = ['casia1-dev', 'imd2020-dev'];
const SIZE = 380;

const root = path.resolve(import.meta.dirname, '..');
/** Reports name where the data lie, and no machine's own places. */
const DATA = path.relative(
  root,
  path.resolve(process.env['OFX_TEST_DATA'] ?? path.join(root, '../shared/data')),
);
process.chdir(root);
const named = process.argv.slice(2);
const models = named.length > 0 ? named : await readdir('models');
for (const name of models) {
  const out = path.join('reports', name);
  const summaries: RunSummary[] = [];
  for (const dataset of DATA_SETS.map((one) => path.join(DATA, one))) {
    if (!existsSync(dataset)) {
      console.error(`There is no ${dataset}; OFX_TEST_DATA says where the shared photos are.`);
      process.exitCode = 66;
      continue;
    }
    summaries.push(await measure(name, dataset, path.join(out, path.basename(dataset))));
  }
  if (summaries.length > 0) await writeFile(path.join(out, 'README.md'), overview(name, summaries));
}

async function measure(name: string, dataset: string, out: string): Promise<RunSummary> {
  await rm(out, { recursive: true, force: true });
  const { summary } = await validate(
    {
      dataset,
      out,
      model: await findModel(name),
      detector: { size: SIZE, concurrency: 1, threads: usableCpus() },
      protocol: 'macro',
      scoreAt: 'network',
      sweepStep: DEFAULT_SWEEP_STEP,
      panels: 'none',
      charts: true,
      seed: 1,
      resume: false,
      strict: false,
      limits: {},
    },
    { onProgress: (done) => process.stderr.write(`\r${name} on ${path.basename(dataset)}: ${done} images`) },
  );
  process.stderr.write('\n');
  return summary;
}

function overview(name: string, summaries: readonly RunSummary[]): string {
  return [
    `# ${name}, measured\n`,
    'Written by `npm run reports`. The photos are research data sets that may not be redistributed, so numbers and charts are all',
    'there is. `report.html` of each data set holds everything; the Markdown below is its summary.\n',
    ...summaries.map((summary) => {
      const folder = summary.dataset.name;
      const charts = summary.charts.filter((chart) => /roc|thresholds/.test(chart.name));
      const pictures = charts.map(({ title, svg }) => `![${title}](${folder}/${svg})`).join('\n');
      return `${runMarkdown(summary, [])}\n[Report](${folder}/report.html), [numbers](${folder}/summary.json), [rows](${folder}/metrics.csv)\n\n${pictures}\n`;
    }),
  ].join('\n');
}
