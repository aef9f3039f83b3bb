import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { writeFileAtomic } from '../files/write.js';
import { fittedThresholdsFolder } from '../core/paths.js';
import { checkSchema } from '../core/schema.js';
import { ThresholdsSchema, type Thresholds } from './manifest.js';
import { readText } from '../files/read-text.js';

export interface EffectiveThresholds {
  /** Tampered where the score (a probability) is larger. */
  score: number;
  /** A pixel is positive where its probability is larger. */
  mask: number;
  /** Divides the score's logit before the sigmoid. */
  temperature: number;
  /** Which data these were fitted on; undefined for defaults. */
  fittedOn?: unknown;
}

const DEFAULTS: EffectiveThresholds = { score: 0.5, mask: 0.5, temperature: 1 };

/**
 * Names a way of scoring with a network; empty for the network alone on the whole image. Scores that were made in different
 * ways do not compare, so each way has fitted thresholds of its own.
 */
export type ScoringWay = string;

/** Where thresholds fitted by the user for a network (by the hash of its ONNX file) and a way of scoring are kept. */
export function fittedThresholdsFile(modelName: string, sha256: string, way: ScoringWay = ''): string {
  return path.join(fittedThresholdsFolder(), `${modelName}-${sha256.slice(0, 16)}${way && `-${way}`}.json`);
}

/**
 * The thresholds in force: fitted by the user, else the manifest's, else the defaults.
 *
 * @throws {OfxError} MANIFEST_INVALID where the user’s file is invalid
 */
export async function effectiveThresholds(
  modelName: string,
  sha256: string,
  manifest: Thresholds | undefined,
  way?: ScoringWay,
): Promise<EffectiveThresholds> {
  const file = fittedThresholdsFile(modelName, sha256, way);
  let fitted: Thresholds = {};
  try {
    const checked = checkSchema(ThresholdsSchema, JSON.parse(await readText(file)));
    if (!checked.ok) throw new Error(checked.complaints.join('; '));
    fitted = checked.value;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw new OfxError(
        'MANIFEST_INVALID',
        `The fitted thresholds ${file} do not hold: ${(error as Error).message}`,
        {
          suggestion:
            'Delete the file to use the model’s own thresholds, or run "ofx validate --calibrate" again.',
          cause: error,
        },
      );
    }
  }
  const merged = { ...manifest, ...fitted };
  return {
    score: merged.score ?? DEFAULTS.score,
    mask: merged.mask ?? DEFAULTS.mask,
    temperature: merged.temperature ?? DEFAULTS.temperature,
    ...(merged.fittedOn !== undefined && { fittedOn: merged.fittedOn }),
  };
}

/**
 * Thresholds from a file that somebody names.
 *
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE; MANIFEST_INVALID where it does not hold
 */
export async function readThresholds(file: string): Promise<Thresholds> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const code = systemCode(error) ?? 'unknown error';
    throw new OfxError(
      code === 'ENOENT' ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      `Cannot read the thresholds ${file} (${code}).`,
      { suggestion: 'Check the path given by --thresholds.', cause: error },
    );
  }
  try {
    const checked = checkSchema(ThresholdsSchema, JSON.parse(text));
    if (checked.ok) return checked.value;
    throw new Error(checked.complaints.join('; '));
  } catch (error) {
    throw new OfxError(
      'MANIFEST_INVALID',
      `The thresholds ${file} are invalid: ${(error as Error).message}`,
      {
        suggestion:
          'For example: {"score": 0.4, "mask": 0.5}; "ofx validate --calibrate" writes such a file.',
        cause: error,
      },
    );
  }
}

/**
 * Keeps thresholds that were fitted for a network. Models themselves are never changed: a shipped one may lie in a
 * read-only place and belongs to everybody.
 *
 * @returns the file they were written to
 * @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function saveFittedThresholds(
  modelName: string,
  sha256: string,
  thresholds: Thresholds,
  way?: ScoringWay,
): Promise<string> {
  const file = fittedThresholdsFile(modelName, sha256, way);
  await writeFileAtomic(file, `${JSON.stringify(thresholds, null, 2)}\n`);
  return file;
}
