import { AUTHENTIC, TAMPERED } from '../core/label.js';
import { createHash } from 'node:crypto';
import { examineBalance } from '../dataset/balance.js';
import { Duplicates } from '../dataset/duplicates.js';
import { Findings, type Finding } from '../dataset/finding.js';
import { TruthConventions } from '../dataset/truth-conventions.js';
import type { OfxError } from '../core/errors.js';
import { isManipulated, verdictFrom } from '../core/verdict.js';
import { confusionAt } from '../metrics/measure-pixels.js';
import { f1 } from '../metrics/confusion.js';
import { forEachPixelMetric, type PixelMetricName } from '../metrics/pixel-metrics.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { PROTOCOL_THRESHOLD } from '../metrics/macro.js';
import {
  countedThresholds,
  RunAccumulator,
  type MetricSettings,
  type Estimate,
  type RunMetrics,
} from '../metrics/run-metrics.js';
import { byKey, resampleKey } from '../metrics/random.js';
import { sourceAucs } from '../metrics/source-auc.js';
import type { ThresholdSet } from '../metrics/thresholds.js';
import { failedRow, type ImageRow } from '../run/rows.js';
import type { SampleRecord } from '../run/sample-record.js';

export interface FoldResult {
  metrics: RunMetrics;
  rows: ImageRow[];
  /** What the files of the samples showed, beyond what their names did. */
  findings: Finding[];
  /** Image AUC of each source of evidence alone, by its name. */
  sourceAucs: Record<string, Estimate>;
  failed: { image: string; code: OfxError['code']; message: string }[];
  /** Over names, labels and contents of the samples, in order. */
  sha256: string;
}

/**
 * A run as a fold over its samples' records, in the order of the data set. An interrupted run is resumed by folding
 * the records of its journal, so its numbers are the same to the last digit.
 */
export class ValidationFold {
  readonly rows: ImageRow[] = [];
  readonly #thresholds: ThresholdSet;
  readonly #accumulator: RunAccumulator;
  readonly #findings = new Findings();
  readonly #failed: FoldResult['failed'] = [];
  readonly #hash = createHash('sha256');
  readonly #duplicates = new Duplicates();
  readonly #conventions = new TruthConventions();
  readonly #spoken: (Pick<ImageEvidence, 'label' | 'logits'> & { key: string; image: string })[] = [];

  constructor(private readonly settings: MetricSettings) {
    this.#thresholds = countedThresholds(settings);
    this.#accumulator = new RunAccumulator(settings);
  }

  /** @returns the image's row */
  add(record: SampleRecord): ImageRow {
    const row = record.kind === 'scored' ? this.#addScored(record) : this.#addFailed(record);
    this.rows.push(row);
    return row;
  }

  result(): FoldResult {
    const metrics = this.#accumulator.result();
    const { 'counts.tampered': tampered, 'counts.authentic': authentic } = metrics.metrics;
    this.#conventions.examine(this.#findings);
    examineBalance(tampered.value!, authentic.value!, this.#findings);
    return {
      metrics,
      rows: this.rows,
      findings: this.#findings.list(),
      sourceAucs: sourceAucs(
        byKey(this.#spoken, ({ key, image }) => `${key}\t${image}`),
        this.settings.seed,
      ),
      failed: this.#failed,
      sha256: this.#hash.copy().digest('hex'),
    };
  }

  #addScored(record: SampleRecord & { kind: 'scored' }): ImageRow {
    const { evidence, imageSha256, maskSha256, findings } = record;
    const { image, label } = evidence;
    const key = resampleKey(image, imageSha256);
    this.#accumulator.add(evidence, key);
    this.#spoken.push({ key, image, label, ...(evidence.logits && { logits: evidence.logits }) });
    this.#hash.update(`${image}\t${label}\t${imageSha256}\t${maskSha256 ?? ''}\n`);
    for (const code of findings) this.#findings.add(code, image);
    if (label === TAMPERED && maskSha256 !== null) this.#conventions.add(findings);
    this.#duplicates.add(image, label, imageSha256, this.#findings);
    return toRow(record, this.settings, this.#thresholds);
  }

  #addFailed({ image, label, category, error }: SampleRecord & { kind: 'failed' }): ImageRow {
    this.#accumulator.addFailed();
    this.#hash.update(`${image}\t${label ?? ''}\tfailed\n`);
    this.#failed.push({ image, code: error.code, message: error.message });
    return failedRow(image, label, error.message, category);
  }
}

function toRow(
  record: SampleRecord & { kind: 'scored' },
  settings: MetricSettings,
  thresholds: ThresholdSet,
): ImageRow {
  const { evidence, width, height, ms, findings, category, format, jpegQuality } = record;
  const { image, label, score, rawScore, standsOut, trufor, logits = {} } = evidence;
  return {
    image,
    label,
    score,
    predicted: isManipulated(score, settings.scoreThreshold) ? TAMPERED : AUTHENTIC,
    ...pixelColumns(evidence, thresholds, settings.maskThreshold),
    ms,
    error: null,
    rawScore,
    truforF1: trufor?.f1 ?? null,
    truforBestF1: trufor?.bestF1 ?? null,
    width,
    height,
    panel: null,
    format,
    jpegQuality,
    category,
    verdict: standsOut === undefined ? null : verdictFrom(score, settings.scoreThreshold, standsOut),
    findings: findings.join(' '),
    logits,
  };
}

type PixelColumns = Pick<
  ImageRow,
  | PixelMetricName
  | 'auc'
  | 'tamperedFraction'
  | 'truthFraction'
  | 'oracleF1'
  | 'protocolF1'
  | 'tp'
  | 'fp'
  | 'fn'
  | 'tn'
>;

function pixelColumns(
  { label, pixel }: ImageEvidence,
  thresholds: ThresholdSet,
  maskThreshold: number,
): PixelColumns {
  const noOverlap = { ...forEachPixelMetric(() => null), auc: null, oracleF1: null, protocolF1: null };
  if (!pixel) {
    return {
      ...noOverlap,
      tamperedFraction: null,
      truthFraction: null,
      tp: null,
      fp: null,
      fn: null,
      tn: null,
    };
  }
  const counts = confusionAt(pixel, thresholds.indexOf(maskThreshold));
  const shares = {
    tamperedFraction: (counts.tp + counts.fp) / pixel.pixels,
    truthFraction: pixel.positives / pixel.pixels,
    ...counts,
  };
  if (label === AUTHENTIC) return { ...noOverlap, ...shares };
  return {
    ...shares,
    ...forEachPixelMetric(({ of }) => of(counts)),
    auc: pixel.auc,
    oracleF1: pixel.oracleF1,
    protocolF1: f1(confusionAt(pixel, thresholds.indexOf(PROTOCOL_THRESHOLD))),
  };
}
