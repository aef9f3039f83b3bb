import type { RunRecord } from '../run-record.js';
import {
  barLayer,
  chart,
  estimateAt,
  histogram,
  images,
  missingChart,
  withInterval,
  type Chart,
} from './chart.js';
import { COLOURS, SQUARE_PLOT } from './theme.js';

const SCORE_BINS = 20;

/** How the scores of the two classes are spread. */
export function scoreHistogram({ rows, summary }: RunRecord): Chart {
  const scored = rows.flatMap(({ label, score }) =>
    label === null || score === null ? [] : [{ label, score }],
  );
  const frame = { name: 'score-histogram', title: 'Scores by class' };
  if (scored.length === 0) return missingChart(frame, 'no image was scored');
  const classes = [
    { label: 0, name: 'Authentic', part: [0.06, 0.5], colour: COLOURS.authentic },
    { label: 1, name: 'Tampered', part: [0.5, 0.94], colour: COLOURS.tampered },
  ] as const;
  const values = classes.flatMap(({ label, name, part }) =>
    histogram(
      scored.filter((one) => one.label === label).map(({ score }) => score),
      SCORE_BINS,
      { part },
    ).map((bar) => ({ ...bar, class: name })),
  );
  const colour = {
    field: 'class',
    type: 'nominal',
    scale: { domain: classes.map(({ name }) => name), range: classes.map(({ colour }) => colour) },
  };
  const { scoreThreshold } = summary.settings;
  return chart(
    {
      ...frame,
      subtitle: `${images(scored.length)}, tampered where the score is above ${Number(scoreThreshold.toFixed(3))}`,
    },
    {
      layer: [
        barLayer(values, { title: 'Score', domain: [0, 1] }, colour, [{ field: 'class' }]),
        {
          data: { values: [{ threshold: scoreThreshold }] },
          mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5, color: COLOURS.ink },
          encoding: { x: { field: 'threshold', type: 'quantitative' } },
        },
      ],
    },
  );
}

/** Verdicts against the truth, as counts and as shares of each class. */
export function confusionMatrix(record: RunRecord): Chart {
  const { tp, fp, fn, tn } = record.curves.confusion.image;
  const tampered = tp + fn;
  const authentic = fp + tn;
  const cell = (truth: string, verdict: string, count: number, all: number): object => ({
    truth: `${truth} (${all})`,
    verdict,
    count,
    share: all === 0 ? 0 : count / all,
    text: all === 0 ? '–' : `${((count / all) * 100).toFixed(1)} %`,
    right: truth.toLowerCase() === verdict.slice(7),
  });
  const values = [
    cell('Tampered', 'called tampered', tp, tampered),
    cell('Tampered', 'called authentic', fn, tampered),
    cell('Authentic', 'called tampered', fp, authentic),
    cell('Authentic', 'called authentic', tn, authentic),
  ];
  const x = {
    field: 'verdict',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { orient: 'top', labelAngle: 0, domain: false, ticks: false, labelFontSize: 13, labelPadding: 8 },
  };
  const y = {
    field: 'truth',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { domain: false, ticks: false, labelFontSize: 13, labelPadding: 8 },
  };
  const accuracy = estimateAt(record, 'image.accuracy');
  const ink = { condition: { test: 'datum.share > 0.55', value: '#ffffff' }, value: COLOURS.ink };
  return chart(
    {
      name: 'confusion-matrix',
      title: 'Verdicts against the truth',
      subtitle: `Accuracy ${withInterval(accuracy)}`,
      size: { width: 360, height: 260 },
    },
    {
      data: { values },
      layer: [
        {
          mark: { type: 'rect', stroke: '#ffffff', strokeWidth: 4, cornerRadius: 6 },
          encoding: {
            x,
            y,
            color: {
              field: 'right',
              type: 'nominal',
              scale: { domain: [true, false], range: [COLOURS.authentic, COLOURS.tampered] },
              legend: null,
            },
            opacity: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 1], range: [0.1, 1] },
              legend: null,
            },
            tooltip: [
              { field: 'truth' },
              { field: 'verdict' },
              { field: 'count' },
              { field: 'text', title: 'share' },
            ],
          },
        },
        {
          mark: { type: 'text', fontSize: 26, fontWeight: 600, dy: -8, tooltip: false },
          encoding: { x, y, text: { field: 'count', type: 'quantitative' }, color: ink },
        },
        {
          mark: { type: 'text', fontSize: 13, dy: 18, tooltip: false },
          encoding: { x, y, text: { field: 'text' }, color: ink },
        },
      ],
    },
  );
}

/** Whether a score is the probability that it claims to be. */
export function reliabilityChart(record: RunRecord): Chart {
  const frame = { name: 'reliability', title: 'Scores as probabilities', size: SQUARE_PLOT };
  const values = record.curves.reliability;
  const ece = estimateAt(record, 'image.ece');
  if (values.length === 0) return missingChart(frame, 'no image was scored');
  const scale = { domain: [0, 1] };
  const x = { field: 'meanScore', type: 'quantitative', title: 'Mean score of a bin', scale };
  const y = { field: 'tampered', type: 'quantitative', title: 'Share of tampered images', scale };
  return chart(
    {
      ...frame,
      subtitle: `Calibration error ${withInterval(ece)}; on the line, a score is a probability`,
    },
    {
      layer: [
        {
          data: {
            values: [
              { meanScore: 0, tampered: 0 },
              { meanScore: 1, tampered: 1 },
            ],
          },
          mark: { type: 'line', color: COLOURS.muted, strokeDash: [4, 4], strokeWidth: 1.5, tooltip: false },
          encoding: { x, y },
        },
        {
          data: { values },
          mark: { type: 'line', color: COLOURS.authentic, strokeWidth: 1.5, opacity: 0.6, tooltip: false },
          encoding: { x, y },
        },
        {
          data: { values },
          mark: { type: 'circle', color: COLOURS.authentic, opacity: 0.9 },
          encoding: {
            x,
            y,
            size: {
              field: 'count',
              type: 'quantitative',
              scale: { domainMin: 0, range: [30, 420] },
              legend: {
                title: 'Images in the bin',
                orient: 'right',
                direction: 'vertical',
                values: legendSizes(values),
                titleFontWeight: 400,
              },
            },
          },
        },
      ],
    },
  );
}

/** Three round numbers of images that span the bins. */
function legendSizes(bins: readonly { count: number }[]): number[] {
  const most = Math.max(...bins.map(({ count }) => count));
  return [...new Set([most / 10, most / 2, most].map((size) => Math.max(1, Math.round(size))))];
}
