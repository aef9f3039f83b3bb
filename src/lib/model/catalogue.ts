import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { installedModelsFolder, SHIPPED_MODELS } from '../core/paths.js';
import { checkSchema } from '../core/schema.js';
import { MANIFEST_FILE, ManifestSchema, type Manifest } from './manifest.js';
import { readText } from '../files/read-text.js';

/** The model that is used where none is named. */
export const DEFAULT_MODEL = 'objectformer-lite';

/** A model on disk: its manifest and where its files lie. */
export interface Model {
  /** Absolute path of the folder with the manifest and the ONNX files. */
  folder: string;
  manifest: Manifest;
}

/** What `--model` can be: a folder with a manifest, or an `.onnx` file without one. */
export type ModelReference = { kind: 'model'; model: Model } | { kind: 'onnx'; file: string };

/**
 * Finds a model by name, folder or `.onnx` file. An installed model wins over a shipped one of the same name; a path
 * that exists wins over a name.
 *
 * @throws {OfxError} MODEL_NOT_FOUND, MANIFEST_INVALID
 */
export async function findModel(reference: string = DEFAULT_MODEL): Promise<ModelReference> {
  if (reference.toLowerCase().endsWith('.onnx')) {
    if (!(await isThere(reference))) {
      throw new OfxError('MODEL_NOT_FOUND', `There is no file ${reference}.`, {
        suggestion: 'Check the path given by --model.',
      });
    }
    return { kind: 'onnx', file: path.resolve(reference) };
  }
  const isName = /^[\w.-]+$/.test(reference);
  const folders = [
    path.resolve(reference),
    ...(isName ? [installedModelsFolder(), SHIPPED_MODELS].map((place) => path.join(place, reference)) : []),
  ];
  for (const folder of folders) {
    if (await isThere(path.join(folder, MANIFEST_FILE)))
      return { kind: 'model', model: await readModel(folder) };
  }
  const names = (await listModels()).map(({ manifest }) => manifest.name);
  throw new OfxError('MODEL_NOT_FOUND', `There is no model "${reference}".`, {
    suggestion:
      `--model takes a name (${names.join(', ') || 'none is installed'}), a folder with a ${MANIFEST_FILE}, or an .onnx file. ` +
      '"ofx convert" makes such a folder from a PyTorch checkpoint.',
  });
}

/**
 * All installed and shipped models, by name; of two with one name the installed one.
 *
 * @param onBroken - told why a model cannot be read, which is left out then [it is thrown]
 */
export async function listModels(onBroken?: (error: OfxError) => void): Promise<Model[]> {
  const models = new Map<string, Model | undefined>();
  for (const place of [installedModelsFolder(), SHIPPED_MODELS]) {
    for (const name of await readdir(place).catch(() => [])) {
      if (isDraft(name)) continue;
      const folder = path.join(place, name);
      if (models.has(name)) continue;
      try {
        if (await isThere(path.join(folder, MANIFEST_FILE))) models.set(name, await readModel(folder));
      } catch (error) {
        if (!onBroken || !(error instanceof OfxError)) throw error;
        // A shipped model must not answer in its name.
        models.set(name, undefined);
        onBroken(error);
      }
    }
  }
  return [...models.entries()]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([, model]) => (model ? [model] : []));
}

/** What an installation that was killed leaves: earlier versions hid their drafts by an ending only. */
function isDraft(name: string): boolean {
  return name.startsWith('.') || name.endsWith('.part');
}

/**
 * Reads a model's folder; its ONNX files are looked at when one of them is opened.
 *
 * @throws {OfxError} MANIFEST_INVALID with every complaint about the manifest
 */
export async function readModel(folder: string): Promise<Model> {
  const file = path.join(folder, MANIFEST_FILE);
  let content: unknown;
  try {
    content = JSON.parse(await readText(file));
  } catch (error) {
    throw new OfxError('MANIFEST_INVALID', `Cannot read the manifest ${file}: ${(error as Error).message}`, {
      cause: error,
      suggestion: '"ofx convert" writes a valid manifest.',
    });
  }
  const checked = checkSchema(ManifestSchema, content);
  if (!checked.ok) {
    throw new OfxError(
      'MANIFEST_INVALID',
      `The manifest ${file} is invalid: ${checked.complaints.join('; ')}.`,
      {
        suggestion: 'Its schema is schemas/model.schema.json; "ofx convert" writes a valid manifest.',
      },
    );
  }
  const outside = checked.value.variants.find((variant) => {
    const relative = path.relative(folder, path.resolve(folder, variant.file));
    return relative.startsWith('..') || path.isAbsolute(relative);
  });
  if (outside) {
    throw new OfxError(
      'MANIFEST_INVALID',
      `The manifest ${file} names a file outside its folder: ${outside.file}.`,
    );
  }
  return { folder: path.resolve(folder), manifest: checked.value };
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw new OfxError(
      'INPUT_UNREADABLE',
      `Cannot look at ${file} (${systemCode(error) ?? 'unknown error'}).`,
      { cause: error },
    );
  }
}
