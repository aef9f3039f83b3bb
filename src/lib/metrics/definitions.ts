import { PIXEL_METRIC_NAMES, PIXEL_METRICS, type PixelMetricName } from './pixel-metrics.js';

/**
 * Every number that a validation gives, by the path under which `summary.json`, gates and comparisons address it. One
 * table: names, order, meaning and direction come from here.
 */
export const METRIC_DEFINITIONS = {
  'image.accuracy': higher('Accuracy', 'Share of images classified correctly at the score threshold.'),
  'image.balancedAccuracy': higher(
    'Balanced accuracy',
    'Mean of the share of tampered and the share of authentic images classified correctly.',
  ),
  'image.precision': higher('Precision', 'Share of tampered images among those predicted tampered.'),
  'image.recall': higher('Recall', 'Share of tampered images that are predicted tampered.'),
  'image.f1': higher('F1', 'Harmonic mean of image precision and recall at the score threshold.'),
  'image.mcc': higher('MCC', 'Matthews correlation of verdict and truth, −1 to 1.'),
  'image.auc': higher(
    'ROC AUC',
    'Chance that a tampered image scores above an authentic one; ties count half.',
  ),
  'image.averagePrecision': higher(
    'Average precision',
    'Area under the precision–recall steps of the score.',
  ),
  'image.equalErrorRate': lower(
    'Equal error rate',
    'Where the rate of false alarms equals the rate of misses, interpolated on the ROC curve.',
  ),
  'image.recallAtFpr1': higher(
    'Recall at 1 % false alarms',
    'Highest recall with a false-positive rate of at most 1 %.',
  ),
  'image.recallAtFpr5': higher(
    'Recall at 5 % false alarms',
    'Highest recall with a false-positive rate of at most 5 %.',
  ),
  'image.ece': lower(
    'Expected calibration error (ECE)',
    'Mean distance between score and share of tampered images, over 15 equal-width bins of the score, by images.',
  ),
  'image.brier': lower('Brier score', 'Mean squared distance between score and label.'),
  'image.suspicious.authentic': since(
    '0.3.0',
    lower(
      'Suspicious authentic images',
      'Share of authentic images with the verdict “suspicious”: score not above its threshold, but a region stands out.',
    ),
  ),
  'image.suspicious.tampered': since(
    '0.3.0',
    neutral(
      'Suspicious tampered images',
      'Share of tampered images with the verdict “suspicious”: the score misses them, but a region stands out.',
    ),
  ),

  ...pixelDefinitions('macro'),
  'pixel.macro.auc': higher(
    'ROC AUC (macro)',
    'Mean area under the ROC curve of tampered images that have both kinds of pixels.',
  ),
  'pixel.macro.best.f1': higher(
    'F1 (macro, best t)',
    'Largest macro F1 over the sweep, one threshold for all images.',
  ),
  'pixel.macro.best.threshold': neutral('Best t', 'The threshold of the sweep with the largest macro F1.'),
  'pixel.macro.oracle.f1': higher(
    'F1 (macro, oracle)',
    'Mean F1 with each image at its own best threshold: optimistic, out of reach in use.',
  ),

  ...pixelDefinitions('micro'),
  'pixel.micro.accuracy': higher(
    'Accuracy (micro)',
    'Share of pixels classified correctly, over all images.',
  ),
  'pixel.micro.auc': higher('ROC AUC (micro)', 'Area under the ROC curve of all pixels of all images.'),
  'pixel.micro.averagePrecision': higher(
    'Average precision (micro)',
    'Area under the precision–recall steps of all pixels of all images.',
  ),
  'pixel.falseAlarmArea': lower(
    'False-alarm area',
    'Mean share of an authentic image that is predicted tampered.',
  ),

  'protocols.macro.pixel.f1': higher(
    'macro: pixel F1 at t = 0.5',
    'Mean F1 over tampered images at t = 0.5 (MVSS-Net, IML-ViT, IMDLBenCo).',
  ),
  'protocols.objectformer.pixel.f1': higher(
    'objectformer: pixel F1 at t = 0.5',
    'F1 of all pixels of all images at t = 0.5, truth positive at grey 255 only, at the network’s size (ObjectFormer’s test script).',
  ),
  'protocols.objectformer.image.f1': higher(
    'objectformer: image F1',
    'Image F1 with the raw logit cut at 0.5, a probability of 0.622 (ObjectFormer’s test script).',
  ),
  'protocols.trufor.pixel.f1': higher(
    'trufor: pixel F1 at t = 0.5',
    'Mean over images of the larger F1 of p and 1 − p at t = 0.5, at the image’s size, the border of the truth ignored.',
  ),
  'protocols.trufor.pixel.best.f1': higher(
    'trufor: pixel F1, best t',
    'The same with each map at its own best threshold.',
  ),

  'counts.tampered': neutral('Tampered images', 'Tampered images that were scored.'),
  'counts.authentic': neutral('Authentic images', 'Authentic images that were scored.'),
  'counts.emptyTruth': neutral(
    'Empty ground truth',
    'Tampered images whose ground truth has no positive pixel: left out of pixel metrics.',
  ),
  'counts.withoutTruth': neutral(
    'Without ground truth',
    'Tampered images that have no mask: image level only.',
  ),
  'counts.failed': neutral('Failed', 'Images that could not be read or scored: in no metric.'),
  'counts.truforLeftOut': neutral(
    'Left out by trufor',
    'Tampered images in which truth and prediction agree on one class, at t = 0.5 and without the border.',
  ),

  'thresholds.score': neutral('Score threshold', 'An image is predicted tampered where its score is above.'),
  'thresholds.mask': neutral(
    'Mask threshold',
    'A pixel is predicted tampered where its probability is above.',
  ),
} as const satisfies Record<string, MetricDefinition>;

export interface MetricDefinition {
  title: string;
  definition: string;
  /** Which way is better; `none` where a number only describes. */
  better: 'higher' | 'lower' | 'none';
  /** The version that was the first to have it: runs of earlier ones are read without. */
  since?: string;
}

export type MetricPath = keyof typeof METRIC_DEFINITIONS;

export const METRIC_PATHS = Object.keys(METRIC_DEFINITIONS) as MetricPath[];

/** The ways of the field to count pixels; the flag `--protocol` picks the headline among them. */
export const PROTOCOLS = ['macro', 'objectformer', 'trufor'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export function headlinePath(protocol: Protocol): MetricPath {
  return `protocols.${protocol}.pixel.f1`;
}

function higher(title: string, definition: string): MetricDefinition {
  return { title, definition, better: 'higher' };
}

function lower(title: string, definition: string): MetricDefinition {
  return { title, definition, better: 'lower' };
}

function neutral(title: string, definition: string): MetricDefinition {
  return { title, definition, better: 'none' };
}

function since(version: string, definition: MetricDefinition): MetricDefinition {
  return { ...definition, since: version };
}

function pixelDefinitions<Mean extends 'macro' | 'micro'>(
  mean: Mean,
): Record<`pixel.${Mean}.${PixelMetricName}`, MetricDefinition> {
  return Object.fromEntries(
    PIXEL_METRIC_NAMES.map((name) => {
      const { title, [mean]: definition } = PIXEL_METRICS[name];
      return [`pixel.${mean}.${name}`, higher(`${title} (${mean})`, definition)];
    }),
  ) as Record<`pixel.${Mean}.${PixelMetricName}`, MetricDefinition>;
}
