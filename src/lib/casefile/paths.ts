import path from 'node:path';
import { OfxError } from '../core/errors.js';

/** The files of a case file; all lie beside each other. */
export interface CasePaths {
  report: string;
  /** The machine-readable twin. */
  json: string;
  /** Hashes for `sha256sum -c`. */
  list: string;
}

const ENDINGS = ['.html', '.htm', '.pdf'];

/** @throws {OfxError} USAGE where the report is no kind of file that there is */
export function casePaths(report: string): CasePaths {
  const { dir, name, ext } = path.parse(report);
  if (!ENDINGS.includes(ext.toLowerCase())) {
    throw new OfxError('USAGE', `--report ${report}: a report is written as .html or .pdf.`, {
      suggestion: 'End the path in .html; any browser prints that.',
    });
  }
  const beside = (ending: string): string => path.join(dir, `${name}${ending}`);
  return { report, json: beside('.json'), list: beside('.sha256') };
}

export function isPdf(report: string): boolean {
  return path.extname(report).toLowerCase() === '.pdf';
}
