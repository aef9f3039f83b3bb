import type { CurvePoint } from '../../metrics/curves.js';
import { ratio, type Confusion } from '../../metrics/confusion.js';
import type { RunRecord } from '../../run/record.js';
import { chart, estimateAt, images, labelLayers, missingChart, type Chart } from './chart.js';
import { withInterval } from '../../text/numbers.js';
import { COLOURS, SQUARE_PLOT } from './theme.js';

interface CurveLook {
  name: string;
  title: string;
  subtitle: string;
  x: string;
  y: string;
  points: CurvePoint[];
  /** Where the threshold in force puts the model. */
  at: CurvePoint & { label: string };
  /** What guessing gives. */
  chance: [CurvePoint, CurvePoint];
  colour: string;
  reason: string | undefined;
}

const LEVELS = {
  image: {
    title: 'images',
    auc: 'image.auc',
    averagePrecision: 'image.averagePrecision',
    colour: COLOURS.tampered,
  },
  pixel: {
    title: 'pixels',
    auc: 'pixel.micro.auc',
    averagePrecision: 'pixel.micro.averagePrecision',
    colour: COLOURS.authentic,
  },
} as const;

/** ROC and precision–recall curve of images or of pixels, with the threshold in force marked. */
export function curveCharts(
  record: RunRecord,
  level: keyof typeof LEVELS,
): [roc: Chart, precisionRecall: Chart] {
  const { title, colour, ...paths } = LEVELS[level];
  const { curves, confusion } = record.curves;
  const { scoreThreshold, maskThreshold } = record.summary.settings;
  const threshold = level === 'image' ? scoreThreshold : maskThreshold;
  const label = `t = ${Number(threshold.toFixed(3))}`;
  const area = estimateAt(record, paths.auc);
  const precision = estimateAt(record, paths.averagePrecision);
  const { recall, falsePositiveRate, precisionNow, prevalence } = rates(confusion[level]);
  return [
    curveChart({
      name: `${level}-roc`,
      title: `ROC of ${title}`,
      subtitle: `AUC ${withInterval(area)}, ${images(area.n)}`,
      x: 'False-positive rate',
      y: 'Recall',
      points: curves[`${level}Roc`],
      at: { x: falsePositiveRate, y: recall, label },
      chance: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
      colour,
      reason: area.reason,
    }),
    curveChart({
      name: `${level}-precision-recall`,
      title: `Precision and recall of ${title}`,
      subtitle: `Average precision ${withInterval(precision)}, ${images(precision.n)}`,
      x: 'Recall',
      y: 'Precision',
      points: curves[`${level}PrecisionRecall`],
      at: { x: recall, y: precisionNow, label },
      chance: [
        { x: 0, y: prevalence },
        { x: 1, y: prevalence },
      ],
      colour,
      reason: precision.reason,
    }),
  ];
}

function curveChart(look: CurveLook): Chart {
  const { name, title, subtitle, points, at, chance, colour } = look;
  if (points.length === 0) {
    return missingChart({ name, title, size: SQUARE_PLOT }, look.reason ?? 'no data');
  }
  const scale = { domain: [0, 1] };
  const x = { field: 'x', type: 'quantitative', title: look.x, scale };
  const y = { field: 'y', type: 'quantitative', title: look.y, scale };
  const onRight = at.x < 0.75;
  return chart(
    { name, title, subtitle, size: SQUARE_PLOT },
    {
      layer: [
        {
          data: { values: chance },
          mark: { type: 'line', color: COLOURS.muted, strokeDash: [4, 4], strokeWidth: 1.5, tooltip: false },
          encoding: { x, y },
        },
        {
          data: { values: points.map((point, order) => ({ ...point, order })) },
          mark: { type: 'line', color: colour },
          encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
        },
        {
          data: { values: [at] },
          mark: { type: 'point', filled: true, size: 110, color: COLOURS.ink, opacity: 1 },
          encoding: { x, y },
        },
        ...labelLayers(
          { values: [at] },
          { align: onRight ? 'left' : 'right', dx: onRight ? 12 : -12, dy: labelShift(look) },
          { x, y, text: { field: 'label' } },
        ),
      ],
    },
  );
}

/** A ROC curve leaves room below it, a precision–recall curve above. */
function labelShift({ at, chance: [start, end] }: CurveLook): number {
  const isRoc = start.y !== end.y;
  return isRoc ? (at.y > 0.12 ? 14 : -14) : at.y < 0.9 ? -14 : 14;
}

function rates({
  tp,
  fp,
  fn,
  tn,
}: Confusion): Record<'recall' | 'falsePositiveRate' | 'precisionNow' | 'prevalence', number> {
  return {
    recall: ratio(tp, tp + fn),
    falsePositiveRate: ratio(fp, fp + tn),
    precisionNow: ratio(tp, tp + fp),
    prevalence: ratio(tp + fn, tp + fp + fn + tn),
  };
}
