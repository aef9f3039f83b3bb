import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { IMAGENET_NORMALISATION, MANIFEST_FILE, type Manifest, type Variant } from '../model/manifest.js';
import { OnnxPool } from '../model/onnx-session.js';
import { compareOutputs, isWithin, PARITY_TOLERANCE, type Outputs, type VariantParity } from './parity.js';
import type { CheckpointEvent } from '../python/events.js';
import { findPython } from '../python/interpreter.js';
import { runScript } from '../python/script.js';
import type { ConvertReport } from './result.js';
import { countInputs, parityInputs, parityTensors, type ParityInputs } from './parity-inputs.js';
import { publishFolder } from '../files/publish-folder.js';

/** The sides at which images are scored and validated where nothing else is asked for. */
export const DEFAULT_SIZES: readonly number[] = [288, 380];

export interface ConvertRequest {
  checkpoint: string;
  /** The model's folder, to be made. */
  out: string;
  sizes: readonly number[];
  /** The model's name [the folder's]. */
  name?: string | undefined;
  /** An interpreter [the active virtual environment, then ofx's own]. */
  python?: string | undefined;
  threads: number;
  /** Which network of a checkpoint that holds several: an entry, a prefix of names, or both. */
  weights?: string | undefined;
  /** Replace the folder if it is a model already. */
  force: boolean;
}

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
  const { checkpoint, threads, force } = request;
  const out = path.resolve(request.out);
  const sizes = [...new Set(request.sizes)].sort((a, b) => a - b);
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
    const described = await exportAll(
      { request, sizes, python: python.executable, draft, inputs, signal },
      step,
      (warning) => {
        warnings.push(warning);
        events.onWarning?.(warning);
      },
    );

    const name = request.name ?? path.basename(out);
    const variants: Variant[] = [];
    const parities: VariantParity[] = [];
    for (const size of sizes) {
      const expected = await readReference(draft, size);
      const file = path.join(draft, `${size}.onnx`);
      const actual = await runOnnx(
        file,
        parityTensors(inputs, size),
        size,
        described,
        { threads, signal },
        step,
      );
      const parity = compareOutputs(size, expected, actual);
      if (!isWithin(parity, PARITY_TOLERANCE)) throw notEqual(parity);
      parities.push(parity);
      variants.push(await takeVariant(file, model, `${name}-${size}.onnx`, size));
    }

    const parity = {
      tolerance: PARITY_TOLERANCE,
      runtime: `onnxruntime-node ${runtimeVersion()}`,
      photos: inputs.photos.length,
      noise: inputs.noise.length,
      variants: parities,
    };
    const manifest = makeManifest(name, path.basename(checkpoint), described, variants, parity);
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

interface ExportRun {
  request: ConvertRequest;
  sizes: readonly number[];
  python: string;
  draft: string;
  inputs: ParityInputs;
  signal: AbortSignal | undefined;
}

/** Lets Python export every size into the draft, and write there what PyTorch makes of the inputs. */
async function exportAll(
  { request, sizes, python, draft, inputs, signal }: ExportRun,
  step: () => void,
  onWarning: (warning: string) => void,
): Promise<CheckpointEvent> {
  for (const size of sizes) {
    const tensors = parityTensors(inputs, size);
    await writeFile(path.join(draft, `${size}.input.f32`), Buffer.concat(tensors.map(asBytes)));
  }
  let described: CheckpointEvent | undefined;
  await runScript({
    python,
    script: 'convert.py',
    args: [
      request.checkpoint,
      '--folder',
      draft,
      ...sizes.flatMap((size) => ['--size', String(size)]),
      '--threads',
      String(request.threads),
      ...(request.weights === undefined ? [] : [`--weights=${request.weights}`]),
    ],
    onEvent: (event) => {
      if (event.event === 'warning') onWarning(event.message);
      else if (event.event !== 'done') step();
      if (event.event === 'checkpoint') described = event;
    },
    signal,
  });
  if (!described) throw new Error('convert.py told nothing of the checkpoint.');
  return described;
}

/** What PyTorch made of the inputs, as `python/convert.py` wrote it. */
async function readReference(draft: string, size: number): Promise<Outputs> {
  const read = async (what: string): Promise<Float32Array> => {
    const bytes = await readFile(path.join(draft, `${size}.${what}.f32`));
    // A copy: the bytes of a small file lie anywhere in a pool, not at a multiple of four.
    return new Float32Array(new Uint8Array(bytes).buffer);
  };
  return { scores: await read('score'), maps: await read('mask') };
}

async function runOnnx(
  file: string,
  tensors: readonly Float32Array[],
  size: number,
  names: Pick<CheckpointEvent, 'input' | 'score' | 'mask'>,
  { threads, signal }: { threads: number; signal: AbortSignal | undefined },
  step: () => void,
): Promise<Outputs> {
  const pool = new OnnxPool(file, { threads, concurrency: 1 });
  try {
    const scores = new Float32Array(tensors.length);
    const maps = new Float32Array(tensors.length * size * size);
    for (const [index, data] of tensors.entries()) {
      const { values } = await pool.run(
        { input: names.input, dims: [1, 3, size, size], data, outputs: [names.score, names.mask] },
        signal,
      );
      scores.set(values[0]!, index);
      maps.set(values[1]!, index * size * size);
      step();
    }
    return { scores, maps };
  } finally {
    await pool.close();
  }
}

/** Moves an ONNX file into the model's folder. */
async function takeVariant(from: string, model: string, file: string, inputSize: number): Promise<Variant> {
  await rename(from, path.join(model, file));
  const content = await readFile(path.join(model, file));
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { file, inputSize, precision: 'fp32', sha256, bytes: content.length };
}

function makeManifest(
  name: string,
  checkpoint: string,
  { architecture, sha256, torch, exporter, opset, input, score, mask }: CheckpointEvent,
  variants: Variant[],
  parity: ConvertReport['parity'],
): Manifest {
  return {
    schemaVersion: 1,
    name,
    version: '1.0.0',
    architecture,
    input: { name: input, colour: 'RGB', layout: 'NCHW', ...IMAGENET_NORMALISATION, resize: 'opencv-linear' },
    outputs: { score: { name: score, kind: 'logit' }, mask: { name: mask, kind: 'probability' } },
    variants,
    provenance: {
      checkpoint: { name: checkpoint, sha256 },
      torch,
      exporter,
      opset,
      date: new Date().toISOString(),
    },
    parity,
  };
}

function notEqual({ inputSize, map, score, flippedPixels }: VariantParity): OfxError {
  return new OfxError(
    'PARITY_FAILED',
    `At size ${inputSize} the ONNX file differs from PyTorch by ${map.max.toExponential(1)} in the map and ` +
      `${score.max.toExponential(1)} in the score (allowed: ${PARITY_TOLERANCE.toExponential()}); ${flippedPixels} pixels of the mask flip. ` +
      'Nothing was written.',
    {
      suggestion:
        'Either the network’s own float32 results are that uncertain (weights that had diverged), or the export is wrong: please report it.',
    },
  );
}

/** @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE */
async function checkInput(checkpoint: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(checkpoint)).isFile();
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    throw new OfxError(
      missing ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      missing
        ? `There is no checkpoint ${checkpoint}.`
        : `Cannot look at ${checkpoint} (${systemCode(error) ?? 'unknown error'}).`,
      { cause: error },
    );
  }
  if (!isFile)
    throw new OfxError('CHECKPOINT_INVALID', `${checkpoint} is not a file.`, {
      suggestion: 'Name the checkpoint’s file.',
    });
}

/** Refuses a folder that holds something which is not a model, or a model without `force`. */
async function checkDestination(out: string, force: boolean): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `${out} cannot be a model’s folder (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Choose another --out.',
        cause: error,
      },
    );
  }
  if (names.length === 0) return;
  if (!names.includes(MANIFEST_FILE)) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `The folder ${out} exists, and holds something that is not a model.`,
      {
        suggestion: 'Choose another --out.',
      },
    );
  }
  if (!force) {
    throw new OfxError('OUTPUT_UNWRITABLE', `The model ${out} exists.`, {
      suggestion: 'Replace it with --force, or choose another --out.',
    });
  }
}

/** A folder beside the destination, so that taking its name is one step. */
async function makeDraft(out: string): Promise<string> {
  try {
    await makeFolder(path.dirname(out));
    return await mkdtemp(path.join(path.dirname(out), `.${path.basename(out)}-`));
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `Cannot write beside ${out} (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Choose an --out in a place that you may write to.',
        cause: error,
      },
    );
  }
}

/** A full disk, or a mount that went away. */
function asWriteError(error: unknown, out: string): unknown {
  const code = systemCode(error);
  if (error instanceof OfxError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new OfxError('IO_FAILED', `Writing ${out} failed half-way (${code}); nothing was left there.`, {
    suggestion: 'Free some space or check the disk, then run the same command again.',
    cause: error,
  });
}

function asBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}
