import type { SweepRow } from '../../metrics/run-metrics.js';
import type { RunRecord } from '../run-record.js';
import { chart, labelLayers, missingChart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

interface Line {
  column: Exclude<keyof SweepRow, 'threshold'>;
  label: string;
  colour: string;
}

const PIXEL_LINES: readonly Line[] = [
  { column: 'pixelMacroF1', label: 'F1', colour: COLOURS.tampered },
  { column: 'pixelMacroIou', label: 'IoU', colour: COLOURS.authentic },
  { column: 'pixelMacroPrecision', label: 'Precision', colour: COLOURS.accent },
  { column: 'pixelMacroRecall', label: 'Recall', colour: COLOURS.second },
];

const IMAGE_LINES: readonly Line[] = [
  { column: 'imageF1', label: 'F1', colour: COLOURS.tampered },
  { column: 'imageBalancedAccuracy', label: 'Balanced accuracy', colour: COLOURS.authentic },
];

/** Numbers over the threshold, with the best place of F1 marked. */
export function sweepCharts({ summary, curves }: RunRecord): Chart[] {
  const { maskThreshold, scoreThreshold } = summary.settings;
  return [
    sweepChart(
      'pixel-thresholds',
      'Masks over the threshold',
      'mean over tampered images',
      PIXEL_LINES,
      curves.sweep,
      maskThreshold,
    ),
    sweepChart(
      'image-thresholds',
      'Verdicts over the threshold',
      'image level',
      IMAGE_LINES,
      curves.sweep,
      scoreThreshold,
    ),
  ];
}

function sweepChart(
  name: string,
  title: string,
  what: string,
  lines: readonly Line[],
  sweep: readonly SweepRow[],
  threshold: number,
): Chart {
  const values = sweep.flatMap((row) =>
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
  const marked = { ...best, label: `best F1 ${best.value.toFixed(3)} at t = ${best.threshold}` };
  const onRight = best.threshold < 0.6;
  return chart(
    {
      name,
      title,
      subtitle: `${what}; best F1 ${best.value.toFixed(3)} at t = ${best.threshold}, in force t = ${Number(threshold.toFixed(3))}`,
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
        {
          data: { values: [marked] },
          mark: { type: 'point', filled: true, size: 130, color: COLOURS.ink, opacity: 1 },
          encoding: { x, y },
        },
        ...labelLayers(
          { values: [marked] },
          { align: onRight ? 'left' : 'right', dx: onRight ? 4 : -4, dy: -16, fontWeight: 600 },
          { x, y, text: { field: 'label' } },
        ),
      ],
    },
  );
}
