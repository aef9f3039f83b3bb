import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Precision } from '../model/manifest.js';
import type { CheckpointEvent, QuantisedEvent } from '../python/events.js';
import { runScript } from '../python/script.js';
import type { Outputs } from './parity.js';
import type { Calibration } from './calibration.js';
import type { ConvertRequest } from './request.js';
import { parityTensors, type ParityInputs } from './parity-inputs.js';

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
  calibration: Calibration | undefined;
  signal: AbortSignal | undefined;
}

/** What Python told. */
export interface Exported {
  described: CheckpointEvent;
  /** Where int8 was asked for. */
  quantised: QuantisedEvent | undefined;
}

/** Lets Python export every size into the draft, and write there what PyTorch makes of the inputs. */
export async function exportAll(
  { request, sizes, python, draft, dataFile, inputs, precisions, calibration, signal }: ExportRun,
  step: (more?: number) => void,
  onWarning: (warning: string) => void,
): Promise<Exported> {
  for (const size of sizes) {
    const tensors = parityTensors(inputs, size, request.fit);
    const shapes = tensors.map(({ width, height }) => [height, width]);
    await writeFile(path.join(draft, `${size}.shapes.json`), JSON.stringify(shapes));
    await writeFile(
      path.join(draft, `${size}.input.f32`),
      Buffer.concat(tensors.map(({ data }) => asBytes(data))),
    );
    if (!calibration || !precisions.includes('int8')) continue;
    const file = path.join(draft, `${size}.calibration.f32`);
    for (const { data } of calibration.tensors(size)) await appendFile(file, asBytes(data));
  }
  let quantised: QuantisedEvent | undefined;
  let searched = 0;
  let described: CheckpointEvent | undefined;
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
      ...(request.fit === undefined ? [] : ['--fit', request.fit]),
      '--threads',
      String(request.threads),
      ...(request.weights === undefined ? [] : [`--weights=${request.weights}`]),
      ...precisions.flatMap((precision) => ['--precision', precision]),
      ...(request.reduceRange === undefined ? [] : ['--reduce-range', request.reduceRange ? 'yes' : 'no']),
    ],
    temporary: draft,
    onEvent: (event) => {
      if (event.event === 'warning') onWarning(event.message);
      else if (event.event === 'quantised') quantised = event;
      else if (event.event === 'search') {
        // How many nodes are tried is known with the first.
        if (searched === 0) step(event.total);
        for (; searched < event.done; searched++) step();
      } else if (event.event !== 'done') step();
      if (event.event === 'checkpoint') described = event;
    },
    signal,
  });
  if (!described) throw new Error('convert.py told nothing of the checkpoint.');
  return { described, quantised };
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
