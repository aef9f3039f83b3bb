import { closeSync, openSync, writeSync } from 'node:fs';
import { toCsv } from '../text/csv.js';
import { fileWriter } from 'hyparquet-writer';
import { OFX_VERSION } from '../core/version.js';
import { RowWriter } from './parquet.js';
import { COLUMN_NAMES, unpackRow, type Row } from './row.js';
import type { ResultFormat } from './result-formats.js';
import { runSettings, type RunFile } from './run.js';

/** A file that rows are written to as they come. */
export interface ResultsFile {
  write: (rows: readonly Row[]) => void;
  finish: () => void;
}

/** Rows of a row group: readers skip by it, and it is what is kept in memory. */
const ROW_GROUP = 50_000;

/** Creates a file of results; what goes wrong with it is thrown as the system says it. */
export function openResults(format: ResultFormat, file: string, run: RunFile): ResultsFile {
  return format === 'parquet' ? parquetFile(file, run) : textFile(format, file);
}

function parquetFile(file: string, run: RunFile): ResultsFile {
  const footer = { 'ofx.runKey': run.runKey, 'ofx.settings': JSON.stringify(runSettings(run)) };
  const writer = new RowWriter(fileWriter(file), footer, `ofx ${OFX_VERSION}`);
  let group: Row[] = [];
  return {
    write: (rows) => {
      group.push(...rows);
      if (group.length < ROW_GROUP) return;
      writer.write(group);
      group = [];
    },
    finish: () => {
      writer.write(group);
      writer.finish();
    },
  };
}

function textFile(format: 'csv' | 'ndjson', file: string): ResultsFile {
  const descriptor = openSync(file, 'wx');
  // `writeSync` may write less than it was given, where the disk runs full.
  const append = (text: string): void => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  };
  if (format === 'csv') append(toCsv([COLUMN_NAMES]));
  return {
    write: (rows) => {
      append(
        format === 'csv'
          ? toCsv(rows.map((row) => COLUMN_NAMES.map((name) => row[name])))
          : rows.map((row) => `${JSON.stringify(unpackRow(row))}\n`).join(''),
      );
    },
    finish: () => {
      closeSync(descriptor);
    },
  };
}
