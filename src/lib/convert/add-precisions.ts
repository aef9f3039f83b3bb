import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { openDataset } from '../dataset/open.js';
import { readText } from '../files/read-text.js';
import { readModel, type Model } from '../model/catalogue.js';
import type { Precision, Variant } from '../model/manifest.js';
import { findPython } from '../python/interpreter.js';
import { readCalibration } from './calibration.js';
import { checkDestination } from './destination.js';
import { inDraft } from './draft.js';
import { addAll } from './export.js';
import { compareWithFloat32, countCompared, type FoundPrecisions } from './precisions.js';
import { PARITY_FILE, publishModel } from './publish-model.js';
import type { ConvertRequest } from './request.js';
import type { PrecisionsReport } from './result.js';
import { Steps, type ConvertEvents } from './steps.js';
import { dataFileOf, placeVariants } from './variant-files.js';

/**
 * Makes a model of a model: the same in more precisions. Its float32 files, manifest and card stay as they are.
 *
 * @throws {OfxError} MODEL_NOT_FOUND, MODEL_CORRUPT, PRECISION_FAILED, USAGE where there is nothing to make; else as `convert`
 */
export async function addPrecisions(
  request: ConvertRequest,
  events: ConvertEvents = {},
  signal?: AbortSignal,
): Promise<PrecisionsReport> {
  const steps = new Steps(events);
  const { checkpoint: folder, threads, force } = request;
  const out = path.resolve(request.out);
  const source = await readModel(folder);
  const { manifest } = source;
  const float32 = float32Of(source, request.sizes);
  const sizes = float32.map(({ inputSize }) => inputSize);
  const others = (request.precisions ?? []).filter((precision) => precision !== 'fp32');
  checkExported(source, others);
  await checkDestination(out, force);
  const python = await findPython(request.python, { signal });
  if (request.validate !== undefined) await openDataset(request.validate);
  const fitted = { ...request, fit: manifest.input.fit };
  const calibration = await readCalibration(fitted, sizes, steps.warn, signal);

  return inDraft(out, async (draft) => {
    const model = path.join(draft, 'model');
    await mkdir(model);
    await cp(source.folder, model, { recursive: true });
    const compared = countCompared(calibration);
    steps.start(sizes.length * (2 + compared + others.length * (1 + compared)));
    const quantised = await addAll(
      {
        request: fitted,
        sources: new Map(
          float32.map(({ inputSize, file }) => [inputSize, path.join(source.folder, file)] as const),
        ),
        python: python.executable,
        draft,
        dataFile: dataFileOf(manifest.name, 'fp32'),
        precisions: others,
        calibration,
        signal,
      },
      steps,
    );
    const found: FoundPrecisions[] = [];
    for (const size of sizes) {
      found.push(
        await compareWithFloat32(
          {
            draft,
            size,
            precisions: others,
            calibration,
            names: namesOf(source),
            quantised,
            threads,
            signal,
          },
          steps.done,
        ),
      );
    }
    // What was there stays, but for what is made again.
    const variants = manifest.variants.filter(
      ({ inputSize, precision }) =>
        !(others.some((other) => other === precision) && sizes.includes(inputSize)),
    );
    for (const precision of others) {
      const placed = await placeVariants({ draft, model, name: manifest.name }, precision, sizes);
      variants.push(
        ...placed.map((variant, index) => ({
          ...variant,
          ...worthOf(float32[index]!),
          ...found[index]!.get(precision),
        })),
      );
    }
    const published = await publishModel(
      {
        request,
        draft,
        model,
        variants,
        precisions: [...new Set(variants.map(({ precision }) => precision))],
        manifest: (those, usual = manifest.defaultPrecision) => ({
          ...manifest,
          variants: [...those],
          ...(usual !== undefined && { defaultPrecision: usual }),
        }),
        ...(quantised && { parity: await readParity(source.folder) }),
        quantised,
        signal,
      },
      steps,
    );
    return {
      folder: request.out,
      name: manifest.name,
      model: folder,
      python: python.executable,
      ...published,
    };
  });
}

/** What was found when it was converted; nothing where it is not there any more. */
async function readParity(folder: string): Promise<object> {
  try {
    return JSON.parse(await readText(path.join(folder, PARITY_FILE))) as object;
  } catch {
    return {};
  }
}

/** How the score is joined with other evidence, and what it is worth: near enough to float32's, or the variant is not kept. */
function worthOf({ fusion, testScores }: Variant): Partial<Variant> {
  return { ...(fusion && { fusion }), ...(testScores && { testScores }) };
}

function float32Of({ manifest }: Model, wanted: readonly number[]): Variant[] {
  const all = manifest.variants.filter(({ precision }) => precision === 'fp32');
  const found = all.filter(({ inputSize }) => wanted.length === 0 || wanted.includes(inputSize));
  const missing = wanted.find((size) => !all.some(({ inputSize }) => inputSize === size));
  if (missing === undefined && found.length > 0)
    return found.sort((first, second) => first.inputSize - second.inputSize);
  throw new OfxError(
    'SIZE_NOT_AVAILABLE',
    `The model "${manifest.name}" has no variant in fp32${missing === undefined ? '' : ` at size ${missing}`}, of which others ` +
      'could be made.',
    { suggestion: 'Give the checkpoint that it was made of to "ofx convert".' },
  );
}

function namesOf({ manifest }: Model): { input: string; score: string; mask: string } {
  const { score, mask } = manifest.outputs;
  return { input: manifest.input.name, score: score?.name ?? '', mask: mask.name };
}

/** Only of what `ofx convert` exported is known which tensor is what. */
function checkExported(model: Model, others: readonly Precision[]): void {
  const { outputs, name } = model.manifest;
  const names = namesOf(model);
  if (
    names.input !== 'image' ||
    names.score !== 'score' ||
    names.mask !== 'mask' ||
    outputs.score?.kind !== 'logit' ||
    outputs.mask.kind !== 'probability'
  ) {
    throw new OfxError(
      'USAGE',
      `The model "${name}" was not exported by ofx: its network has other inputs or outputs.`,
      {
        suggestion: 'Give the checkpoint that it was made of to "ofx convert".',
      },
    );
  }
  if (others.length === 0) {
    throw new OfxError('USAGE', `"${name}" is a model already; nothing would be made of it.`, {
      suggestion: 'Say in which other precision, for example: --precision int8',
    });
  }
}
