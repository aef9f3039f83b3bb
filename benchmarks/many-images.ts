/**
 * What a run of many images takes: records are made up and folded as `ofx validate` folds them, then written with charts and page.
 *
 *     node --import tsx benchmarks/many-images.ts [images, e.g. 100000]
 *
 * Prints the memory after each tenth, at the end, and the size of the report.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TAMPERED, type Label } from '../src/lib/core/label.js';
import { headlinePath, METRIC_DEFINITIONS } from '../src/lib/metrics/definitions.js';
import { countPixels, measurePixels } from '../src/lib/metrics/measure-pixels.js';
import { PixelHistogram } from '../src/lib/metrics/pixel-histogram.js';
import { hashText, seededRandom } from '../src/lib/metrics/random.js';
import { countedThresholds, type MetricSettings } from '../src/lib/metrics/run-metrics.js';
import { sweepThresholds } from '../src/lib/metrics/thresholds.js';
import type { SampleRecord } from '../src/lib/run/sample-record.js';
import { nestMetrics } from '../src/lib/run/summary.js';
import { completeRun } from '../src/lib/validate/complete.js';
import { ValidationFold } from '../src/lib/validate/fold.js';
import { madeUpRecord } from '../test/support/run-record.js';

const count = Number(process.argv[2] ?? 100_000);
const SIDE = 8;
const KINDS = ['splice', 'copy-move', 'removal'];
const settings: MetricSettings = {
  scoreThreshold: 0.5,
  maskThreshold: 0.5,
  sweep: sweepThresholds(),
  seed: 1,
};
const thresholds = countedThresholds(settings);
const histogram = new PixelHistogram();

function recordOf(index: number): SampleRecord {
  const image = `images/${String(index).padStart(6, '0')}.png`;
  const random = seededRandom(hashText(image));
  const label: Label = index % 2 === 0 ? 1 : 0;
  const grey = new Uint8Array(SIDE * SIDE).map((_, pixel) =>
    label === TAMPERED && pixel < (SIDE * SIDE) / 2 ? 255 : 0,
  );
  const map = Float32Array.from(grey, (value) => random() * 0.7 + (value > 0 ? 0.3 : 0));
  const score = Math.min(1, random() * 0.7 + label * 0.3);
  return {
    kind: 'scored',
    evidence: {
      image,
      label,
      score,
      rawScore: score,
      logits: { network: score },
      pixel: measurePixels(map, grey, thresholds, histogram),
      objectformer: countPixels(map, grey, 0.5, (value) => value === 255),
      trufor: label === TAMPERED ? { f1: random(), bestF1: 1 } : null,
    },
    width: SIDE,
    height: SIDE,
    ms: 5,
    imageSha256: String(index),
    maskSha256: null,
    findings: [],
    format: 'PNG',
    jpegQuality: null,
    category: label === TAMPERED ? KINDS[(index / 2) % KINDS.length]! : null,
  };
}

async function* records(): AsyncGenerator<SampleRecord> {
  for (let index = 0; index < count; index++) {
    if (index % 1000 === 0) await new Promise(setImmediate);
    yield recordOf(index);
  }
}

const megabytes = (): string => `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`;
const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-many-'));
try {
  const started = Date.now();
  const fold = new ValidationFold(settings);
  let done = 0;
  for await (const record of records()) {
    fold.add(record);
    if (++done % (count / 10) === 0) console.log(`${done} images: ${megabytes()}`);
  }
  const result = fold.result();
  console.log(`numbers: ${megabytes()}`);
  const headline = headlinePath('macro');
  const { metrics } = result.metrics;
  const summary = {
    ...madeUpRecord(folder, 2).summary,
    headline: { path: headline, title: METRIC_DEFINITIONS[headline].title, ...metrics[headline] },
    metrics: nestMetrics(metrics),
    confusion: result.metrics.confusion,
    failed: [],
  };
  await completeRun(summary, result, { folder, settings, records, charts: true });
  const { size } = await stat(path.join(folder, 'report.html'));
  console.log(`written: ${megabytes()}, report ${(size / 1e6).toFixed(1)} MB`);
  const { maxRSS } = process.resourceUsage();
  console.log(`peak ${(maxRSS / 1e3).toFixed(0)} MB, ${((Date.now() - started) / 1000).toFixed(0)} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
