import { quantile } from '../../metrics/bootstrap.js';
import type { ImageRow } from '../../run/rows.js';
import type { RunRecord } from '../../run/record.js';
import {
  barLayer,
  chart,
  estimateAt,
  histogram,
  images,
  markedValue,
  missingChart,
  type Chart,
} from './chart.js';
import { withInterval } from '../../text/numbers.js';
import { COLOURS } from './theme.js';

const IOU_BINS = 20;

/** A drawing with more points tells nothing more and opens slowly. */
const MOST_POINTS = 3000;

/** Groups of equal size in which the median of the scatter plot is taken: so many, and none of fewer images. */
const MEDIAN_GROUPS = 8;
const SMALLEST_GROUP = 5;

/** How good the masks are, image by image. */
export function maskCharts(record: RunRecord): Chart[] {
  const measured = record.rows.flatMap(({ image, iou, truthFraction }: ImageRow) =>
    iou === null || truthFraction === null ? [] : [{ image, iou, truthFraction }],
  );
  const { reason = 'no tampered image with a ground truth' } = estimateAt(record, 'pixel.macro.iou');
  return [
    measured.length === 0
      ? missingChart({ name: 'iou-distribution', title: 'IoU of each mask' }, reason)
      : iouDistribution(record, measured),
    measured.length < SMALLEST_GROUP
      ? missingChart(
          { name: 'iou-by-area', title: 'IoU against tampered area' },
          measured.length === 0 ? reason : `fewer than ${SMALLEST_GROUP} tampered images with a ground truth`,
        )
      : iouByArea(measured),
  ];
}

const AREA_TICKS = [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

interface Measured {
  image: string;
  iou: number;
  truthFraction: number;
}

function iouDistribution(record: RunRecord, measured: readonly Measured[]): Chart {
  const mean = estimateAt(record, 'pixel.macro.iou');
  const values = histogram(
    measured.map(({ iou }) => iou),
    IOU_BINS,
  );
  return chart(
    {
      name: 'iou-distribution',
      title: 'IoU of each mask',
      subtitle: `Mean ${withInterval(mean)} over ${images(mean.n).replace('image', 'tampered image')}`,
    },
    {
      layer: [
        barLayer(values, { title: 'IoU', domain: [0, 1] }, { value: COLOURS.authentic }),
        ...markedValue(mean.value!, `mean ${mean.value!.toFixed(3)}`, { isLeft: mean.value! > 0.7 }),
      ],
    },
  );
}

function iouByArea(measured: readonly Measured[]): Chart {
  const step = Math.ceil(measured.length / MOST_POINTS);
  const shown = measured.filter((_, index) => index % step === 0);
  const line = medians(measured);
  const groups =
    line.length === 1 ? 'dot: median of all' : `line: median of ${line.length} groups of equal size`;
  const x = {
    field: 'truthFraction',
    type: 'quantitative',
    title: 'Tampered share of the image (logarithmic)',
    scale: { type: 'log', nice: false, padding: 12 },
    axis: { format: '~%', values: AREA_TICKS },
  };
  const y = { field: 'iou', type: 'quantitative', title: 'IoU', scale: { domain: [0, 1] } };
  return chart(
    {
      name: 'iou-by-area',
      title: 'IoU against tampered area',
      subtitle: `${shown.length < measured.length ? `${shown.length} of ` : ''}${images(measured.length)}; ${groups}`,
    },
    {
      layer: [
        {
          data: { values: shown },
          mark: { type: 'circle', color: COLOURS.authentic, size: 46, opacity: 0.55 },
          encoding: {
            x,
            y,
            tooltip: [
              { field: 'image' },
              { field: 'iou', format: '.3f' },
              { field: 'truthFraction', format: '.2%', title: 'tampered' },
            ],
          },
        },
        {
          data: { values: line },
          mark: {
            type: 'line',
            color: COLOURS.tampered,
            point: { filled: true, size: 60, color: COLOURS.tampered },
          },
          encoding: { x, y },
        },
      ],
    },
  );
}

/** The median area and IoU of groups of equal size, by area. */
function medians(measured: readonly Measured[]): { truthFraction: number; iou: number }[] {
  const byArea = [...measured].sort((a, b) => a.truthFraction - b.truthFraction);
  const groups = Math.min(MEDIAN_GROUPS, Math.floor(byArea.length / SMALLEST_GROUP));
  return Array.from({ length: groups }, (_, group) => {
    const members = byArea.slice(
      Math.floor((group * byArea.length) / groups),
      Math.floor(((group + 1) * byArea.length) / groups),
    );
    const median = (values: number[]): number =>
      quantile(
        values.sort((a, b) => a - b),
        0.5,
      );
    return {
      truthFraction: median(members.map(({ truthFraction }) => truthFraction)),
      iou: median(members.map(({ iou }) => iou)),
    };
  });
}
