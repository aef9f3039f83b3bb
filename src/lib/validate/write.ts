import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../files/write.js';
import { drawCharts } from '../report/charts/index.js';
import { renderRunPage } from '../report/html/run-page.js';
import { robustnessCsv } from '../run/robustness.js';
import { numbersCsv, RUN_FILES, rowsCsv, sweepCsv } from '../run/files.js';
import { rowsParquet } from '../run/rows-parquet.js';
import type { RunRecord } from '../run/record.js';

/** Writes a run's tables, charts and page, the summary last: where it lies, the run is whole. */
export async function writeRunFiles(record: RunRecord, { charts }: { charts: boolean }): Promise<void> {
  const { folder, rows, curves, summary } = record;
  const place = (name: string): string => path.join(folder, name);
  await rm(place(RUN_FILES.summary), { force: true });
  await writeFileAtomic(place(RUN_FILES.numbers), numbersCsv(summary));
  await writeFileAtomic(place(RUN_FILES.rows), rowsCsv(rows));
  await writeFileAtomic(place(RUN_FILES.rowsParquet), await rowsParquet(rows));
  await writeFileAtomic(place(RUN_FILES.thresholds), sweepCsv(curves.sweep, summary.operatingPoints ?? []));
  if (record.robustness) await writeFileAtomic(place(RUN_FILES.robustness), robustnessCsv(record.robustness));
  for await (const { name, title, spec, svg, png } of charts ? drawCharts(record) : []) {
    const base = `${RUN_FILES.charts}/${name}`;
    const files = { spec: `${base}.vl.json`, svg: `${base}.svg`, png: `${base}.png` };
    await writeFileAtomic(place(files.spec), `${JSON.stringify(spec, null, 2)}\n`);
    await writeFileAtomic(place(files.svg), svg);
    await writeFileAtomic(place(files.png), png);
    summary.charts.push({ name, title, ...files });
  }
  if (charts) await writeFileAtomic(place(RUN_FILES.page), await renderRunPage(record));
  await writeFileAtomic(place(RUN_FILES.summary), `${JSON.stringify(summary, null, 2)}\n`);
}
