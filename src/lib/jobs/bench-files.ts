import path from 'node:path';
import { benchCsv, samplesCsv } from '../bench/csv.js';
import { benchMarkdown } from '../bench/markdown.js';
import type { BenchReport } from '../bench/result.js';
import { writeFileAtomic } from '../image/write.js';
import { junitReport } from '../report/junit.js';
import { OFX_VERSION } from '../version.js';
import { createFolder } from './journal.js';

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
  return written;
}

/** The document of `--json`, which `--baseline` reads. */
function benchJson(report: BenchReport): string {
  return `${JSON.stringify({ schemaVersion: 1, ofx: OFX_VERSION, ...report }, null, 1)}\n`;
}
