import type { Static } from '@sinclair/typebox';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { machineDifferences } from './machine.js';
import { BenchDocumentSchema, type BenchReport, type Machine } from './result.js';
import { readNamedText } from '../files/read-text.js';

/** An earlier result: what `ofx bench --json` printed. */
export type BenchDocument = Static<typeof BenchDocumentSchema>;

/** @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE, RESULT_INVALID */
export async function readBaseline(file: string): Promise<BenchDocument> {
  const text = await readNamedText(file, 'the baseline', `Make one with "ofx bench --json > ${file}".`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new OfxError('RESULT_INVALID', `The baseline ${file} is not JSON.`, { cause: error });
  }
  const checked = checkSchema(BenchDocumentSchema, content);
  if (!checked.ok) {
    throw new OfxError(
      'RESULT_INVALID',
      `The baseline ${file} is not a valid result of ofx bench: ${checked.complaints.join('; ')}.`,
      {
        suggestion: `Make one with "ofx bench --json > ${file}".`,
      },
    );
  }
  return checked.value;
}

/**
 * Refuses a baseline that says nothing about this run.
 *
 * @returns what makes the comparison doubtful all the same, a sentence each
 * @throws {OfxError} USAGE for another kind of run, BASELINE_OTHER_MACHINE unless `force` is given
 */
export function checkBaseline(
  baseline: BenchDocument,
  { machine, mode, photos }: Pick<BenchReport, 'mode' | 'photos'> & { machine: Machine },
  force: boolean,
): string[] {
  if (baseline.mode !== mode) {
    throw new OfxError('USAGE', `The baseline measured ${baseline.mode}, this run measures ${mode}.`, {
      suggestion:
        mode === 'photos'
          ? 'Give --inference-only to measure what the baseline measured.'
          : 'Leave --inference-only out.',
    });
  }
  const doubts: string[] = [];
  if (baseline.machine.fingerprint !== machine.fingerprint) {
    const differences = machineDifferences(machine, baseline.machine).join('; ');
    if (!force) {
      throw new OfxError(
        'BASELINE_OTHER_MACHINE',
        `The baseline is from another machine (${differences}): its times say nothing about this one.`,
        {
          suggestion:
            'Make a baseline here, compare two models in one run with --against MODEL, or insist with --force.',
        },
      );
    }
    doubts.push(`The baseline is from another machine (${differences}); compared all the same (--force).`);
  }
  if (baseline.photos.join() !== photos.join()) {
    doubts.push(
      'The baseline measured other photos: their sizes decide how long decoding and encoding take.',
    );
  }
  return doubts;
}
