import { pMapIterable } from 'p-map';
import type { RgbImage } from '../image/decode/index.js';
import { meanWithMirrored, mirror } from '../image/mirror.js';
import { meanMap, type ProbabilityMap } from '../image/probability-map.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { eachWindow, planWindows, WindowBlend, windowPixels } from '../image/windows.js';
import { inputShape, padToShape, type InputShape } from './input-shape.js';
import type { ModelReference } from './catalogue.js';
import { checkExternalFiles } from './external-files.js';
import { resolveNetwork, type Network, type NetworkChoice } from './network.js';
import { OnnxPool, type OnnxPoolOptions } from './onnx-session.js';
import { checkOutputs, readOutputs } from './outputs.js';
import { scoreLogit, type ScoreOutput } from './probability.js';

export interface DetectorOptions extends NetworkChoice, OnnxPoolOptions {}

/** Windows that an image was looked at through. */
export interface SeenWindows {
  count: number;
  /** Of each, in pixels of the image. */
  side: number;
  /** Whether the score is that of a window, and not that of the whole. */
  decided: boolean;
}

/** What the network says about one image. */
export interface Detection {
  /** What it says of the image as a whole, before any temperature. */
  output: ScoreOutput;
  /** Probability of manipulation, at the size at which the network sees the image; of windows, at that of all of them together. */
  map: ProbabilityMap;
  /** The windows that it was also looked at through. */
  windows?: SeenWindows;
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
    if (reference.kind === 'onnx') await checkExternalFiles(reference.file);
    let pool = reference.kind === 'onnx' ? new OnnxPool(reference.file, options) : undefined;
    try {
      const network = await resolveNetwork(reference, options, () => pool!.describe());
      if (pool === undefined) await checkExternalFiles(network.file);
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
    const { shape, resized } = this.#fit(image);
    return this.#look(resized, shape, started, signal);
  }

  /**
   * Scores an image and its mirror image, for twice the cost, and gives the mean of both: of logits where the network gives them
   * as its score, else of probabilities, and of the probabilities of each pixel.
   */
  async detectBothWays(image: RgbImage, signal?: AbortSignal): Promise<Detection> {
    const started = performance.now();
    const { shape, resized } = this.#fit(image);
    const straight = this.#look(resized, shape, started, signal);
    const turned = performance.now();
    // What is mirrored is the image, and not the padding beside it.
    const mirrored = this.#look(mirror(resized, shape.covered.width, 3), shape, turned, signal);
    const [one, other] = await Promise.all([straight, mirrored]);
    return {
      output: { kind: one.output.kind, value: (one.output.value + other.output.value) / 2 },
      map: meanWithMirrored(one.map, other.map),
      timingsMs: {
        preprocess: one.timingsMs.preprocess + other.timingsMs.preprocess,
        inference: one.timingsMs.inference + other.timingsMs.inference,
      },
    };
  }

  /** The image at the size at which the network sees it. */
  #fit(image: RgbImage): { shape: InputShape; resized: Uint8Array } {
    const shape = inputShape(image, this.network.identity.inputSize, this.network.input);
    const { covered } = shape;
    const fits = image.width === covered.width && image.height === covered.height;
    const resized = fits ? image.data : resizeLinearOpenCv(image, covered.width, covered.height);
    return { shape, resized };
  }

  async #look(
    resized: Uint8Array,
    shape: InputShape,
    started: number,
    signal: AbortSignal | undefined,
  ): Promise<Detection> {
    const { mean, std } = this.network.input;
    const pixels = padToShape(resized, shape);
    const tensor = toTensor(pixels, mean, std, this.#takeSpare(pixels.length));
    const preprocess = performance.now() - started;
    const { inference, ...detection } = await this.#run(tensor, shape, signal, { lend: true });
    return { ...detection, timingsMs: { preprocess, inference } };
  }

  /**
   * Scores an image as {@link detect} does, and looks at a large one through windows as well ({@link planWindows}). The map is the
   * mean of what the whole and the windows say. The score is the whole's, or that of the window with the largest where it is
   * larger even after the logarithm of their number is taken off its log-odds: who looks N times finds something by chance
   * N times as often. `onWindow` is told how many windows are done, of how many.
   */
  async detectWindows(
    image: RgbImage,
    signal?: AbortSignal,
    onWindow?: (done: number, total: number) => void,
  ): Promise<Detection> {
    const whole = await this.detect(image, signal);
    const side = this.network.identity.inputSize;
    const grid = planWindows(image.width, image.height, side);
    if (!grid) return whole;
    const { mean, std } = this.network.input;
    const blend = new WindowBlend(grid);
    const count = grid.columns.length * grid.rows.length;
    const timingsMs = { ...whole.timingsMs };
    const windows = pMapIterable(
      eachWindow(grid),
      async (window) => {
        const started = performance.now();
        const pixels = windowPixels(image, grid, window);
        const tensor = toTensor(pixels, mean, std, this.#takeSpare(pixels.length));
        timingsMs.preprocess += performance.now() - started;
        return { window, ...(await this.#run(tensor, square(side), signal, { lend: true })) };
      },
      { concurrency: this.concurrency + 1, backpressure: this.concurrency + 2 },
    );
    let best = -Infinity;
    let done = 0;
    // In the order of the grid, whichever is ready first: sums of floats depend on it.
    for await (const { window, output, map, inference } of windows) {
      blend.add(window, map.data);
      best = Math.max(best, scoreLogit(output));
      timingsMs.inference += inference;
      onWindow?.(++done, count);
    }
    const corrected = best - Math.log(count);
    const decided = corrected > scoreLogit(whole.output);
    return {
      output: decided ? { kind: 'logit', value: corrected } : whole.output,
      map: meanMap(whole.map, blend.map),
      windows: { count, side: Math.round((side * image.width) / grid.canvas.width), decided },
      timingsMs,
    };
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
