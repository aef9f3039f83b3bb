import path from 'node:path';
import { benchCsv, samplesCsv } from './csv.js';
import { benchMarkdown } from './markdown.js';
import { machineLine, networkLabel } from './describe.js';
import type { BenchReport, ConfigurationResult } from './result.js';
import { writeFileAtomic } from '../files/write.js';
import { benchCharts, type BenchedConfiguration } from '../report/charts/bench.js';
import { renderChart } from '../report/charts/render.js';
import { junitReport } from '../gates/junit.js';
import { OFX_VERSION } from '../core/version.js';
import { createFolder } from '../files/journal.js';

/** Where the forms of a report go; what is left out is not written. */
export interface BenchDestinations {
  csv?: string | undefined;
  markdown?: string | undefined;
  junit?: string | undefined;
  /** Takes every form. */
  folder?: string | undefined;
}

/**
 * Writes a report as files.
 *
 * @returns the paths, in the order in which they were written
 * @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function writeBenchFiles(
  report: BenchReport,
  destinations: BenchDestinations,
): Promise<string[]> {
  const { csv, markdown, junit, folder } = destinations;
  const junitText = (): string => junitReport('ofx bench', report.gates);
  const files: [file: string | undefined, content: () => string][] = [
    [csv, () => benchCsv(report)],
    [markdown, () => benchMarkdown(report)],
    [junit, junitText],
  ];
  if (folder !== undefined) {
    const inside = (name: string): string => path.join(folder, name);
    files.push(
      [inside('bench.json'), () => benchJson(report)],
      [inside('bench.csv'), () => benchCsv(report)],
      [inside('samples.csv'), () => samplesCsv(report)],
      [inside('bench.md'), () => benchMarkdown(report)],
      [inside('junit.xml'), junitText],
    );
  }
  const written: string[] = [];
  for (const [file, content] of files) {
    if (file === undefined) continue;
    await createFolder(path.dirname(file));
    await writeFileAtomic(file, Buffer.from(content()));
    written.push(file);
  }
  if (folder !== undefined) written.push(...(await writeCharts(report, path.join(folder, 'charts'))));
  return written;
}

async function writeCharts(report: BenchReport, folder: string): Promise<string[]> {
  await createFolder(folder);
  const written: string[] = [];
  for (const { name, spec } of benchCharts(
    machineLine(report.machine),
    report.configurations.map(charted(report)),
  )) {
    const { svg, png } = await renderChart(spec);
    const files = { 'vl.json': `${JSON.stringify(spec, null, 1)}\n`, svg, png };
    for (const [extension, content] of Object.entries(files)) {
      const file = path.join(folder, `${name}.${extension}`);
      await writeFileAtomic(file, Buffer.from(content));
      written.push(file);
    }
  }
  return written;
}

/** What all configurations share is left out of their names. */
function charted({
  configurations,
}: BenchReport): (configuration: ConfigurationResult) => BenchedConfiguration {
  const isOne = (values: readonly unknown[]): boolean => new Set(values).size === 1;
  const oneNetwork = isOne(configurations.map(networkLabel));
  // By default the threads follow from the concurrent requests: they make no series of their own.
  const pairs = new Set(configurations.map((each) => `${networkLabel(each)} ${each.concurrency}`));
  const byThreads = pairs.size < configurations.length;
  return (configuration) => {
    const { id, threads, concurrency, samples, memorySamples } = configuration;
    const network = networkLabel(configuration);
    return {
      label: oneNetwork ? id.replace(`${network}, `, '') : id,
      series: byThreads
        ? `${oneNetwork ? '' : `${network}, `}${threads} ${threads === 1 ? 'thread' : 'threads'}`
        : network,
      concurrency,
      latencies: samples.total,
      memory: memorySamples,
    };
  };
}

/** The document of `--json`, which `--baseline` reads. */
function benchJson(report: BenchReport): string {
  return `${JSON.stringify({ schemaVersion: 1, ofx: OFX_VERSION, ...report }, null, 1)}\n`;
}
