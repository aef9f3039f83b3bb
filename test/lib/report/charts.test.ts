import { expect } from 'chai';
import sharp from 'sharp';
import { compile } from 'vega-lite';
import type { ImageEvidence } from '../../../src/lib/metrics/evidence.js';
import { countPixels, measurePixels } from '../../../src/lib/metrics/measure-pixels.js';
import { PixelHistogram } from '../../../src/lib/metrics/pixel-histogram.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';
import { countedThresholds, RunAccumulator } from '../../../src/lib/metrics/run-metrics.js';
import { sweepThresholds } from '../../../src/lib/metrics/thresholds.js';
import { runCharts, type Chart } from '../../../src/lib/report/charts/index.js';
import { renderChart } from '../../../src/lib/report/charts/render.js';
import { textWidth } from '../../../src/lib/report/charts/text-width.js';
import { failedRow, type ImageRow } from '../../../src/lib/run/rows.js';
import { svgToRaster } from '../../../src/lib/report/raster.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { nestMetrics, type RunSummary } from '../../../src/lib/run/summary.js';

const NAMES = [
  'confusion-matrix',
  'score-histogram',
  'image-roc',
  'image-precision-recall',
  'image-thresholds',
  'reliability',
  'pixel-thresholds',
  'pixel-roc',
  'pixel-precision-recall',
  'iou-distribution',
  'iou-by-area',
  'time',
];

describe('charts of a run', () => {
  const both = runCharts(madeUpRun([0, 1]));
  const texts = (chart: Chart): string => JSON.stringify(chart.spec);

  it('are the same ones for every run', () => {
    for (const labels of [[0, 1], [0], [1]] as const) {
      expect(runCharts(madeUpRun(labels)).map(({ name }) => name)).to.deep.equal(NAMES);
    }
  });

  for (const [index, name] of NAMES.entries()) {
    it(`${name} compiles without a warning`, () => {
      const warnings: string[] = [];
      const logger = { ...silent, warn: (...message: unknown[]) => (warnings.push(message.join()), logger) };
      compile(both[index]!.spec, { logger: logger as never });
      expect(warnings).to.deep.equal([]);
    });
  }

  it('mark the best threshold, and the one in force', () => {
    const sweep = both[NAMES.indexOf('pixel-thresholds')]!;
    expect(texts(sweep))
      .to.match(/best F1 0\.\d{3} at t = 0\.\d+/)
      .and.to.contain('in force t = 0.5');
  });

  it('merge bins of few images, and draw how sure their shares are', () => {
    const reliability = JSON.parse(texts(both[NAMES.indexOf('reliability')]!)) as { layer: DrawnLayer[] };
    const bins = reliability.layer.flatMap(({ data }) => data.values).filter(({ count }) => count);
    for (const { count, tampered, lowest, highest } of bins) {
      expect(count).to.be.at.least(10);
      expect(lowest).to.be.within(0, tampered!);
      expect(highest).to.be.within(tampered!, 1);
    }
  });

  it('take no median of fewer than five images', () => {
    const run = madeUpRun([0, 1]);
    const few = { ...run, rows: run.rows.filter(({ iou }) => iou !== null).slice(0, 4) };
    const [byArea] = runCharts(few).filter(({ name }) => name === 'iou-by-area');
    expect(texts(byArea!)).to.contain('n/a: fewer than 5 tampered images');
    expect(texts(both[NAMES.indexOf('iou-by-area')]!)).to.contain('median of 3 groups');
  });

  it('show what calling every image tampered would reach', () => {
    expect(texts(both[NAMES.indexOf('image-thresholds')]!)).to.contain('F1 of calling all tampered: 0.667');
  });

  it('say n/a, and why, instead of drawing nothing', () => {
    const charts = runCharts(madeUpRun([1]));
    expect(texts(charts[NAMES.indexOf('image-roc')]!)).to.contain('n/a: no authentic image');
    const masks = runCharts(madeUpRun([0]))[NAMES.indexOf('iou-distribution')]!;
    expect(texts(masks)).to.contain('n/a: no tampered image');
  });

  it('can be drawn twice, from data that stay as they were', async () => {
    const run = madeUpRun([0, 1]);
    const before = JSON.stringify(run);
    const first = await renderChart(runCharts(run)[5]!.spec);
    const second = await renderChart(runCharts(run)[5]!.spec);
    expect(second.svg).to.equal(first.svg);
    expect(Reflect.ownKeys(run.curves.reliability[0]!)).to.have.length(5);
    expect(JSON.stringify(run)).to.equal(before);
    const { width } = await sharp(first.png).metadata();
    expect(width).to.be.within(700, 1400);
  });
});

describe('lettering', () => {
  it('has a face for headings', async () => {
    const ink = async (weight: number): Promise<number> => {
      const { data } = await svgToRaster(
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="60"><rect width="600" height="60" fill="#fff"/>' +
          `<text x="0" y="45" font-family="Inter" font-size="40" font-weight="${weight}">Heading</text></svg>`,
      );
      return data.reduce((sum, level) => sum + 255 - level, 0);
    };
    expect((await ink(600)) / (await ink(400))).to.be.above(1.15);
  });

  it('comes from the shipped font, and is about as wide as charts are laid out for', async () => {
    for (const text of ['False-positive rate', 'Balanced accuracy', '0.123 (95 %: 0.100–0.200)', 'WILLIAM']) {
      const size = 40;
      const svg =
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="60"><rect width="1200" height="60" fill="#fff"/>' +
        `<text x="0" y="45" font-family="Inter" font-size="${size}">${text}</text></svg>`;
      const { width, data } = await svgToRaster(svg);
      let right = 0;
      for (let i = 0; i < data.length; i += 3) if (data[i]! < 128) right = Math.max(right, (i / 3) % width);
      expect(right, text).to.be.above(100);
      expect(textWidth(text, { fontSize: size }) / right, text).to.be.within(0.95, 1.12);
    }
  });
});

interface DrawnLayer {
  data: { values: Partial<Record<'count' | 'tampered' | 'lowest' | 'highest', number>>[] };
}

const silent = { level: () => silent, error: () => silent, info: () => silent, debug: () => silent };

/** A run over images of the given classes whose numbers look like a model's. */
function madeUpRun(labels: readonly (0 | 1)[]): RunRecord {
  const settings = { scoreThreshold: 0.5, maskThreshold: 0.5, sweep: sweepThresholds(), seed: 1 };
  const accumulator = new RunAccumulator(settings);
  const thresholds = countedThresholds(settings);
  const histogram = new PixelHistogram();
  const random = seededRandom(9);
  const rows: ImageRow[] = [];
  for (let i = 0; i < 30; i++) {
    const label = labels[i % labels.length]!;
    const truth = Uint8Array.from({ length: 400 }, (_, pixel) => (label === 1 && pixel < 20 + 5 * i ? 1 : 0));
    const map = Float32Array.from(truth, (positive) => 0.6 * random() + 0.35 * positive * random());
    const score = 0.7 * random() + 0.3 * label * random();
    const evidence: ImageEvidence = {
      image: `${i}.png`,
      label,
      score,
      rawScore: score,
      pixel: measurePixels(map, truth, thresholds, histogram),
      objectformer: countPixels(map, truth, 0.5, (value) => value === 1),
      trufor: null,
    };
    accumulator.add(evidence);
    rows.push({
      ...failedRow(`${i}.png`, label, ''),
      error: null,
      score,
      ms: 90 + 40 * random(),
      iou: label === 1 ? random() : null,
      truthFraction: (20 + 5 * i) / 400,
    });
  }
  const curves = accumulator.result();
  const summary = {
    metrics: nestMetrics(curves.metrics),
    settings,
    model: { inputSize: 20 },
    machine: { threads: 1 },
  } as unknown as RunSummary;
  return { folder: '', summary, rows, curves };
}
