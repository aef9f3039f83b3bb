import { pMapIterable } from 'p-map';
import type { RgbImage } from '../image/decode/index.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { cropWindow, eachWindow, planWindows, WindowBlend } from '../image/windows.js';
import { inputShape, padToShape, type InputShape } from './input-shape.js';
import type { ModelReference } from './catalogue.js';
import { externalData } from './external-data.js';
import { resolveNetwork, type Network, type NetworkChoice } from './network.js';
import { OnnxPool, type OnnxPoolOptions } from './onnx-session.js';
import { checkOutputs, readOutputs } from './outputs.js';
import type { ScoreOutput } from './probability.js';

export interface DetectorOptions extends NetworkChoice, OnnxPoolOptions {}

/** What the network says about one image. */
export interface Detection {
  /** What it says of the image as a whole, before any temperature. */
  output: ScoreOutput;
  /** Probability of manipulation, at the size at which the network sees the image; of windows, at the image's. */
  map: ProbabilityMap;
  /** How many windows it was looked at through; undefined where the whole image was resized to the network's side. */
  windows?: number;
  timingsMs: { preprocess: number; inference: number };
}

/** A network that is ready to score images. */
export class Detector {
  /** Inputs that no session has at the moment, to be filled again. */
  readonly #spare: Float32Array[] = [];

  private constructor(
    readonly network: Network,
    private readonly pool: OnnxPool,
    private readonly concurrency: number,
  ) {}

  /**
   * Opens the network that a reference and a size stand for, and loads it.
   *
   * @throws {OfxError} SIZE_NOT_AVAILABLE, MODEL_CORRUPT, ONNX_INVALID
   */
  static async open(reference: ModelReference, options: DetectorOptions): Promise<Detector> {
    // Only a bare file has to be open before it can be understood; it is not loaded a second time.
    // Before ONNX Runtime opens what it refers to.
    if (reference.kind === 'onnx') externalData(reference.file);
    let pool = reference.kind === 'onnx' ? new OnnxPool(reference.file, options) : undefined;
    try {
      const network = await resolveNetwork(reference, options, () => pool!.describe());
      pool ??= new OnnxPool(network.file, options);
      checkOutputs(network, await pool.describe());
      return new Detector(network, pool, options.concurrency);
    } catch (error) {
      await pool?.close();
      throw error;
    }
  }

  /** Scores an image of any size. Up to `concurrency` calls run at once; more wait. */
  async detect(image: RgbImage, signal?: AbortSignal): Promise<Detection> {
    const started = performance.now();
    const { mean, std } = this.network.input;
    const shape = inputShape(image, this.network.identity.inputSize, this.network.input);
    const { covered } = shape;
    const fits = image.width === covered.width && image.height === covered.height;
    const resized = fits ? image.data : resizeLinearOpenCv(image, covered.width, covered.height);
    const pixels = padToShape(resized, shape);
    const tensor = toTensor(pixels, mean, std, this.#takeSpare(pixels.length));
    const preprocess = performance.now() - started;
    const { inference, ...detection } = await this.#run(tensor, shape, signal, { lend: true });
    return { ...detection, timingsMs: { preprocess, inference } };
  }

  /**
   * Scores an image through overlapping windows of the network's side at full resolution: nothing is resized, so that
   * traces survive which a large image loses otherwise. The score is that of the window with the largest. An image
   * smaller than a window is scored as by {@link detect}. `onWindow` is told how many windows are done, of how many.
   */
  async detectWindows(
    image: RgbImage,
    signal?: AbortSignal,
    onWindow?: (done: number, total: number) => void,
  ): Promise<Detection> {
    const side = this.network.identity.inputSize;
    const grid = planWindows(image.width, image.height, side);
    if (!grid) return this.detect(image, signal);
    const { mean, std } = this.network.input;
    const blend = new WindowBlend(image.width, image.height, grid);
    const detection: Detection = {
      output: { kind: this.network.outputs.score?.kind ?? 'probability', value: -Infinity },
      map: blend.map,
      windows: 0,
      timingsMs: { preprocess: 0, inference: 0 },
    };
    const total = [...eachWindow(grid)].length;
    const windows = pMapIterable(
      eachWindow(grid),
      async (window) => {
        const started = performance.now();
        const tensor = toTensor(cropWindow(image, window, side), mean, std, this.#takeSpare(3 * side * side));
        detection.timingsMs.preprocess += performance.now() - started;
        return { window, ...(await this.#run(tensor, square(side), signal, { lend: true })) };
      },
      { concurrency: this.concurrency + 1, backpressure: this.concurrency + 2 },
    );
    // In the order of the grid, whichever is ready first: sums of floats depend on it.
    for await (const { window, output, map, inference } of windows) {
      blend.add(window, map.data);
      detection.output.value = Math.max(detection.output.value, output.value);
      detection.timingsMs.inference += inference;
      detection.windows!++;
      onWindow?.(detection.windows!, total);
    }
    return detection;
  }

  /**
   * Scores a preprocessed image.
   *
   * @param tensor - normalised RGB, (1, 3, S, S), row-major
   */
  async detectTensor(
    tensor: Float32Array,
    signal?: AbortSignal,
  ): Promise<Omit<Detection, 'timingsMs'> & { inference: number }> {
    return this.#run(tensor, square(this.network.identity.inputSize), signal, { lend: false });
  }

  /** An input of a length that no session has at the moment; others of another photo's shape are let go. */
  #takeSpare(length: number): Float32Array | undefined {
    const spare = this.#spare.pop();
    return spare?.length === length ? spare : undefined;
  }

  async #run(
    tensor: Float32Array,
    shape: InputShape,
    signal: AbortSignal | undefined,
    options: { lend: boolean },
  ): Promise<Omit<Detection, 'timingsMs'> & { inference: number }> {
    const { input, outputs } = this.network;
    const { width, height, covered } = shape;
    const { values, milliseconds, data } = await this.pool.run(
      {
        input: input.name,
        dims: [1, 3, height, width],
        data: tensor,
        outputs: outputs.score ? [outputs.mask.name, outputs.score.name] : [outputs.mask.name],
      },
      signal,
      options,
    );
    if (data) this.#spare.push(data);
    const { score, map } = readOutputs(this.network, shape, values as [Float32Array, Float32Array?]);
    return {
      output: score,
      map: { ...covered, data: map },
      inference: milliseconds,
    };
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

function square(side: number): InputShape {
  return { width: side, height: side, covered: { width: side, height: side } };
}
