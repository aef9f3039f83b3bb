import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inputShape } from '../model/input-shape.js';
import { IMAGENET_NORMALISATION, type Precision } from '../model/manifest.js';
import type { CheckpointEvent, ConvertEvent, PixelsEvent, QuantisedEvent } from '../python/events.js';
import { runScript } from '../python/script.js';
import type { Outputs } from './parity.js';
import type { CalibrationPhotos } from './calibration.js';
import { archArgs } from './own-network.js';
import type { ConvertRequest } from './request.js';
import { parityTensors, type ParityInputs } from './parity-inputs.js';
import type { ConvertReport } from './result.js';
import type { Steps } from './steps.js';

/** What Python does: it exports the network, and says what PyTorch makes of the inputs. */

export interface ExportRun {
  request: ConvertRequest;
  sizes: readonly number[];
  python: string;
  draft: string;
  /** What the file is called that holds the weights. */
  dataFile: string;
  inputs: ParityInputs;
  /** Besides float32. */
  precisions: readonly Precision[];
  calibration: CalibrationPhotos | undefined;
  signal: AbortSignal | undefined;
}

/** What Python told. */
export interface Exported {
  described: CheckpointEvent;
  /** Of every size, against OpenCV. */
  pixels: PixelsEvent[];
  /** Where int8 was asked for. */
  quantised: QuantisedEvent | undefined;
}

/** Lets Python export every size into the draft, and write there what PyTorch makes of the inputs. */
export async function exportAll(
  { request, sizes, python, draft, dataFile, inputs, precisions, calibration, signal }: ExportRun,
  steps: Steps,
): Promise<Exported> {
  for (const size of sizes) {
    const tensors = parityTensors(inputs, size, request.fit);
    const shapes = tensors.map(({ width, height }) => [height, width]);
    await writeFile(path.join(draft, `${size}.shapes.json`), JSON.stringify(shapes));
    const photos = inputs.photos.map(({ name, file, image }) => {
      const { width, height } = inputShape(image, size, { fit: request.fit ?? 'stretch' }).covered;
      return { name, file, width, height };
    });
    await writeFile(
      path.join(draft, `${size}.photos.json`),
      JSON.stringify({ photos, ...IMAGENET_NORMALISATION }),
    );
    await writeFile(
      path.join(draft, `${size}.input.f32`),
      Buffer.concat(tensors.map(({ data }) => asBytes(data))),
    );
  }
  if (calibration && precisions.includes('int8')) await writeCalibration(calibration, sizes, draft);
  const told = new ToldBySearch(steps);
  let described: CheckpointEvent | undefined;
  const pixels: PixelsEvent[] = [];
  await runScript({
    python,
    script: 'convert.py',
    args: [
      request.checkpoint,
      '--folder',
      draft,
      ...sizes.flatMap((size) => ['--size', String(size)]),
      '--data',
      dataFile,
      ...(request.weights === undefined ? [] : [`--weights=${request.weights}`]),
      ...archArgs(request.own),
      ...precisionArgs({ request, precisions }),
    ],
    temporary: draft,
    onEvent: (event) => {
      if (event.event === 'checkpoint') described = event;
      if (event.event === 'pixels') pixels.push(event);
      else told.hear(event);
    },
    signal,
  });
  if (!described) throw new Error('convert.py told nothing of the checkpoint.');
  return { described, pixels, quantised: told.quantised };
}

export type AddedRun = Pick<
  ExportRun,
  'request' | 'python' | 'draft' | 'dataFile' | 'precisions' | 'calibration' | 'signal'
> & {
  /** Float32's files, by size. */
  sources: ReadonlyMap<number, string>;
};

/** Lets Python make other precisions of files that were exported before. */
export async function addAll(
  { request, sources, python, draft, dataFile, precisions, calibration, signal }: AddedRun,
  steps: Steps,
): Promise<QuantisedEvent | undefined> {
  if (calibration && precisions.includes('int8'))
    await writeCalibration(calibration, [...sources.keys()], draft);
  const told = new ToldBySearch(steps);
  await runScript({
    python,
    script: 'add_precisions.py',
    args: [
      '--folder',
      draft,
      ...[...sources].flatMap(([size, file]) => ['--source', `${size}=${file}`]),
      '--data',
      dataFile,
      ...precisionArgs({ request, precisions }),
    ],
    temporary: draft,
    onEvent: (event) => {
      told.hear(event);
    },
    signal,
  });
  return told.quantised;
}

/** What both scripts take. */
function precisionArgs({ request, precisions }: Pick<ExportRun, 'request' | 'precisions'>): string[] {
  const { fit, threads, reduceRange } = request;
  return [
    ...(fit === undefined ? [] : ['--fit', fit]),
    '--threads',
    String(threads),
    ...precisions.flatMap((precision) => ['--precision', precision]),
    ...(reduceRange === undefined ? [] : ['--reduce-range', reduceRange ? 'yes' : 'no']),
  ];
}

async function writeCalibration(
  calibration: CalibrationPhotos,
  sizes: readonly number[],
  draft: string,
): Promise<void> {
  for (const size of sizes) {
    const file = path.join(draft, `${size}.calibration.f32`);
    for (const { data } of calibration.tensors(size)) await appendFile(file, asBytes(data));
  }
}

/** Counts what Python tells, and keeps the table of the search for int8. */
class ToldBySearch {
  quantised: QuantisedEvent | undefined;
  #searched = 0;

  constructor(private readonly steps: Steps) {}

  hear(event: ConvertEvent): void {
    if (event.event === 'warning') this.steps.warn(event.message);
    else if (event.event === 'quantised') this.quantised = event;
    else if (event.event === 'search') {
      // How many nodes are tried is known with the first.
      if (this.#searched === 0) this.steps.add(event.total);
      for (; this.#searched < event.done; this.#searched++) this.steps.done();
    } else if (event.event !== 'done') this.steps.done();
  }
}

/** The table of the search, as reports have it. */
export function withoutEvent(quantised: QuantisedEvent): NonNullable<ConvertReport['int8']> {
  const search: Partial<QuantisedEvent> = { ...quantised };
  delete search.event;
  return search as NonNullable<ConvertReport['int8']>;
}

/** What PyTorch made of the inputs, as `python/convert.py` wrote it: the truth, in float64, and its own float32. */
export async function readReference(
  draft: string,
  size: number,
): Promise<{ truth: Outputs<Float64Array>; pytorch: Outputs }> {
  const read = async (name: string): Promise<ArrayBuffer> => {
    const bytes = await readFile(path.join(draft, `${size}.${name}`));
    // A copy: the bytes of a small file lie anywhere in a pool, not at a multiple of their width.
    return new Uint8Array(bytes).buffer;
  };
  return {
    truth: {
      scores: new Float64Array(await read('score.f64')),
      maps: new Float64Array(await read('mask.f64')),
    },
    pytorch: {
      scores: new Float32Array(await read('score.f32')),
      maps: new Float32Array(await read('mask.f32')),
    },
  };
}

function asBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
