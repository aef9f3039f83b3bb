import { cp, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { writeFileAtomic } from '../files/write.js';
import { makeFolder } from '../files/make-folder.js';
import { CARD_FILE, readCard } from '../model/card.js';
import { DEFAULT_MODEL, findModel, listModels, type Model } from '../model/catalogue.js';
import { Detector } from '../model/detector.js';
import { readLatency } from '../model/latency-file.js';
import { MANIFEST_FILE } from '../model/manifest.js';
import { describedNetwork } from '../model/network.js';
import { usualWay } from '../predict/scoring.js';
import { installedModelsFolder } from '../core/paths.js';
import type { ListedModel, ShownModel, VerifiedVariant } from './result.js';
import { publishFolder } from '../files/publish-folder.js';

/** All shipped and installed models. */
export async function listedModels(): Promise<ListedModel[]> {
  return (await listModels()).map(({ folder, manifest }) => {
    const { name, version, description, licence, variants } = manifest;
    return {
      name,
      version,
      folder,
      ...(description !== undefined && { description }),
      ...(licence !== undefined && { licence }),
      variants,
      isDefault: name === DEFAULT_MODEL,
    };
  });
}

/** @throws {OfxError} USAGE for an `.onnx` file, which has no manifest to show, and as `findModel` */
export async function modelWithManifest(reference: string): Promise<Model> {
  const found = await findModel(reference);
  if (found.kind === 'model') return found.model;
  throw new OfxError(
    'USAGE',
    `${reference} is a bare ONNX file; this command needs a folder with a ${MANIFEST_FILE}.`,
    {
      suggestion: '"ofx convert" makes such a folder from a PyTorch checkpoint.',
    },
  );
}

export async function shownModel(reference: string): Promise<ShownModel> {
  const { folder, manifest } = await modelWithManifest(reference);
  const thresholds = await Promise.all(
    manifest.variants.map(async (variant) => {
      const { inputSize, precision } = variant;
      const {
        evidence,
        thresholds: inForce,
        origin,
      } = await usualWay(describedNetwork(folder, manifest, variant));
      const { score, mask, temperature } = inForce;
      return { inputSize, precision, evidence: [...evidence.deciding], score, mask, temperature, origin };
    }),
  );
  const latency = await readLatency(folder);
  return { folder, manifest, thresholds, ...(latency && { latency }) };
}

/**
 * A model with its card.
 *
 * @throws {OfxError} INPUT_MISSING where its folder holds none
 */
export async function modelWithCard(reference: string): Promise<ShownModel & { card: string }> {
  const shown = await shownModel(reference);
  const { folder, manifest } = shown;
  const card = await readCard({ kind: 'model', model: { folder, manifest } });
  if (card !== undefined) return { ...shown, card };
  throw new OfxError(
    'INPUT_MISSING',
    `The model ${manifest.name} has no card: there is no ${CARD_FILE} in ${folder}.`,
    {
      suggestion: 'Ask whoever made it how good it is; "ofx validate" measures it on photos of your own.',
    },
  );
}

/**
 * Checks every file of the models against its hash, loads it and scores a grey image with it.
 *
 * @throws {OfxError} as `findModel`; what is wrong with a file is a result
 */
export async function verifyModels(
  references: readonly string[],
  threads: number,
): Promise<VerifiedVariant[]> {
  const models =
    references.length > 0 ? await Promise.all(references.map(modelWithManifest)) : await listModels();
  const results: VerifiedVariant[] = [];
  for (const model of models) {
    for (const { file, inputSize, precision } of model.manifest.variants) {
      const problem = await problemOf(model, { size: inputSize, precision, threads, concurrency: 1 });
      results.push({
        model: model.manifest.name,
        file: path.join(model.folder, file),
        inputSize,
        precision,
        ok: problem === undefined,
        ...(problem !== undefined && { problem }),
      });
    }
  }
  return results;
}

/** A variant in words; its precision where another of the same size would be called alike. */
export function variantName(
  { model, inputSize, precision }: VerifiedVariant,
  all: readonly VerifiedVariant[],
): string {
  const alike = all.filter((other) => other.model === model && other.inputSize === inputSize);
  return `${model} at ${inputSize}${alike.length > 1 ? ` in ${precision}` : ''}`;
}

async function problemOf(
  model: Model,
  options: Parameters<typeof Detector.open>[1],
): Promise<string | undefined> {
  try {
    const detector = await Detector.open({ kind: 'model', model }, options);
    try {
      const { inputSize } = detector.network.identity;
      await detector.detectTensor(new Float32Array(3 * inputSize ** 2));
      return undefined;
    } finally {
      await detector.close();
    }
  } catch (error) {
    if (error instanceof OfxError) return error.message;
    throw error;
  }
}

/**
 * Copies a model into the user's data folder, from where it is found by name. Nothing is replaced unless told to.
 *
 * @throws {OfxError} MODEL_CORRUPT or ONNX_INVALID where a file is invalid, USAGE where the name is taken,
 *   OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function installModel(
  reference: string,
  { name, replace, threads }: { name: string | undefined; replace: boolean; threads: number },
): Promise<{ name: string; version: string; folder: string }> {
  const { folder: source, manifest } = await modelWithManifest(reference);
  const installedName = name ?? manifest.name;
  if (!/^[\w.-]+$/.test(installedName)) {
    throw new OfxError(
      'USAGE',
      `"${installedName}" is not a valid name: use letters, digits, ".", "_" and "-".`,
      {
        suggestion: 'Choose another with --name.',
      },
    );
  }
  const [broken] = (await verifyModels([source], threads)).filter(({ ok }) => !ok);
  if (broken) throw new OfxError('MODEL_CORRUPT', `${broken.file} is invalid: ${broken.problem!}`);

  const folder = path.join(installedModelsFolder(), installedName);
  if (path.resolve(source) === folder) return { name: installedName, version: manifest.version, folder };
  if (!replace && (await exists(folder))) {
    throw new OfxError('USAGE', `A model "${installedName}" is installed already, in ${folder}.`, {
      suggestion: 'Use --force to replace it, or --name for another name.',
    });
  }
  let draft: string | undefined;
  try {
    await makeFolder(path.dirname(folder));
    // Hidden, so that what a killed process leaves is no model.
    draft = await mkdtemp(path.join(path.dirname(folder), `.${installedName}-`));
    // `mkdtemp` makes folders that only their owner may read; this one is published.
    const copy = path.join(draft, 'model');
    await cp(source, copy, { recursive: true });
    await writeFileAtomic(
      path.join(copy, MANIFEST_FILE),
      `${JSON.stringify({ ...manifest, name: installedName }, null, 2)}\n`,
    );
    await publishFolder(copy, folder);
  } catch (error) {
    const full = systemCode(error) === 'ENOSPC';
    throw new OfxError(
      full ? 'IO_FAILED' : 'OUTPUT_UNWRITABLE',
      `Cannot install into ${folder}: ${(error as Error).message}`,
      {
        cause: error,
        suggestion: full ? 'Free some space.' : 'Set XDG_DATA_HOME to a folder that you may write to.',
      },
    );
  } finally {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
  }
  return { name: installedName, version: manifest.version, folder };
}
