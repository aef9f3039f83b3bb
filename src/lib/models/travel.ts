import { cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { exists } from '../files/exists.js';
import { readText } from '../files/read-text.js';
import type { Model } from '../model/catalogue.js';
import { LATENCY_FILE } from '../model/latency-file.js';
import { MANIFEST_FILE } from '../model/manifest.js';
import {
  addToThresholdsFile,
  FittedThresholdsSchema,
  THRESHOLDS_FILE,
  type FittedEntry,
} from '../model/thresholds-file.js';
import { fittedFiles, forgetFittedThresholds } from '../model/thresholds.js';
import { modelWithManifest } from './models.js';

/**
 * Copies a model into a folder that can be given to others: manifest, networks, card, and the thresholds in force here, those that
 * the user fitted included.
 *
 * @throws {OfxError} OUTPUT_UNWRITABLE where the folder holds something, and as `modelWithManifest`
 */
export async function exportModel(
  reference: string,
  out: string,
): Promise<{ name: string; version: string; folder: string; files: string[]; fitted: number }> {
  const model = await modelWithManifest(reference);
  const folder = path.resolve(out);
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new OfxError('OUTPUT_UNWRITABLE', `The folder ${folder} is not empty.`, {
      suggestion: 'Choose another one, or empty it.',
    });
  const files = await filesOf(model);
  for (const file of files) await cp(path.join(model.folder, file), path.join(folder, file));
  const fitted = await fittedEntries(model);
  if (fitted.length > 0) await addToThresholdsFile(path.join(folder, THRESHOLDS_FILE), fitted);
  if (fitted.length > 0 && !files.includes(THRESHOLDS_FILE)) files.push(THRESHOLDS_FILE);
  const { name, version } = model.manifest;
  return { name, version, folder, files, fitted: fitted.length };
}

/** Takes away what the user fitted for a model, so that the model's own thresholds are in force again. */
export async function resetModel(reference: string): Promise<{ name: string; removed: string[] }> {
  const { manifest } = await modelWithManifest(reference);
  const removed: string[] = [];
  for (const { sha256 } of manifest.variants)
    removed.push(...(await forgetFittedThresholds(manifest.name, sha256)));
  return { name: manifest.name, removed };
}

/** What belongs to a model, relative to its folder. */
async function filesOf({ folder, manifest }: Model): Promise<string[]> {
  const files = new Set([MANIFEST_FILE]);
  for (const { file, externalData = [] } of manifest.variants) {
    files.add(file);
    for (const other of externalData) files.add(path.join(path.dirname(file), other));
  }
  for (const file of ['README.md', 'LICENSE', 'NOTICE', THRESHOLDS_FILE, LATENCY_FILE])
    if (await exists(path.join(folder, file))) files.add(file);
  return [...files];
}

async function fittedEntries({ manifest }: Model): Promise<FittedEntry[]> {
  const entries: FittedEntry[] = [];
  for (const { sha256, inputSize, precision } of manifest.variants) {
    for (const { file, way } of await fittedFiles(manifest.name, sha256)) {
      const checked = checkSchema(FittedThresholdsSchema, JSON.parse(await readText(file)));
      if (checked.ok)
        entries.push({ model: manifest.name, sha256, inputSize, precision, way, ...checked.value });
    }
  }
  return entries;
}
