import path from 'node:path';
import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';
import type { CaseFileWriter } from '../casefile/writer.js';

/** `--report` and what is written on a case file. */
export const caseFlags = {
  report: Flags.string({
    description:
      'Case file: one .html that opens offline and prints, or .pdf (needs Chromium, Chrome or Edge); with .json and .sha256 beside it',
    helpValue: 'FILE',
  }),
  'case-id': Flags.string({ description: 'Number of the case, for the report', helpValue: 'TEXT' }),
  examiner: Flags.string({ description: 'Who examines, for the report', helpValue: 'TEXT' }),
  note: Flags.string({ description: 'A note, for the report', helpValue: 'TEXT' }),
  'show-place': Flags.boolean({
    description: 'Show in the report the coordinates that EXIF holds, not only whether it does',
  }),
  browser: Flags.string({
    description: 'Browser that prints the PDF [default: the first found]',
    helpValue: 'PATH',
  }),
  paper: Flags.option({
    description: 'Sheet of the PDF',
    options: ['A4', 'letter'] as const,
    default: 'A4',
  })(),
};

/** Flags that mean nothing without a report. */
export const OF_A_REPORT = ['case-id', 'examiner', 'note', 'show-place', 'browser', 'paper'] as const;

/** Flags that mean nothing for a page that opens in a browser anyway. */
export const OF_A_PDF = ['browser', 'paper'] as const;

interface CaseFlagValues {
  report?: string | undefined;
  'case-id'?: string | undefined;
  examiner?: string | undefined;
  note?: string | undefined;
  'show-place': boolean;
  browser?: string | undefined;
  paper: 'A4' | 'letter';
  resume: boolean;
}

/**
 * A case file in the making, where one is asked for. What is missing for it is told before an hour of work.
 *
 * @throws {OfxError} USAGE, BROWSER_MISSING, OUTPUT_UNWRITABLE
 */
export async function openCaseFile(
  flags: CaseFlagValues,
  inputs: readonly string[],
  signal: AbortSignal,
): Promise<CaseFileWriter | undefined> {
  const { report, examiner, note } = flags;
  if (report === undefined) return undefined;
  if (flags.resume) {
    throw new OfxError('USAGE', '--report shows pictures of all photos, which --resume does not have.', {
      suggestion: 'Leave one of them out.',
    });
  }
  const { casePaths, isPdf } = await import('../casefile/paths.js');
  const files = Object.values(casePaths(report)) as string[];
  const taken = files.find((file) => inputs.some((input) => path.resolve(input) === path.resolve(file)));
  if (taken !== undefined) {
    throw new OfxError('USAGE', `--report would replace the input ${taken}.`, {
      suggestion: 'Give the report another name.',
    });
  }
  const { CaseFileWriter } = await import('../casefile/writer.js');
  const { findBrowser } = await import('../casefile/pdf.js');
  const browser = isPdf(report)
    ? { command: await findBrowser(flags.browser), paper: flags.paper }
    : undefined;
  const id = flags['case-id'];
  const subject = {
    ...(id !== undefined && { id }),
    ...(examiner !== undefined && { examiner }),
    ...(note !== undefined && { note }),
  };
  return CaseFileWriter.open({ report, subject, withPosition: flags['show-place'], browser }, signal);
}
