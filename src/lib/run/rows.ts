import { Type, type Static } from '@sinclair/typebox';
import { Count } from '../core/schema.js';
import { VERDICTS } from '../core/verdict.js';
import { forEachPixelMetric } from '../metrics/pixel-metrics.js';

const Probability = Type.Number({ minimum: 0, maximum: 1 });
const OrNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

// Scripts read the first columns by their place.
const { f1, iou, precision, recall, ...morePixelColumns } = forEachPixelMetric(({ minimum, column }) =>
  OrNull(Type.Number({ minimum, maximum: 1 }), column),
);
const firstPixelColumns = { f1, iou, precision, recall };

/** One image of a run; a row of `metrics.csv`, where null is an empty cell. */
export const ImageRowSchema = Type.Object(
  {
    image: Type.String({ description: 'Path below the root of the data set' }),
    label: OrNull(Type.Union([Type.Literal(0), Type.Literal(1)]), '1 tampered, 0 authentic'),
    score: OrNull(Probability, 'Probability of tampering, after the temperature'),
    predicted: OrNull(Type.Union([Type.Literal(0), Type.Literal(1)]), '1 where score > score threshold'),
    ...firstPixelColumns,
    auc: OrNull(Probability, 'Area under the pixel ROC curve; where the truth has both kinds of pixels'),
    tamperedFraction: OrNull(Probability, 'Share of pixels predicted tampered'),
    truthFraction: OrNull(Probability, 'Share of pixels that are tampered'),
    ms: OrNull(Type.Number({ minimum: 0 }), 'Milliseconds of preprocessing and inference'),
    error: OrNull(Type.String(), 'Why the image could not be scored'),
    rawScore: OrNull(Probability, 'The score before the temperature'),
    ...morePixelColumns,
    oracleF1: OrNull(Probability, 'Pixel F1 at the image’s own best threshold'),
    protocolF1: OrNull(Probability, 'Pixel F1 at 0.5 (protocol macro)'),
    truforF1: OrNull(Probability, 'Pixel F1 at 0.5 (protocol trufor)'),
    truforBestF1: OrNull(Probability, 'Pixel F1 at the best threshold (protocol trufor)'),
    tp: OrNull(Count, 'True positives: tampered pixels above the mask threshold'),
    fp: OrNull(Count, 'False positives: authentic pixels above the mask threshold'),
    fn: OrNull(Count, 'Tampered pixels missed'),
    tn: OrNull(Count, 'Authentic pixels left alone'),
    width: OrNull(Type.Integer({ minimum: 1 }), 'Of the image, in pixels'),
    height: OrNull(Type.Integer({ minimum: 1 }), 'Of the image, in pixels'),
    panel: OrNull(Type.String(), 'The panel of this image, relative to the run’s folder'),
    format: OrNull(Type.String(), 'Format of the file, told by its first bytes'),
    jpegQuality: OrNull(
      Type.Integer({ minimum: 1, maximum: 100 }),
      'Quality of a JPEG file, by its quantisation table',
    ),
    category: OrNull(Type.String(), 'What kind of image it is, as the data set says'),
    verdict: OrNull(
      Type.Union(VERDICTS.map((verdict) => Type.Literal(verdict))),
      'What ofx predict says of the image at these thresholds; empty where regions that stand out were not recorded',
    ),
    findings: Type.String({ description: 'Codes of findings about this image, separated by spaces' }),
    logits: Type.Record(Type.String(), Type.Number(), {
      description: 'Log-odds of each source of evidence alone; in metrics.csv a column logit.NAME each',
    }),
  },
  { $id: 'validation-row', title: 'A row of metrics.csv' },
);
export type ImageRow = Static<typeof ImageRowSchema>;

/** A row of an image that could not be scored: everything unknown. */
export function failedRow(
  image: string,
  label: ImageRow['label'],
  error: string,
  category: string | null = null,
): ImageRow {
  const unknown = Object.fromEntries(Object.keys(ImageRowSchema.properties).map((name) => [name, null]));
  return { ...(unknown as unknown as ImageRow), image, label, error, category, findings: '', logits: {} };
}

/**
 * How wrong the mask is: for a tampered image what its F1 lacks, and among equals the larger wrong area; for an authentic
 * one the share of it that is predicted tampered.
 */
export function severity({ label, predicted, f1, fp, fn, tp, tn, tamperedFraction }: ImageRow): number {
  if (fp === null) return label === predicted ? 0 : 1;
  if (label === 0) return tamperedFraction!;
  const wrongArea = (fp + fn!) / (tp! + fp + fn! + tn!);
  return 1 - f1! + wrongArea * 1e-3;
}

/** Masks that overlap the truth less than this have not found the place, whatever the verdict on the image. */
const FOUND_IOU = 0.3;

/** What came of an image; `elsewhere` is a true positive, but not where it is. */
export type Outcome = 'found' | 'elsewhere' | 'missed' | 'false-alarm' | 'left-alone';

export function outcomeOf({ label, predicted, iou }: Pick<ImageRow, 'label' | 'predicted' | 'iou'>): Outcome {
  if (label !== 1) return predicted === 1 ? 'false-alarm' : 'left-alone';
  if (predicted !== 1) return 'missed';
  return iou !== null && iou < FOUND_IOU ? 'elsewhere' : 'found';
}
