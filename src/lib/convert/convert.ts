import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { openDataset } from '../dataset/open.js';
import type { Variant } from '../model/manifest.js';
import { findPython } from '../python/interpreter.js';
import { readCalibration } from './calibration.js';
import { checkDestination, checkInput } from './destination.js';
import { inDraft } from './draft.js';
import { exportAll, readReference } from './export.js';
import { makeManifest } from './make-manifest.js';
import { checkOwnNetwork } from './own-network.js';
import { countInputs, parityInputs, parityTensors } from './parity-inputs.js';
import { LayersOfSizes } from './look-at-layers.js';
import { uncertain, UNCERTAIN } from './parity-texts.js';
import { compareOutputs, PARITY_TOLERANCE, type VariantParity } from './parity.js';
import { compareWithFloat32, countCompared, type FoundPrecisions } from './precisions.js';
import { publishModel } from './publish-model.js';
import type { ConvertRequest } from './request.js';
import type { ConvertReport } from './result.js';
import { runOnnx } from './run-onnx.js';
import { Steps, type ConvertEvents } from './steps.js';
import { dataFileOf, draftFileOf, placeVariants } from './variant-files.js';

/** The sides at which images are scored and validated where nothing else is asked for. */
const DEFAULT_SIZES: readonly number[] = [288, 380];

/**
 * Makes a model of a checkpoint: an ONNX file for every size, each compared with PyTorch in the runtime that ships.
 * Everything is made in a folder beside the destination, which takes its name at the very end.
 *
 * @throws {OfxError} INPUT_MISSING, CHECKPOINT_INVALID, PYTHON_MISSING, PYTHON_PACKAGE_MISSING, PARITY_FAILED,
 *   PRECISION_FAILED, NO_IMAGES, OUTPUT_UNWRITABLE, IO_FAILED; of the data set to validate on, as `validate`
 */
export async function convert(
  request: ConvertRequest,
  events: ConvertEvents = {},
  signal?: AbortSignal,
): Promise<ConvertReport> {
  const steps = new Steps(events);
  const { checkpoint, threads, force, tolerance = PARITY_TOLERANCE } = request;
  const out = path.resolve(request.out);
  const wanted = request.sizes.length > 0 ? request.sizes : DEFAULT_SIZES;
  const sizes = [...new Set(wanted)].sort((a, b) => a - b);
  const precisions = [...new Set(request.precisions ?? ['fp32' as const])];
  const others = precisions.filter((precision) => precision !== 'fp32');
  const name = request.name ?? path.basename(out);
  checkName(name);
  await checkInput(checkpoint);
  await checkOwnNetwork(request.own);
  await checkDestination(out, force);
  const python = await findPython(request.python, { signal });
  // What cannot be measured on is told now, not after the search for int8.
  const dataset = request.validate === undefined ? undefined : await openDataset(request.validate);
  const inputs = await parityInputs(dataset);
  const calibration =
    others.length > 0 ? await readCalibration(request, sizes, steps.warn, signal) : undefined;

  return inDraft(out, async (draft) => {
    // `mkdtemp` makes folders that only their owner may read; this one is published.
    const model = path.join(draft, 'model');
    await mkdir(model);
    // Reading the checkpoint, then for every size the export and each input in PyTorch and in ONNX Runtime; for every other
    // precision a file, photos in it and in float32, and its time.
    const compared = countCompared(calibration);
    const each = others.length * (1 + compared) + (others.length > 0 ? compared + 1 : 0);
    steps.start(1 + sizes.length * (1 + 2 * countInputs(inputs) + each));
    const { described, pixels, quantised } = await exportAll(
      {
        request,
        sizes,
        python: python.executable,
        draft,
        dataFile: dataFileOf(name, 'fp32'),
        inputs,
        precisions: others,
        calibration,
        signal,
      },
      steps,
    );

    const parities: VariantParity[] = [];
    const layers = new LayersOfSizes(
      { request, python: python.executable, draft, inputs, pixels, tolerance, signal },
      steps,
    );
    const found: FoundPrecisions[] = [];
    for (const size of sizes) {
      const tensors = parityTensors(inputs, size, request.fit);
      const file = path.join(draft, draftFileOf(size, 'fp32'));
      const actual = await runOnnx(file, tensors, described, { threads, signal }, steps.done);
      const outputs = { ...(await readReference(draft, size)), actual };
      const parity = compareOutputs(size, outputs, tolerance);
      await layers.look(size, tensors, outputs, parity);
      if (parity.pytorch.map.max > UNCERTAIN) steps.warn(uncertain(parity));
      parities.push(parity);
      if (!calibration) continue;
      found.push(
        await compareWithFloat32(
          { draft, size, precisions: others, calibration, names: described, quantised, threads, signal },
          steps.done,
        ),
      );
    }
    const variants: Variant[] = [];
    for (const precision of ['fp32', ...others] as const) {
      const placed = await placeVariants({ draft, model, name }, precision, sizes);
      variants.push(...placed.map((variant, index) => ({ ...variant, ...found[index]?.get(precision) })));
    }
    const parity = {
      tolerance,
      runtime: `onnxruntime-node ${runtimeVersion()}`,
      photos: inputs.photos.length,
      noise: inputs.noise.length,
      variants: parities,
    };
    const source = { name: path.basename(checkpoint), sha256: described.sha256 };
    const { architecture, parameters, torch } = described;
    const published = await publishModel(
      {
        request,
        draft,
        model,
        variants,
        precisions,
        manifest: (those, usual) =>
          makeManifest(
            { name, checkpoint: path.basename(checkpoint), fit: request.fit, defaultPrecision: usual },
            described,
            those,
            parity,
          ),
        parity: { ...parity, layers: layers.found },
        quantised,
        page: await layers.page({ name, architecture, checkpoint: source, torch, parity }),
        signal,
      },
      steps,
    );
    return {
      folder: request.out,
      name,
      architecture,
      parameters,
      checkpoint: source,
      python: python.executable,
      torch,
      ...published,
      parity,
      layers: layers.found,
    };
  });
}

/** A name that is part of file names. */
function checkName(name: string): void {
  if (!/[\\/:*?"<>|\0]/.test(name) && name !== '') return;
  throw new OfxError('USAGE', `"${name}" is not a valid name of a model: its files are called by it.`, {
    suggestion: 'Use letters, digits, ".", "_" and "-" for --name.',
  });
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}
