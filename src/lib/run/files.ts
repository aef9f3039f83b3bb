import { Type, type Static } from '@sinclair/typebox';
import { toCsv } from '../text/csv.js';
import { METRIC_PATHS } from '../metrics/definitions.js';
import type { OperatingPoint } from '../metrics/operating-points.js';
import type { SweepRow } from '../metrics/sweep-row.js';
import { foldedName } from '../text/names.js';
import { metricAt, type NestedMetrics, type RunSummary } from './summary.js';
import { ImageRowSchema, type ImageRow } from './rows.js';

/** Names of what lies in a run's folder. */
export const RUN_FILES = {
  summary: 'summary.json',
  numbers: 'summary.csv',
  rows: 'metrics.csv',
  rowsParquet: 'metrics.parquet',
  thresholds: 'thresholds.csv',
  evidence: 'evidence.ndjson',
  robustness: 'robustness.csv',
  page: 'report.html',
  charts: 'charts',
  panels: 'overlays',
} as const;

/** Formats of the images, by what their files end in. */
export const PANEL_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type PanelFormat = (typeof PANEL_FORMATS)[number];
const PANEL_ENDINGS: Record<PanelFormat, string> = { png: 'png', jpeg: 'jpg', webp: 'webp' };

const MASK_ENDING = '.mask';

/** Where the images of images lie, relative to the run's folder. */
export class PanelPaths {
  readonly #shared = new Set<string>();

  /**
   * @param images names of all images: those that differ only in their endings keep them
   * @param masks whether masks lie beside the images, whose names no image may have
   */
  constructor(
    images: Iterable<string>,
    private readonly format: PanelFormat,
    private readonly masks = false,
  ) {
    const seen = new Set<string>();
    for (const image of images) {
      const stem = foldedName(withoutEnding(image));
      if (seen.has(stem)) this.#shared.add(stem);
      seen.add(stem);
    }
  }

  of(image: string): string {
    return `${this.#base(image)}.${PANEL_ENDINGS[this.format]}`;
  }

  /** Of the bare prediction mask beside the image. */
  maskOf(image: string): string {
    return `${this.#base(image)}${MASK_ENDING}.png`;
  }

  #base(image: string): string {
    const stem = withoutEnding(image);
    const keepsEnding = this.#shared.has(foldedName(stem)) || (this.masks && isNamedLikeMask(stem));
    return `${RUN_FILES.panels}/${keepsEnding ? image : stem}`;
  }
}

/** Where the image of an image may lie in a run of any format; the first that exists is it. */
export function possiblePanels(image: string): string[] {
  const stem = withoutEnding(image);
  return (isNamedLikeMask(stem) ? [image, stem] : [stem, image]).flatMap((name) =>
    PANEL_FORMATS.map((format) => `${RUN_FILES.panels}/${name}.${PANEL_ENDINGS[format]}`),
  );
}

/** `a.mask.png` as an image of `a.mask.jpg` would be taken for the mask of `a.jpg`. */
function isNamedLikeMask(stem: string): boolean {
  return foldedName(stem).endsWith(MASK_ENDING);
}

function withoutEnding(image: string): string {
  return image.replace(/(?<=[^/])\.[^./]+$/, '');
}

const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);

export const SweepRowSchema = Type.Object(
  {
    threshold: Type.Number({ minimum: 0, maximum: 1 }),
    pixelMacroF1: Share,
    pixelMacroIou: Share,
    pixelMacroPrecision: Share,
    pixelMacroRecall: Share,
    pixelMicroF1: Share,
    pixelMicroIou: Share,
    pixelMicroPrecision: Share,
    pixelMicroRecall: Share,
    imageF1: Share,
    imageBalancedAccuracy: Share,
    imageTpr: Share,
    imageFpr: Share,
    maxFpr: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description:
        'In rows behind the others: the false-positive rate of images that the threshold keeps to. Only image columns are filled',
    }),
  },
  { $id: 'validation-threshold', title: 'A row of thresholds.csv; null is an empty cell' },
);

/** `metrics.csv`: a row an image, numbers with all their digits. */
export function rowsCsv(rows: readonly ImageRow[]): string {
  const sources = [...new Set(rows.flatMap(({ logits }) => Object.keys(logits)))];
  const own = Object.keys(ImageRowSchema.properties).filter((name) => name !== 'logits');
  const flat = rows.map(({ logits, ...row }) => ({
    ...row,
    ...Object.fromEntries(sources.map((name) => [`logit.${name}`, logits[name] ?? null])),
  }));
  return toCsv(flat, { header: true, columns: [...own, ...sources.map((name) => `logit.${name}`)] });
}

export const NumberRowSchema = Type.Object(
  {
    path: Type.String({
      description:
        'Of the number in summary.json, as --fail-on takes it, e.g. image.auc or pixel.macro.f1[category=splice]',
    }),
    value: Type.Union([Type.Number(), Type.Null()], { description: 'Empty where the data cannot give it' }),
    low: Type.Union([Type.Number(), Type.Null()], { description: 'Lower bound of the 95 % interval' }),
    high: Type.Union([Type.Number(), Type.Null()], { description: 'Upper bound of the 95 % interval' }),
    n: Type.Integer({ minimum: 0, description: 'Images that the number rests on' }),
  },
  { $id: 'validation-number', title: 'A row of summary.csv; null is an empty cell' },
);
export type NumberRow = Static<typeof NumberRowSchema>;

/** Every number of a run, then of each of its categories. */
export function numberRows(summary: Pick<RunSummary, 'metrics' | 'categories'>): NumberRow[] {
  const rows = (metrics: NestedMetrics, filter: string): NumberRow[] =>
    METRIC_PATHS.flatMap((path) => {
      const estimate = metricAt(metrics, path);
      if (!estimate) return [];
      const { value, low, high, n } = estimate;
      return [{ path: `${path}${filter}`, value, low, high, n }];
    });
  return [
    ...rows(summary.metrics, ''),
    ...(summary.categories ?? []).flatMap(({ name, metrics }) => rows(metrics, `[category=${name}]`)),
  ];
}

/** `summary.csv`: a row a number. */
export function numbersCsv(summary: Pick<RunSummary, 'metrics' | 'categories'>): string {
  return toCsv(numberRows(summary), { header: true, columns: Object.keys(NumberRowSchema.properties) });
}

/** `thresholds.csv`: the sweep, then the score thresholds for fixed false-positive rates. */
export function sweepCsv(sweep: readonly SweepRow[], points: readonly OperatingPoint[]): string {
  const rows = points.map(({ maxFpr, threshold, tpr, fpr }) => ({
    threshold,
    imageTpr: tpr,
    imageFpr: fpr,
    imageBalancedAccuracy: (tpr + 1 - fpr) / 2,
    maxFpr,
  }));
  return toCsv([...sweep, ...rows], { header: true, columns: Object.keys(SweepRowSchema.properties) });
}
