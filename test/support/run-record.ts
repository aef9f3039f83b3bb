import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { RunAccumulator, type MetricSettings } from '../../src/lib/metrics/run-metrics.js';
import { sweepThresholds } from '../../src/lib/metrics/thresholds.js';
import { failedRow, type ImageRow } from '../../src/lib/run/rows.js';
import { panelGeometry } from '../../src/lib/report/panel-style.js';
import { tileSize } from '../../src/lib/report/panel-tiles.js';
import { PanelPaths } from '../../src/lib/run/files.js';
import type { RunRecord } from '../../src/lib/run/record.js';
import { nestMetrics } from '../../src/lib/run/summary.js';
import { simulatedImages } from './evidence.js';

const SETTINGS: MetricSettings = {
  scoreThreshold: 0.5,
  maskThreshold: 0.5,
  sweep: sweepThresholds(),
  seed: 1,
};

/** A name that would be markup if any page forgot to escape it. */
export const HOSTILE_NAME = '<img src=x onerror=alert(1)>"\'&</script>.jpg';

/** A finished run of so many images, even ones tampered, the first with a hostile name; none of its files are there. */
export function madeUpRecord(folder: string, count: number): RunRecord {
  const accumulator = new RunAccumulator(SETTINGS);
  for (const image of simulatedImages(24, { skill: 0.2, seed: 3, settings: SETTINGS }))
    accumulator.add(image);
  const result = accumulator.result();
  const rows = Array.from({ length: count }, (_, index) => row(index, count));
  return {
    folder,
    rows: [...rows, failedRow('broken.jpg', 1, 'It is no image.')],
    curves: result,
    summary: {
      schemaVersion: 1,
      ofx: '0.0.0',
      startedAt: '2026-01-02T03:04:05.000Z',
      seconds: 12,
      resumed: 0,
      dataset: {
        name: HOSTILE_NAME,
        location: 'data',
        layout: 'split-file',
        list: 'split.txt',
        sha256: 'd'.repeat(64),
        samples: count,
        available: count,
        leftOut: 0,
        findings: [
          { code: 'x', severity: 'warning', message: '1 thing is odd', count: 1, examples: [HOSTILE_NAME] },
        ],
      },
      model: { name: 'made-up', version: '1', sha256: 'e'.repeat(64), inputSize: 64, precision: 'fp32' },
      settings: {
        protocol: 'macro',
        scoreAt: 'network',
        scoreThreshold: 0.5,
        maskThreshold: 0.5,
        temperature: 1,
        sweepStep: 0.05,
        seed: 1,
        limit: null,
        sample: null,
        strict: false,
      },
      machine: { cpu: 'a processor', threads: 1, concurrency: 1, node: 'v20', platform: 'linux x64' },
      headline: {
        path: 'protocols.macro.pixel.f1',
        title: 'macro: pixel F1 at t = 0.5',
        ...result.metrics['protocols.macro.pixel.f1'],
      },
      warnings: [],
      metrics: nestMetrics(result.metrics),
      confusion: result.confusion,
      failed: [{ image: 'broken.jpg', code: 'IMAGE_DAMAGED', message: 'It is no image.' }],
      gates: [
        { name: 'fail on image.auc < 0', subject: 'made-up', passed: true, detail: 'image.auc is 0.7' },
      ],
      calibration: null,
      charts: [],
    },
  };
}

function row(index: number, count: number): ImageRow {
  const label = index % 2 === 0 ? 1 : 0;
  const share = index / count;
  const overlap = label === 1 ? { f1: share, iou: share / 2, truthFraction: share / 4 + 0.001 } : null;
  return {
    ...failedRow(index === 0 ? HOSTILE_NAME : `folder/image ${index}.jpg`, label, ''),
    error: null,
    score: share,
    predicted: share > 0.5 ? 1 : 0,
    verdict: share > 0.5 ? 'manipulated' : index % 10 < 2 ? 'suspicious' : 'no-finding',
    tamperedFraction: share / 3,
    truthFraction: 0,
    ...overlap,
    ...{ tp: 10, fp: 10, fn: 10, tn: 70, ms: 5, width: 300, height: 200, findings: '' },
  };
}

/** Gives every image of a record the same small picture. */
export async function addPictures({ folder, rows }: RunRecord): Promise<void> {
  const { width, height } = panelGeometry(tileSize({ width: 300, height: 200 }));
  const picture = await sharp({ create: { width, height, channels: 3, background: '#456' } })
    .png()
    .toBuffer();
  const paths = new PanelPaths([], 'png');
  for (const one of rows) {
    if (one.error !== null) continue;
    const panel = paths.of(one.image.replace(/[<>/"]/g, '_'));
    one.panel = panel;
    const file = path.join(folder, panel);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, picture);
  }
}
