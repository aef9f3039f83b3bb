import type { RgbImage } from '../image/decode.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import type { ModelReference } from './catalogue.js';
import { resolveNetwork, type Network, type NetworkChoice } from './network.js';
import { OnnxPool, type OnnxPoolOptions } from './onnx-session.js';
import { scoreProbability, sigmoidInPlace } from './probability.js';

export interface DetectorOptions extends NetworkChoice, OnnxPoolOptions {}

/** What the network says about one image. */
export interface Detection {
  /** Probability that the image is manipulated, after the temperature. */
  score: number;
  /** The same before the temperature. */
  rawScore: number;
  /** Probability of manipulation at the network's side, (S, S). */
  map: ProbabilityMap;
  timingsMs: { preprocess: number; inference: number };
}

/** A network that is ready to score images. */
export class Detector {
  private constructor(
    readonly network: Network,
    private readonly pool: OnnxPool,
  ) {}

  /**
   * Opens the network that a reference and a size stand for, and loads it.
   *
   * @throws {OfxError} SIZE_NOT_AVAILABLE, MODEL_CORRUPT, ONNX_INVALID
   */
  static async open(reference: ModelReference, options: DetectorOptions): Promise<Detector> {
    // Only a bare file has to be open before it can be understood; it is not loaded a second time.
    let pool = reference.kind === 'onnx' ? new OnnxPool(reference.file, options) : undefined;
    try {
      const network = await resolveNetwork(reference, options, () => pool!.describe());
      pool ??= new OnnxPool(network.file, options);
      await pool.describe();
      return new Detector(network, pool);
    } catch (error) {
      await pool?.close();
      throw error;
    }
  }

  /** Images that wait for their turn. */
  get queueLength(): number {
    return this.pool.queueLength;
  }

  /** Scores an image of any size. Up to `concurrency` calls run at once; more wait. */
  async detect(image: RgbImage, signal?: AbortSignal): Promise<Detection> {
    const started = performance.now();
    const { inputSize } = this.network.identity;
    const { mean, std } = this.network.input;
    const tensor = toTensor(resizeLinearOpenCv(image, inputSize, inputSize), inputSize, mean, std);
    const preprocess = performance.now() - started;
    const { inference, ...detection } = await this.detectTensor(tensor, signal);
    return { ...detection, timingsMs: { preprocess, inference } };
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
    const { input, outputs, thresholds, identity } = this.network;
    const size = identity.inputSize;
    const { values, milliseconds } = await this.pool.run(
      {
        input: input.name,
        dims: [1, 3, size, size],
        data: tensor,
        outputs: outputs.score ? [outputs.mask.name, outputs.score.name] : [outputs.mask.name],
      },
      signal,
    );
    const [mask, score] = values as [Float32Array, Float32Array | undefined];
    if (outputs.mask.kind === 'logit') sigmoidInPlace(mask);
    const output = outputs.score && score ? { kind: outputs.score.kind, value: score[0]! } : largest(mask);
    return {
      score: scoreProbability(output, thresholds),
      rawScore: scoreProbability(output, { temperature: 1 }),
      map: { width: size, height: size, data: mask },
      inference: milliseconds,
    };
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

function largest(map: Float32Array): { kind: 'probability'; value: number } {
  return { kind: 'probability', value: map.reduce((max, p) => Math.max(max, p), 0) };
}
