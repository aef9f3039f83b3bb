import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { countPixels, measurePixels } from '../../../src/lib/metrics/measure-pixels.js';
import type { MetricPath } from '../../../src/lib/metrics/definitions.js';
import { PixelHistogram } from '../../../src/lib/metrics/pixel-histogram.js';
import { countedThresholds, RunAccumulator, type RunMetrics } from '../../../src/lib/metrics/run-metrics.js';
import { sweepThresholds } from '../../../src/lib/metrics/thresholds.js';

interface Golden {
  side: number;
  cases: {
    name: string;
    images: { label: 0 | 1; score: number; probability: string; truth: string }[];
    expected: Record<'image' | 'macro' | 'micro', Record<string, number> | null>;
  }[];
}

/** Areas come from bins; everything else is counted exactly. */
const AREA_TOLERANCE = 1e-4;
const EXACT_TOLERANCE = 1e-12;

const settings = { scoreThreshold: 0.5, maskThreshold: 0.5, sweep: sweepThresholds(), seed: 1 };

describe('metrics against scikit-learn', () => {
  const golden = JSON.parse(readFileSync('test/fixtures/metrics/golden.json', 'utf8')) as Golden;

  for (const { name, images, expected } of golden.cases) {
    describe(name, () => {
      const { metrics } = run(images, golden.side);

      for (const [level, prefix] of [
        ['image', 'image'],
        ['macro', 'pixel.macro'],
        ['micro', 'pixel.micro'],
      ] as const) {
        it(`gives its answers for ${prefix}`, () => {
          for (const [metric, value] of Object.entries(expected[level] ?? {})) {
            const pixelArea = level !== 'image' && ['auc', 'averagePrecision', 'oracle.f1'].includes(metric);
            expect(metrics[`${prefix}.${metric}` as MetricPath].value, `${prefix}.${metric}`).to.be.closeTo(
              value,
              pixelArea ? AREA_TOLERANCE : metric === 'equalErrorRate' ? 1e-9 : EXACT_TOLERANCE,
            );
          }
        });

        it(`says n/a for what it cannot give of ${prefix}`, () => {
          const unknown = Object.entries(metrics).filter(
            ([path]) =>
              path.startsWith(`${prefix}.`) &&
              path !== 'image.ece' &&
              !path.startsWith('image.suspicious.') &&
              !(path.slice(prefix.length + 1) in (expected[level] ?? {})),
          );
          for (const [path, { value, reason }] of unknown) {
            expect(value, path).to.equal(null);
            expect(reason, path).to.match(/^no (tampered|authentic)/);
          }
        });
      }
    });
  }
});

function run(images: Golden['cases'][number]['images'], side: number): RunMetrics {
  const accumulator = new RunAccumulator(settings);
  const thresholds = countedThresholds(settings);
  const histogram = new PixelHistogram();
  images.forEach(({ label, score, ...encoded }, index) => {
    const probability = floats(encoded.probability);
    const truth = bits(encoded.truth, side * side);
    accumulator.add({
      image: `${index}.png`,
      label,
      score,
      rawScore: score,
      pixel: measurePixels(probability, truth, thresholds, histogram),
      objectformer: countPixels(probability, truth, 0.5, (grey) => grey === 1),
      trufor: null,
    });
  });
  return accumulator.result();
}

function floats(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

/** numpy's packbits: the first pixel is the highest bit. */
function bits(base64: string, length: number): Uint8Array {
  const packed = Buffer.from(base64, 'base64');
  return Uint8Array.from({ length }, (_, index) => (packed[index >> 3]! >> (7 - (index & 7))) & 1);
}
