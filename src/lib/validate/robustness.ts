import { TAMPERED } from '../core/label.js';
import { pMapIterable } from 'p-map';
import type { Sample } from '../dataset/sample.js';
import { distort, type Distortion } from '../image/distort.js';
import type { RgbImage } from '../image/decode/index.js';
import { bootstrapIntervals } from '../metrics/bootstrap.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { byKey, hashText, lastPart, resampleKey, seededRandom } from '../metrics/random.js';
import { countedThresholds, type MetricSettings } from '../metrics/run-metrics.js';
import { robustnessStatistic } from '../metrics/robustness.js';
import type { RobustnessRow } from '../run/robustness.js';
import type { SampleRecord } from '../run/sample-record.js';
import type { MapSource } from './map-source.js';
import { SampleScorer, type ScoreOptions } from './score.js';

/**
 * Scores a data set once for every distortion of its photos. The ground truth follows changes of size.
 *
 * @param untouched records of the photos as they are, which make the first row
 * @param onProgress samples that are finished, of all passes together
 */
export async function measureRobustness(
  source: MapSource,
  samples: readonly Sample[],
  untouched: AsyncIterable<SampleRecord>,
  options: {
    distortions: readonly Distortion[];
    settings: MetricSettings;
    score: Pick<ScoreOptions, 'scoreAt' | 'limits' | 'tile' | 'mirror'>;
    concurrency: number;
    onProgress?: ((done: number) => void) | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<RobustnessRow[]> {
  const { distortions, settings, score, concurrency, onProgress, signal } = options;
  const row = (distortion: Distortion | null, images: readonly ImageEvidence[]): RobustnessRow =>
    toRow(distortion, images, samples.length - images.length, settings);
  const rows = [row(null, inOrder(await originals(untouched, settings)))];
  let done = 0;
  for (const distortion of distortions) {
    const scorer = new SampleScorer(source, {
      ...score,
      strict: false,
      panels: false,
      thresholds: countedThresholds({ maskThreshold: settings.maskThreshold, sweep: [] }),
      maskThreshold: settings.maskThreshold,
      distort: (image, name) => distortSample(image, name, distortion, settings.seed),
    });
    const images: KeyedEvidence[] = [];
    for await (const { record } of pMapIterable(samples, (sample) => scorer.score(sample, signal), {
      concurrency,
    })) {
      if (record.kind === 'scored') images.push(keyed(record, record.evidence));
      onProgress?.(++done);
    }
    rows.push(row(distortion, inOrder(images)));
  }
  return rows;
}

/** Evidence of the run itself, its counts reduced to those thresholds that distorted photos are counted at. */
async function originals(
  records: AsyncIterable<SampleRecord>,
  settings: MetricSettings,
): Promise<KeyedEvidence[]> {
  const all = countedThresholds(settings);
  const kept = countedThresholds({ maskThreshold: settings.maskThreshold, sweep: [] }).values.map((t) =>
    all.indexOf(t),
  );
  const images: KeyedEvidence[] = [];
  for await (const record of records) {
    if (record.kind === 'failed') continue;
    const { pixel } = record.evidence;
    const counts = pixel && {
      ...pixel,
      tp: kept.map((index) => pixel.tp[index]!),
      fp: kept.map((index) => pixel.fp[index]!),
    };
    images.push(keyed(record, { ...record.evidence, pixel: counts }));
  }
  return images;
}

interface KeyedEvidence {
  key: string;
  evidence: ImageEvidence;
}

function keyed({ imageSha256 }: SampleRecord & { kind: 'scored' }, evidence: ImageEvidence): KeyedEvidence {
  return { key: resampleKey(evidence.image, imageSha256), evidence: withoutHistogram(evidence) };
}

/** Resamples are drawn by place, so places must not depend on the data set's order. */
function inOrder(images: readonly KeyedEvidence[]): ImageEvidence[] {
  return byKey(images, ({ key, evidence }) => `${key}\t${evidence.image}`).map(({ evidence }) => evidence);
}

/** Robustness asks for no curves over pixels, so none are kept in memory. */
const NO_HISTOGRAM = new Uint8Array(0);

/** The noise of an image depends on nothing but its file's name, the level and the seed. */
function distortSample(
  image: RgbImage,
  name: string,
  distortion: Distortion,
  seed: number,
): Promise<RgbImage> {
  const random = seededRandom(hashText(`${lastPart(name)} ${distortion.kind} ${distortion.level}`, seed));
  return distort(image, distortion, random);
}

function withoutHistogram(image: ImageEvidence): ImageEvidence {
  return { ...image, pixel: image.pixel && { ...image.pixel, histogram: NO_HISTOGRAM } };
}

function toRow(
  distortion: Distortion | null,
  images: readonly ImageEvidence[],
  failed: number,
  { maskThreshold, scoreThreshold, seed }: MetricSettings,
): RobustnessRow {
  const statistic = robustnessStatistic(images, { maskThreshold, scoreThreshold });
  const point = statistic(images.map(() => 1));
  const strata = images.map(({ label }) => (label === TAMPERED ? 1 : 0));
  const intervals = bootstrapIntervals(strata, statistic, { seed });
  return {
    distortion: distortion?.kind ?? 'none',
    level: distortion?.level ?? null,
    imageAuc: point.imageAuc,
    imageAucLow: intervals.imageAuc?.low ?? null,
    imageAucHigh: intervals.imageAuc?.high ?? null,
    pixelMacroF1: point.pixelMacroF1,
    pixelMacroF1Low: intervals.pixelMacroF1?.low ?? null,
    pixelMacroF1High: intervals.pixelMacroF1?.high ?? null,
    images: images.length,
    failed,
  };
}
