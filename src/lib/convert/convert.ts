import { rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { IMAGENET_NORMALISATION, MANIFEST_FILE, type Manifest, type Variant } from '../model/manifest.js';
import { hashOnnx } from '../model/onnx-hash.js';
import { OnnxPool } from '../model/onnx-session.js';
import { compareOutputs, isWithin, PARITY_TOLERANCE, type Outputs, type VariantParity } from './parity.js';
import type { CheckpointEvent } from '../python/events.js';
import { findPython } from '../python/interpreter.js';
import type { ConvertReport } from './result.js';
import { asWriteError, checkDestination, checkInput, makeDraft } from './destination.js';
import { exportAll, readReference } from './export.js';
import type { ConvertRequest } from './request.js';
import { countInputs, parityInputs, parityTensors, type ParityTensor } from './parity-inputs.js';
import { publishFolder } from '../files/publish-folder.js';

/** The sides at which images are scored and validated where nothing else is asked for. */
export const DEFAULT_SIZES: readonly number[] = [288, 380];

export interface ConvertEvents {
  onWarning?: (warning: string) => void;
  onStart?: (total: number) => void;
  onProgress?: (done: number) => void;
}

/**
 * Makes a model of a checkpoint: an ONNX file for every size, each compared with PyTorch in the runtime that ships.
 * Everything is made in a folder beside the destination, which takes its name at the very end.
 *
 * @throws {OfxError} INPUT_MISSING, CHECKPOINT_INVALID, PYTHON_MISSING, PYTHON_PACKAGE_MISSING, PARITY_FAILED,
 *   OUTPUT_UNWRITABLE, IO_FAILED
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
  const name = request.name ?? path.basename(out);
  checkName(name);
  await checkInput(checkpoint);
  await checkDestination(out, force);
  const python = await findPython(request.python, { signal });
  const inputs = await parityInputs();

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
    const step = (): void => events.onProgress?.(++done);
    // Reading the checkpoint, then for every size the export and each input in PyTorch and in ONNX Runtime.
    events.onStart?.(1 + sizes.length * (1 + 2 * countInputs(inputs)));
    const warnings: string[] = [];
    const warn = (warning: string): void => {
      warnings.push(warning);
      events.onWarning?.(warning);
    };
    const dataFile = `${name}.onnx.data`;
    const described = await exportAll(
      { request, sizes, python: python.executable, draft, dataFile, inputs, signal },
      step,
      warn,
    );

    const variants: Variant[] = [];
    const parities: VariantParity[] = [];
    for (const size of sizes) {
      const file = path.join(draft, `${size}.onnx`);
      const actual = await runOnnx(
        file,
        parityTensors(inputs, size, request.fit),
        described,
        { threads, signal },
        step,
      );
      const parity = compareOutputs(size, { ...(await readReference(draft, size)), actual }, tolerance);
      if (!isWithin(parity, tolerance)) throw notEqual(parity, tolerance);
      if (parity.pytorch.map.max > UNCERTAIN) warn(uncertain(parity));
      parities.push(parity);
    }
    await rename(path.join(draft, dataFile), path.join(model, dataFile));
    for (const size of sizes) {
      const file = `${name}-${size}.onnx`;
      await rename(path.join(draft, `${size}.onnx`), path.join(model, file));
      const content = await hashOnnx(path.join(model, file));
      variants.push({ file, inputSize: size, precision: 'fp32', ...content });
    }

    const parity = {
      tolerance,
      runtime: `onnxruntime-node ${runtimeVersion()}`,
      photos: inputs.photos.length,
      noise: inputs.noise.length,
      variants: parities,
    };
    const manifest = makeManifest(
      { name, checkpoint: path.basename(checkpoint), fit: request.fit },
      described,
      variants,
      parity,
    );
    await writeFile(path.join(model, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
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
      variants,
      parity,
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

async function runOnnx(
  file: string,
  tensors: readonly ParityTensor[],
  names: Pick<CheckpointEvent, 'input' | 'score' | 'mask'>,
  { threads, signal }: { threads: number; signal: AbortSignal | undefined },
  step: () => void,
): Promise<Outputs> {
  const pool = new OnnxPool(file, { threads, concurrency: 1 });
  try {
    const scores = new Float32Array(tensors.length);
    const maps = new Float32Array(tensors.reduce((sum, { width, height }) => sum + width * height, 0));
    let at = 0;
    for (const [index, { width, height, data }] of tensors.entries()) {
      const { values } = await pool.run(
        { input: names.input, dims: [1, 3, height, width], data, outputs: [names.score, names.mask] },
        signal,
      );
      scores.set(values[0]!, index);
      maps.set(values[1]!, at);
      at += width * height;
      step();
    }
    return { scores, maps };
  } finally {
    await pool.close();
  }
}

function makeManifest(
  { name, checkpoint, fit }: Pick<ConvertRequest, 'fit' | 'checkpoint'> & { name: string },
  { architecture, sha256, torch, exporter, opset, input, score, mask }: CheckpointEvent,
  variants: Variant[],
  parity: ConvertReport['parity'],
): Manifest {
  return {
    schemaVersion: 1,
    name,
    version: '1.0.0',
    architecture,
    input: {
      name: input,
      colour: 'RGB',
      layout: 'NCHW',
      ...IMAGENET_NORMALISATION,
      resize: 'opencv-linear',
      ...(fit === 'free' && { fit }),
    },
    outputs: { score: { name: score, kind: 'logit' }, mask: { name: mask, kind: 'probability' } },
    variants,
    provenance: {
      checkpoint: { name: checkpoint, sha256 },
      torch,
      exporter,
      opset,
    },
    parity,
  };
}

/** A name that is part of file names. */
function checkName(name: string): void {
  if (!/[\\/:*?"<>|\0]/.test(name) && name !== '') return;
  throw new OfxError('USAGE', `"${name}" is not a valid name of a model: its files are called by it.`, {
    suggestion: 'Use letters, digits, ".", "_" and "-" for --name.',
  });
}

/** Where PyTorch's own float32 results are off by more, a mask depends on which processor computes it. */
const UNCERTAIN = 1e-3;

function uncertain({ inputSize, pytorch }: VariantParity): string {
  return (
    `At size ${inputSize} PyTorch's own float32 results are off by up to ${pytorch.map.max.toExponential(1)} from float64: ` +
    'the weights may have diverged in training.'
  );
}

function notEqual(
  { inputSize, map, score, pytorch, flippedPixels }: VariantParity,
  tolerance: number,
): OfxError {
  const far = (distance: Pick<VariantParity, 'map' | 'score'>): string =>
    `${distance.map.max.toExponential(1)} in the map and ${distance.score.max.toExponential(1)} in the score`;
  return new OfxError(
    'PARITY_FAILED',
    `At size ${inputSize} the ONNX file differs from PyTorch in float64 by ${far({ map, score })}, PyTorch in float32 only by ` +
      `${far(pytorch)} (allowed: ${tolerance.toExponential()}, or twice as much as PyTorch); ${flippedPixels} pixels of the ` +
      'mask flip. Nothing was written.',
    {
      suggestion:
        'The export of this network is wrong: please report it, with the checkpoint if you may. --tolerance allows more.',
    },
  );
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}
