import { f1 as f1Of, type Confusion } from '../../metrics/confusion.js';
import type { SweepRow } from '../../metrics/sweep-row.js';
import type { RunRecord } from '../../run/record.js';
import { chart, labelLayers, missingChart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

interface Line {
  column: Exclude<keyof SweepRow, 'threshold'>;
  label: string;
  colour: string;
}

const LEVELS: Record<'pixel' | 'image', { title: string; what: string; lines: readonly Line[] }> = {
  pixel: {
    title: 'Masks over the threshold',
    what: 'mean over tampered images',
    lines: [
      { column: 'pixelMacroF1', label: 'F1', colour: COLOURS.tampered },
      { column: 'pixelMacroIou', label: 'IoU', colour: COLOURS.authentic },
      { column: 'pixelMacroPrecision', label: 'Precision', colour: COLOURS.accent },
      { column: 'pixelMacroRecall', label: 'Recall', colour: COLOURS.second },
    ],
  },
  image: {
    title: 'Verdicts over the threshold',
    what: 'image level',
    lines: [
      { column: 'imageF1', label: 'F1', colour: COLOURS.tampered },
      { column: 'imageBalancedAccuracy', label: 'Balanced accuracy', colour: COLOURS.authentic },
    ],
  },
};

/** Numbers over the threshold, with the best place of F1 marked. */
export function sweepChart({ summary, curves }: RunRecord, level: 'pixel' | 'image'): Chart {
  const { title, what, lines } = LEVELS[level];
  const name = `${level}-thresholds`;
  const { maskThreshold, scoreThreshold } = summary.settings;
  const threshold = level === 'pixel' ? maskThreshold : scoreThreshold;
  const values = curves.sweep.flatMap((row) =>
    lines.flatMap(({ column, label }) =>
      row[column] === null ? [] : [{ threshold: row.threshold, value: row[column], line: label }],
    ),
  );
  const f1 = values.filter(({ line }) => line === 'F1');
  if (f1.length === 0) return missingChart({ name, title }, 'a class is missing');
  const best = f1.reduce((a, b) => (b.value > a.value ? b : a));
  const x = { field: 'threshold', type: 'quantitative', title: 'Threshold t', scale: { domain: [0, 1] } };
  const y = { field: 'value', type: 'quantitative', title: null, scale: { domain: [0, 1] } };
  const colour = {
    field: 'line',
    type: 'nominal',
    scale: { domain: lines.map(({ label }) => label), range: lines.map((line) => line.colour) },
    sort: null,
  };
  const baseline = level === 'image' ? calledAllTampered(curves.confusion.image) : null;
  return chart(
    {
      name,
      title,
      subtitle: `${what}; best F1 ${best.value.toFixed(3)} at t = ${best.threshold} (dot), in force t = ${Number(threshold.toFixed(3))} (dashed)`,
    },
    {
      layer: [
        {
          data: { values: [{ threshold }] },
          mark: { type: 'rule', color: COLOURS.muted, strokeDash: [5, 4], strokeWidth: 1.5 },
          encoding: { x },
        },
        {
          data: { values },
          mark: { type: 'line', point: { size: 22, filled: true } },
          encoding: { x, y, color: colour },
        },
        ...(baseline === null ? [] : baselineLayers(baseline, x, y)),
        {
          data: { values: [best] },
          mark: { type: 'point', filled: true, size: 130, color: COLOURS.ink, opacity: 1 },
          encoding: { x, y },
        },
      ],
    },
  );
}

/** F1 of calling every image tampered: what a model must beat. */
function calledAllTampered({ tp, fp, fn, tn }: Confusion): number {
  return f1Of({ tp: tp + fn, fp: fp + tn, fn: 0, tn: 0 });
}

function baselineLayers(value: number, x: object, y: object): object[] {
  const ends = [0, 1].map((threshold) => ({ threshold, value }));
  const label = { threshold: 1, value, label: `F1 of calling all tampered: ${value.toFixed(3)}` };
  return [
    {
      data: { values: ends },
      mark: { type: 'line', color: COLOURS.tampered, strokeDash: [2, 4], strokeWidth: 1.5, tooltip: false },
      encoding: { x, y },
    },
    ...labelLayers(
      { values: [label] },
      { align: 'right', dx: -4, dy: -9, fontSize: 11 },
      { x, y, text: { field: 'label' } },
    ),
  ];
}
