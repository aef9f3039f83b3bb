import { rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { openDataset } from '../dataset/open.js';
import { publishFolder } from '../files/publish-folder.js';
import { MANIFEST_FILE, type Precision, type Variant } from '../model/manifest.js';
import { hashOnnx } from '../model/onnx-hash.js';
import type { QuantisedEvent } from '../python/events.js';
import { findPython } from '../python/interpreter.js';
import { readCalibration } from './calibration.js';
import { asWriteError, checkDestination, checkInput, makeDraft } from './destination.js';
import { exportAll, readReference } from './export.js';
import { makeManifest } from './make-manifest.js';
import { countInputs, parityInputs, parityTensors } from './parity-inputs.js';
import { notEqual, uncertain, UNCERTAIN } from './parity-texts.js';
import { compareOutputs, isWithin, PARITY_TOLERANCE, type VariantParity } from './parity.js';
import { compareWithFloat32, countCompared } from './precisions.js';
import type { ConvertRequest } from './request.js';
import type { ConvertReport } from './result.js';
import { runOnnx } from './run-onnx.js';
import { selectVariants } from './select-variants.js';

/** What was compared and found in full, beside the manifest. */
export const PARITY_FILE = 'parity.json';

/** The sides at which images are scored and validated where nothing else is asked for. */
export const DEFAULT_SIZES: readonly number[] = [288, 380];

export interface ConvertEvents {
  onWarning?: (warning: string) => void;
  onStart?: (total: number) => void;
  /** The total may have grown. */
  onProgress?: (done: number, total: number) => void;
}

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
  const started = performance.now();
  const { checkpoint, threads, force, tolerance = PARITY_TOLERANCE } = request;
  const out = path.resolve(request.out);
  const sizes = [...new Set(request.sizes)].sort((a, b) => a - b);
  const precisions = [...new Set(request.precisions ?? ['fp32' as const])];
  const others = precisions.filter((precision) => precision !== 'fp32');
  const name = request.name ?? path.basename(out);
  checkName(name);
  await checkInput(checkpoint);
  await checkDestination(out, force);
  const python = await findPython(request.python, { signal });
  const inputs = await parityInputs();
  const warnings: string[] = [];
  const warn = (warning: string): void => {
    warnings.push(warning);
    events.onWarning?.(warning);
  };
  // What cannot be measured on is told now, not after the search for int8.
  if (request.validate !== undefined) await openDataset(request.validate);
  const calibration = others.length > 0 ? await readCalibration(request, sizes, warn, signal) : undefined;

  const draft = await makeDraft(out);
  // A second Ctrl-C ends the process at once.
  const removeDraft = (): void => {
    rmSync(draft, { recursive: true, force: true });
  };
  process.once('exit', removeDraft);
  const model = path.join(draft, 'model');
  try {
    // `mkdtemp` makes folders that only their owner may read; this one is published.
    await mkdir(model);
    let done = 0;
    // Reading the checkpoint, then for every size the export and each input in PyTorch and in ONNX Runtime; for every other
    // precision a file, and photos in it and in float32.
    const each = others.length * (1 + countCompared(calibration)) + countCompared(calibration);
    let total = 1 + sizes.length * (1 + 2 * countInputs(inputs) + each);
    events.onStart?.(total);
    const addSteps = (more: number): void => {
      total += more;
      events.onProgress?.(done, total);
    };
    const step = (more?: number): void => {
      if (more === undefined) events.onProgress?.(++done, total);
      else addSteps(more);
    };
    const { described, quantised } = await exportAll(
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
      step,
      warn,
    );

    const variants: Variant[] = [];
    const parities: VariantParity[] = [];
    const compared = new Map<number, Map<Precision, Partial<Variant>>>();
    for (const size of sizes) {
      const file = path.join(draft, `${size}.onnx`);
      const tensors = parityTensors(inputs, size, request.fit);
      const actual = await runOnnx(file, tensors, described, { threads, signal }, step);
      const parity = compareOutputs(size, { ...(await readReference(draft, size)), actual }, tolerance);
      if (!isWithin(parity, tolerance)) throw notEqual(parity, tolerance);
      if (parity.pytorch.map.max > UNCERTAIN) warn(uncertain(parity));
      parities.push(parity);
      if (!calibration) continue;
      compared.set(
        size,
        await compareWithFloat32(
          {
            draft,
            size,
            precisions: others,
            calibration,
            described,
            quantised,
            threads,
            signal,
          },
          step,
        ),
      );
    }
    for (const precision of ['fp32', ...others] as const) {
      const dataFile = dataFileOf(name, precision);
      await rename(path.join(draft, dataFile), path.join(model, dataFile));
      for (const size of sizes) {
        const suffix = precision === 'fp32' ? '' : `-${precision}`;
        const file = `${name}-${size}${suffix}.onnx`;
        await rename(path.join(draft, `${size}${suffix}.onnx`), path.join(model, file));
        const content = await hashOnnx(path.join(model, file));
        variants.push({
          file,
          inputSize: size,
          precision,
          ...content,
          ...compared.get(size)?.get(precision),
        });
      }
    }

    const parity = {
      tolerance,
      runtime: `onnxruntime-node ${runtimeVersion()}`,
      photos: inputs.photos.length,
      noise: inputs.noise.length,
      variants: parities,
    };
    const writeManifest = async (those: readonly Variant[], usual?: Precision): Promise<void> => {
      const manifest = makeManifest(
        { name, checkpoint: path.basename(checkpoint), fit: request.fit, defaultPrecision: usual },
        described,
        those,
        parity,
      );
      await writeFile(path.join(model, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    };
    await writeManifest(variants);
    const kept = await selectVariants(
      { request, model, variants, folder: path.join(draft, 'validation'), precisions, signal },
      { onWarning: warn, onTotal: addSteps, step },
    );
    const usual = kept.some(({ precision }) => precision === request.defaultPrecision)
      ? request.defaultPrecision
      : undefined;
    await writeManifest(kept, usual);
    const details = { ...parity, ...(quantised && { int8: withoutEvent(quantised) }) };
    await writeFile(path.join(model, PARITY_FILE), `${JSON.stringify(details, null, 2)}\n`);
    signal?.throwIfAborted();
    await publishFolder(model, out);
    return {
      folder: request.out,
      name,
      architecture: described.architecture,
      parameters: described.parameters,
      checkpoint: { name: path.basename(checkpoint), sha256: described.sha256 },
      python: python.executable,
      torch: described.torch,
      variants: kept,
      parity,
      ...(quantised && { int8: withoutEvent(quantised) }),
      warnings,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    throw asWriteError(error, out);
  } finally {
    await rm(draft, { recursive: true, force: true });
    process.off('exit', removeDraft);
  }
}

/** A name that is part of file names. */
function checkName(name: string): void {
  if (!/[\\/:*?"<>|\0]/.test(name) && name !== '') return;
  throw new OfxError('USAGE', `"${name}" is not a valid name of a model: its files are called by it.`, {
    suggestion: 'Use letters, digits, ".", "_" and "-" for --name.',
  });
}

/** The weights of all sizes in a precision. */
function dataFileOf(name: string, precision: Precision): string {
  return `${name}${precision === 'fp32' ? '' : `-${precision}`}.onnx.data`;
}

function withoutEvent(quantised: QuantisedEvent): NonNullable<ConvertReport['int8']> {
  const search: Partial<QuantisedEvent> = { ...quantised };
  delete search.event;
  return search as NonNullable<ConvertReport['int8']>;
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}
