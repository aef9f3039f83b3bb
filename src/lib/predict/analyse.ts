import { decodeImage } from '../image/decode/index.js';
import type { ImageLimits } from '../image/decode/samples.js';
import { encodeNpy } from '../image/npy.js';
import type { RenderOptions, Rendering } from '../image/render.js';
import { RenderPool } from '../image/render-pool.js';
import type { ModelReference } from '../model/catalogue.js';
import { Detector, type Detection, type DetectorOptions } from '../model/detector.js';
import type { TestScores } from '../model/manifest.js';
import type { Prediction, Tested } from './result.js';

/** What is asked about an image. */
export interface AnalysisOptions extends Pick<RenderOptions, 'minArea' | 'mask' | 'overlay'> {
  /** The model's own where it is left out. */
  scoreThreshold?: number | undefined;
  maskThreshold?: number | undefined;
  /** Look at the image through windows at full resolution, instead of resizing it. */
  tile?: boolean | undefined;
  /** The probability map as it is as `.npy`, or at the image's size as 16-bit grey PNG. */
  probability?: 'npy' | 'png' | undefined;
  limits?: Partial<ImageLimits> | undefined;
}

export interface Analysis {
  prediction: Prediction;
  /** The files asked for, encoded. */
  files: { mask?: Uint8Array; probability?: Uint8Array; overlay?: Uint8Array };
}

/** The one way from an image's bytes to a verdict, for `ofx predict` and `ofx serve` alike. */
export class Analyser {
  readonly #renderer = new RenderPool();

  private constructor(readonly detector: Detector) {}

  /** @throws {OfxError} as {@link Detector.open} */
  static async open(reference: ModelReference, options: DetectorOptions): Promise<Analyser> {
    return new Analyser(await Detector.open(reference, options));
  }

  /**
   * @param name - what the result calls the image
   * @param source - a path, or the bytes of a file
   * @throws {OfxError} as `decodeImage`, for bad input
   */
  async analyse(
    name: string,
    source: string | Uint8Array,
    options: AnalysisOptions,
    signal?: AbortSignal,
  ): Promise<Analysis> {
    const started = performance.now();
    const image = await decodeImage(source, options.limits);
    const decode = performance.now() - started;
    const { width, height } = image;

    const detection = options.tile
      ? await this.detector.detectWindows(image, signal)
      : await this.detector.detect(image, signal);
    const { thresholds, identity, testScores } = this.detector.network;
    const maskThreshold = options.maskThreshold ?? thresholds.mask;
    const scoreThreshold = options.scoreThreshold ?? thresholds.score;

    const probability = options.probability === 'npy' ? encodeNpy(detection.map) : undefined;
    const rendering = await this.#renderer.render(
      detection.map,
      image,
      renderOptions(options, maskThreshold),
      signal,
    );
    const files = pickFiles(rendering);
    if (probability) files.probability = probability;

    const prediction: Prediction = {
      image: name,
      width,
      height,
      tampered: detection.score > scoreThreshold,
      score: detection.score,
      scoreThreshold,
      maskThreshold,
      tamperedFraction: rendering.tamperedFraction,
      regions: rendering.regions,
      outputs: {},
      model: identity,
      // The test photos were not looked at through windows.
      ...(testScores && !options.tile && { tested: standing(detection.rawScore, testScores) }),
      timingsMs: {
        decode,
        ...detection.timingsMs,
        ...rendering.timingsMs,
        total: performance.now() - started,
      },
      warnings: [...image.warnings, ...(options.tile ? [aboutWindows(detection, identity.inputSize)] : [])],
    };
    return { prediction, files };
  }

  async close(): Promise<void> {
    await Promise.all([this.detector.close(), this.#renderer.close()]);
  }
}

/** Where a score, before any temperature, stands among those of test photos. */
function standing(score: number, { data, tampered, authentic }: TestScores): Tested {
  const among = (scores: readonly number[]): Tested['tampered'] => ({
    photos: scores.length,
    atLeast: scores.filter((other) => other >= score).length,
  });
  return { data, tampered: among(tampered), authentic: among(authentic) };
}

function aboutWindows({ windows }: Detection, side: number): string {
  return windows === undefined
    ? `Smaller than a window of ${side}x${side}: resized to it, as without --tile.`
    : `Seen through ${windows} windows of ${side}x${side} at full resolution; the score is the largest of theirs.`;
}

function renderOptions(options: AnalysisOptions, maskThreshold: number): RenderOptions {
  return {
    maskThreshold,
    minArea: options.minArea,
    mask: options.mask ?? false,
    overlay: options.overlay,
    probability: options.probability === 'png',
  };
}

function pickFiles({ mask, probability, overlay }: Rendering): Analysis['files'] {
  return { ...(mask && { mask }), ...(probability && { probability }), ...(overlay && { overlay }) };
}
