import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { writeFileAtomic } from '../files/write.js';
import { fittedThresholdsFolder } from '../core/paths.js';
import { checkSchema } from '../core/schema.js';
import { ThresholdsSchema, type Thresholds } from './manifest.js';
import { thresholdsInModel, type FittedThresholds } from './thresholds-file.js';
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

/** Where thresholds come from: fitted by the user, fitted into the model's folder, the model's manifest, or nowhere. */
export const THRESHOLD_ORIGINS = ['fitted here', 'model folder', 'manifest', 'defaults'] as const;
export type ThresholdOrigin = (typeof THRESHOLD_ORIGINS)[number];

/**
 * The thresholds in force: fitted by the user, else those that were fitted into the model's folder, else the manifest's, else the
 * defaults.
 *
 * @param folder the model's, where it has one
 * @throws {OfxError} MANIFEST_INVALID where the user’s file is invalid
 */
export async function effectiveThresholds(
  modelName: string,
  sha256: string,
  manifest: Thresholds | undefined,
  way?: ScoringWay,
  folder?: string,
): Promise<EffectiveThresholds> {
  return (await thresholdsWithOrigin(modelName, sha256, manifest, way, folder)).thresholds;
}

/** As {@link effectiveThresholds}, with the first place that tells any of them. */
export async function thresholdsWithOrigin(
  modelName: string,
  sha256: string,
  manifest: Thresholds | undefined,
  way: ScoringWay = '',
  folder?: string,
): Promise<{ thresholds: EffectiveThresholds; origin: ThresholdOrigin }> {
  const fitted = await fittedByUser(fittedThresholdsFile(modelName, sha256, way));
  const inModel = folder === undefined ? undefined : await thresholdsInModel(folder, { sha256 }, way);
  const places = { 'fitted here': fitted, 'model folder': inModel, manifest };
  const origin = (Object.keys(places) as (keyof typeof places)[]).find(
    (place) => Object.keys(places[place] ?? {}).length > 0,
  );
  return { thresholds: complete({ ...manifest, ...inModel, ...fitted }), origin: origin ?? 'defaults' };
}

async function fittedByUser(file: string): Promise<Thresholds | undefined> {
  try {
    const checked = checkSchema(ThresholdsSchema, JSON.parse(await readText(file)));
    if (!checked.ok) throw new Error(checked.complaints.join('; '));
    return checked.value;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new OfxError(
      'MANIFEST_INVALID',
      `The fitted thresholds ${file} are invalid: ${(error as Error).message}`,
      {
        suggestion:
          'Delete the file to use the model’s own thresholds, or run "ofx validate --calibrate" again.',
        cause: error,
      },
    );
  }
}

/** With defaults for what is not told. */
export function complete(merged: Thresholds): EffectiveThresholds {
  return {
    score: merged.score ?? DEFAULTS.score,
    mask: merged.mask ?? DEFAULTS.mask,
    temperature: merged.temperature ?? DEFAULTS.temperature,
    ...(merged.fittedOn !== undefined && { fittedOn: merged.fittedOn }),
  };
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
  thresholds: FittedThresholds,
  way?: ScoringWay,
): Promise<string> {
  const file = fittedThresholdsFile(modelName, sha256, way);
  await writeFileAtomic(file, `${JSON.stringify(thresholds, null, 2)}\n`);
  return file;
}

/**
 * Takes away the thresholds that the user fitted for a network, for every way of scoring.
 *
 * @returns the files that are gone
 */
export async function forgetFittedThresholds(modelName: string, sha256: string): Promise<string[]> {
  const files = (await fittedFiles(modelName, sha256)).map(({ file }) => file);
  for (const file of files) await rm(file, { force: true });
  return files;
}

/** What the user fitted for a network, by the way of scoring. */
export async function fittedFiles(
  modelName: string,
  sha256: string,
): Promise<{ file: string; way: ScoringWay }[]> {
  const stem = path.basename(fittedThresholdsFile(modelName, sha256), '.json');
  const names = await readdir(fittedThresholdsFolder()).catch(() => []);
  return names
    .filter((name) => name === `${stem}.json` || (name.startsWith(`${stem}-`) && name.endsWith('.json')))
    .sort()
    .map((name) => ({
      file: path.join(fittedThresholdsFolder(), name),
      way: name.slice(stem.length, -'.json'.length).replace(/^-/, ''),
    }));
}
