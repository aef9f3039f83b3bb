import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { comparisonText } from '../../../src/lib/cli/comparison-text.js';
import { compareRuns, type ComparedRun } from '../../../src/lib/metrics/compare.js';
import { countedThresholds } from '../../../src/lib/metrics/run-metrics.js';
import { sweepThresholds } from '../../../src/lib/metrics/thresholds.js';
import type { ChangedSide, Comparison } from '../../../src/lib/run/comparison.js';
import { coarsened, simulatedImages } from '../../support/evidence.js';

const SETTINGS = { scoreThreshold: 0.5, maskThreshold: 0.5, sweep: sweepThresholds(), seed: 1 };

function run(skill: number): ComparedRun {
  return {
    images: coarsened(simulatedImages(60, { skill, seed: 3, settings: SETTINGS })),
    thresholds: countedThresholds(SETTINGS),
    settings: SETTINGS,
  };
}

function comparison(second: ComparedRun): Comparison {
  const differences = compareRuns(run(0.1), second, { seed: 1, resamples: 50 });
  const side: ChangedSide = {
    score: 0.5,
    predicted: true,
    f1: 0.5,
    iou: 0.4,
    tamperedFraction: 0.1,
    panel: null,
  };
  const image = `folder/${'long-name-'.repeat(12)}end.jpg`;
  return {
    runs: [{ name: 'a-model-of-a-long-name 0.3.0' }, { name: 'a-model-of-a-long-name 0.3.1' }],
    headline: { path: 'pixel.macro.f1', title: 'F1' },
    images: { paired: 60, tampered: 30, authentic: 30, leftOut: [] },
    notes: [],
    comparisons: [
      {
        run: 1,
        verdict: 'better',
        sentence: 'The verdict.',
        differences,
        improved: 1,
        worsened: 0,
        changed: [{ image, label: 1, change: 0.5, verdictChanged: false, first: side, second: side }],
      },
    ],
    gates: [],
  } as unknown as Comparison;
}

describe('a comparison on a terminal', () => {
  const better = comparison(run(0.3));

  for (const columns of [200, 100, 80, 60]) {
    it(`has rows that fit ${columns} columns, the verdict first`, () => {
      const lines = stripVTControlCharacters(comparisonText(better, columns)).split('\n');
      const rows = lines.filter((line) => /^(better|worse|few|~|=| ) +\w|\.jpg$/.test(line));
      expect(rows.length).to.be.above(10);
      for (const row of rows) expect(row.length, row).to.be.at.most(columns);
      expect(rows.some((row) => row.startsWith('better  pixel.macro.f1 '))).to.equal(true);
    });
  }

  it('counts what is equal instead of listing it', () => {
    const text = comparisonText(comparison(run(0.1)));
    expect(text).not.to.contain('pixel.macro.f1 ');
    expect(text).to.match(/= \d+ metrics equal in both/);
  });
});
