import { wilsonInterval } from '../../core/wilson.js';
import type { ReliabilityBin } from '../../metrics/image-level.js';
import type { RunRecord } from '../../run/record.js';
import { barLayer, chart, estimateAt, histogram, images, missingChart, type Chart } from './chart.js';
import { withInterval } from '../../text/numbers.js';
import { COLOURS, SQUARE_PLOT } from './theme.js';

const SCORE_BINS = 20;

/** A share of fewer images is hardly one. */
const SMALLEST_BIN = 10;

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

/** Confusion matrix, as counts and as shares of each class. */
export function confusionMatrix(record: RunRecord): Chart {
  const { tp, fp, fn, tn } = record.curves.confusion.image;
  const tampered = tp + fn;
  const authentic = fp + tn;
  const cell = (label: 0 | 1, predicted: 0 | 1, count: number, all: number): object => {
    const share = all === 0 ? 0 : count / all;
    const right = label === predicted;
    return {
      truth: `${label === 1 ? 'Tampered' : 'Authentic'} (${all})`,
      verdict: predicted === 1 ? 'predicted tampered' : 'not predicted tampered',
      count,
      share,
      text: all === 0 ? '–' : `${(share * 100).toFixed(1)} %`,
      right,
      dark: isDark(right ? COLOURS.authentic : COLOURS.tampered, opacityOf(share)),
    };
  };
  const values = [
    cell(1, 1, tp, tampered),
    cell(1, 0, fn, tampered),
    cell(0, 1, fp, authentic),
    cell(0, 0, tn, authentic),
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
  const ink = { condition: { test: 'datum.dark', value: '#ffffff' }, value: COLOURS.ink };
  return chart(
    {
      name: 'confusion-matrix',
      title: 'Confusion matrix',
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
              scale: { domain: [0, 1], range: [opacityOf(0), opacityOf(1)] },
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

function opacityOf(share: number): number {
  return 0.1 + 0.9 * share;
}

/** Whether white stands out more than the ink on a colour over white (contrast as in WCAG 2). */
function isDark(colour: string, opacity: number): boolean {
  const luminance = (hex: string, over: number): number =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, channel) => {
      const level = parseInt(hex.slice(1 + 2 * channel, 3 + 2 * channel), 16) / 255;
      const blended = level * over + 1 - over;
      return sum + weight * (blended <= 0.04045 ? blended / 12.92 : ((blended + 0.055) / 1.055) ** 2.4);
    }, 0);
  const ground = luminance(colour, opacity) + 0.05;
  return 1.05 / ground > ground / (luminance(COLOURS.ink, 1) + 0.05);
}

/** Whether a score is the probability that it claims to be. */
export function reliabilityChart(record: RunRecord): Chart {
  const frame = { name: 'reliability', title: 'Reliability diagram', size: SQUARE_PLOT };
  const values = mergedBins(record.curves.reliability);
  const ece = estimateAt(record, 'image.ece');
  if (values.length === 0) return missingChart(frame, 'no image was scored');
  const scale = { domain: [0, 1] };
  const x = { field: 'meanScore', type: 'quantitative', title: 'Mean score of a bin', scale };
  const y = { field: 'tampered', type: 'quantitative', title: 'Share of tampered images', scale };
  return chart(
    {
      ...frame,
      subtitle: `Expected calibration error ${withInterval(ece)}; bins of ${SMALLEST_BIN} or more`,
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
          mark: { type: 'rule', color: COLOURS.authentic, strokeWidth: 1.5, tooltip: false },
          encoding: {
            x,
            y: { field: 'lowest', type: 'quantitative', scale },
            y2: { field: 'highest' },
          },
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

interface DrawnBin extends ReliabilityBin {
  /** 95 % interval of the share of tampered images. */
  lowest: number;
  highest: number;
}

/** Neighbouring bins together until each holds enough images to tell a share, with the interval of that share. */
function mergedBins(bins: readonly ReliabilityBin[]): DrawnBin[] {
  const merged: ReliabilityBin[] = [];
  for (const bin of bins) {
    const last = merged.at(-1);
    if (last && last.count < SMALLEST_BIN) merged[merged.length - 1] = joinBins(last, bin);
    else merged.push(bin);
  }
  const [before, last] = merged.slice(-2);
  if (before && last && last.count < SMALLEST_BIN) merged.splice(-2, 2, joinBins(before, last));
  return merged.map((bin) => {
    const { low, high } = wilsonInterval(bin.tampered, bin.count);
    return { ...bin, lowest: low, highest: high };
  });
}

function joinBins(a: ReliabilityBin, b: ReliabilityBin): ReliabilityBin {
  const count = a.count + b.count;
  const mean = (of: 'meanScore' | 'tampered'): number => (a[of] * a.count + b[of] * b.count) / count;
  return { low: a.low, high: b.high, count, meanScore: mean('meanScore'), tampered: mean('tampered') };
}

/** Three numbers of images that span the bins. */
function legendSizes(bins: readonly { count: number }[]): number[] {
  const counts = bins.map(({ count }) => count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return [...new Set([least, Math.round((least + most) / 2), most])];
}
