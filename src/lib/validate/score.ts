import { AUTHENTIC, TAMPERED, TRUTH_THRESHOLD, type Label } from '../core/label.js';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { examineTruth } from '../dataset/examine-truth.js';
import type { FindingCode } from '../dataset/finding.js';
import type { Sample } from '../dataset/sample.js';
import { OfxError, toPlainError } from '../core/errors.js';
import { recogniseFormat } from '../image/decode/formats.js';
import { jpegQuality } from '../image/decode/jpeg-quality.js';
import type { RgbImage } from '../image/decode/index.js';
import { encodeMask } from '../image/encode.js';
import { readGroundTruth, type GreyImage, type GroundTruth } from '../image/ground-truth.js';
import { resizeMap, type ProbabilityMap } from '../image/probability-map.js';
import { segment } from '../image/segment.js';
import { readInput } from '../files/read.js';
import { resizeNearestOpenCv } from '../image/resize.js';
import { DEFAULT_LIMITS, type ImageLimits } from '../image/decode/samples.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { countPixels, measurePixels, type PixelEvidence } from '../metrics/measure-pixels.js';
import { PROTOCOL_THRESHOLD } from '../metrics/macro.js';
import { PixelHistogram } from '../metrics/pixel-histogram.js';
import type { ThresholdSet } from '../metrics/thresholds.js';
import { measureTrufor } from '../metrics/trufor.js';
import type { Scoring } from '../predict/scoring.js';
import { regionStandsOut } from '../predict/verdict.js';
import type { MapSource } from './map-source.js';
import type { SampleRecord } from '../run/sample-record.js';
import { panelTiles, type PanelTiles } from '../report/panel-tiles.js';

/** Where probability map and ground truth meet. */
export const SCORE_AT = ['network', 'image'] as const;
export type ScoreAt = (typeof SCORE_AT)[number];

export interface ScoreOptions extends Scoring {
  scoreAt: ScoreAt;
  /** Thresholds at which exact counts are taken. */
  thresholds: ThresholdSet;
  /** A ground truth of another size than its image is an error. */
  strict: boolean;
  /** Keep what a panel needs. */
  panels: boolean;
  /** Keep what the bare mask needs, too. */
  masks?: boolean;
  /** Keep the probability map. */
  saveMaps?: boolean;
  maskThreshold: number;
  limits: Partial<ImageLimits>;
  /** Changes the photo, and maybe its size, before the network sees it. */
  distort?: (image: RgbImage, name: string) => Promise<RgbImage>;
}

export interface ScoredSample {
  record: SampleRecord;
  tiles: PanelTiles | null;
  /** Where maps are kept. */
  map?: ProbabilityMap;
  /** Draws the bare prediction mask at the image's size as PNG; undefined where none is asked for. */
  mask?: (() => Promise<Buffer>) | undefined;
}

/** ObjectFormer's published script counts only full white as tampered. */
const FULL_WHITE = 255;

/** Runs samples through the network and measures what comes out against their ground truth. */
export class SampleScorer {
  readonly #histogram = new PixelHistogram();

  constructor(
    private readonly source: MapSource,
    private readonly options: ScoreOptions,
  ) {}

  /** A sample that cannot be read or scored gives a record of its own kind; what would fail every sample is thrown. */
  async score(sample: Sample, signal?: AbortSignal): Promise<ScoredSample> {
    try {
      return await this.#score(sample, signal);
    } catch (error) {
      if (!isAboutSample(error)) throw error;
      const { name, label, category } = sample;
      return {
        record: { kind: 'failed', image: name, label, category, error: toPlainError(error) },
        tiles: null,
      };
    }
  }

  async #score(sample: Sample, signal: AbortSignal | undefined): Promise<ScoredSample> {
    const { limits, strict, panels, masks, maskThreshold, distort, tile, mirror } = this.options;
    // Read at the same time, and told after what is wrong with the image itself.
    const readTruth = readTruthOf(sample, limits);
    readTruth.catch(() => undefined);
    const look = await this.source.look(
      sample,
      { limits, tile, mirror, change: distort && ((image) => distort(image, sample.name)) },
      signal,
    );
    const { image, decoded, score, rawScore, map, logits } = look;
    const original = await readTruth;
    const truth = original && resizedWith(original.grey, decoded, image);
    const odd = truth ? examineTruth(truth, image) : [];
    if (strict && odd.includes('size-differs')) throw sizeDiffers(truth!, image);

    const label = sample.label ?? (odd.includes('empty-truth') ? AUTHENTIC : TAMPERED);
    const measured = this.#measure(label, truth, image, map);
    const findings = label === AUTHENTIC ? [] : [...odd, ...measured.findings];
    findings.push(...look.findings);
    const { width, height } = image;
    const standsOut = regionStandsOut(
      segment(map, width, height, { threshold: maskThreshold }).regions,
      image,
    );
    if (Math.max(width, height) < map.width) findings.push('small-image');
    return {
      record: {
        kind: 'scored',
        evidence: { image: sample.name, label, score, rawScore, logits, standsOut, ...measured.evidence },
        width,
        height,
        ms: look.ms,
        imageSha256: look.sha256,
        maskSha256: original && original.sha256,
        findings,
        category: sample.category,
        ...(await fileFacts(sample.image)),
      },
      tiles: panels
        ? await panelTiles(image, label === AUTHENTIC ? null : truth, map, maskThreshold, look.strokes)
        : null,
      ...(this.options.saveMaps && { map }),
      // Without the photo's pixels, which would wait in memory for their turn.
      mask: panels && masks ? () => drawMask(map, { width, height }, maskThreshold) : undefined,
    };
  }

  #measure(
    label: Label,
    truth: GreyImage | null,
    image: { width: number; height: number },
    map: ProbabilityMap,
  ): {
    evidence: Pick<ImageEvidence, 'pixel' | 'pixelGap' | 'objectformer' | 'trufor'>;
    findings: FindingCode[];
  } {
    const none = { pixel: null, objectformer: null, trufor: null };
    if (label === TAMPERED && !truth) return { evidence: { ...none, pixelGap: 'no-truth' }, findings: [] };
    // Authentic images count as all zero, whatever their file says.
    const grey =
      label === TAMPERED && truth ? truth : { ...image, data: new Uint8Array(image.width * image.height) };
    const atNetwork = resizeNearestOpenCv(grey.data, grey.width, grey.height, map.width, map.height);
    const truthAtImage = positives(grey.data);
    const needsImageSize = label === TAMPERED || this.options.scoreAt === 'image';
    const mapAtImage = needsImageSize ? resizeMap(map, grey.width, grey.height) : map;

    const pixel =
      this.options.scoreAt === 'image'
        ? this.#measurePixels(mapAtImage, truthAtImage)
        : this.#measurePixels(map, positives(atNetwork));
    if (label === TAMPERED && pixel.positives === 0) {
      const lost = truthAtImage.includes(1);
      return { evidence: { ...none, pixelGap: 'empty-truth' }, findings: lost ? ['lost-truth'] : [] };
    }
    const trufor =
      label === TAMPERED
        ? measureTrufor(mapAtImage.data, truthAtImage, grey.width, grey.height, this.#histogram)
        : null;
    const objectformer = countPixels(
      map.data,
      atNetwork,
      PROTOCOL_THRESHOLD,
      (value) => value === FULL_WHITE,
    );
    return { evidence: { pixel, objectformer, trufor }, findings: [] };
  }

  #measurePixels(map: ProbabilityMap, truth: Uint8Array): PixelEvidence {
    try {
      return measurePixels(map.data, truth, this.options.thresholds, this.#histogram);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new OfxError('RESULT_INVALID', `The model gave no usable map: ${error.message}.`, {
        cause: error,
      });
    }
  }
}

/** As `ofx predict` draws it where no region is too small. */
async function drawMask(map: ProbabilityMap, { width, height }: Size, threshold: number): Promise<Buffer> {
  return encodeMask(segment(map, width, height, { threshold }).mask, width, height);
}

/** A ground truth that follows its photo from one size to another. */
function resizedWith(truth: GroundTruth, photo: Size, image: Size): GroundTruth {
  if (photo.width === image.width && photo.height === image.height) return truth;
  const width = Math.max(1, Math.round((truth.width * image.width) / photo.width));
  const height = Math.max(1, Math.round((truth.height * image.height) / photo.height));
  const data = resizeNearestOpenCv(truth.data, truth.width, truth.height, width, height);
  return { width, height, data, reading: truth.reading };
}

interface Size {
  width: number;
  height: number;
}

function positives(grey: Uint8Array): Uint8Array {
  const marks = new Uint8Array(grey.length);
  for (let i = 0; i < grey.length; i++) if (grey[i]! > TRUTH_THRESHOLD) marks[i] = 1;
  return marks;
}

/** Says in an error's message that it is the ground truth that failed, not the image. */
async function readTruthOf(
  { mask }: Sample,
  limits: Partial<ImageLimits>,
): Promise<{ grey: GroundTruth; sha256: string } | null> {
  if (mask === null) return null;
  try {
    const bytes = await readInput(mask, limits.maxBytes ?? DEFAULT_LIMITS.maxBytes);
    const grey = await readGroundTruth(bytes, limits);
    return { grey, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    if (!(error instanceof OfxError)) throw error;
    const { suggestion } = error;
    throw new OfxError(error.code, `Its ground truth: ${error.message}`, {
      cause: error,
      ...(suggestion !== undefined && { suggestion }),
    });
  }
}

function sizeDiffers(truth: GreyImage, image: { width: number; height: number }): OfxError {
  return new OfxError(
    'DATASET_INVALID',
    `Its ground truth has ${truth.width} x ${truth.height} pixels, the image ${image.width} x ${image.height} (--strict).`,
  );
}

/** Up to where a JPEG file keeps its tables, behind what cameras write first. */
const HEAD_BYTES = 256 * 1024;

/** What a file's first bytes tell of how it was saved. */
async function fileFacts(file: string): Promise<{ format: string | null; jpegQuality: number | null }> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return { format: null, jpegQuality: null };
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const format = recogniseFormat(head)?.name ?? null;
    return { format, jpegQuality: format === 'JPEG' ? jpegQuality(head) : null };
  } finally {
    await handle.close();
  }
}

/** Bad input fails one sample; a full disk, a broken model or a defect would fail them all. */
function isAboutSample(error: unknown): boolean {
  return error instanceof OfxError && error.scope === 'image';
}
