import { AUTHENTIC, TAMPERED, TRUTH_THRESHOLD } from '../core/label.js';
import { createHash } from 'node:crypto';
import path from 'node:path';
import pMap from 'p-map';
import { examineBalance } from './balance.js';
import { Duplicates } from './duplicates.js';
import { examineTruth } from './examine-truth.js';
import { findingOfOddity, Findings, type FindingCode } from './finding.js';
import { openDataset } from './open.js';
import type { Dataset, Layout, Sample } from './sample.js';
import { usableCpus } from '../core/cpu.js';
import { OfxError } from '../core/errors.js';
import { decodePicture } from '../image/decode/index.js';
import { readGroundTruth } from '../image/ground-truth.js';
import { readInput } from '../files/read.js';
import { DEFAULT_LIMITS, onlyPicture, openImage } from '../image/decode/samples.js';
import { writeFileAtomic } from '../files/write.js';
import { quantile } from '../metrics/bootstrap.js';
import { TruthConventions } from './truth-conventions.js';
import type { DatasetCheck, SpreadOfValues } from './check-result.js';

export interface DatasetCheckRequest {
  dataset: string;
  split?: string | undefined;
  layout?: Layout | undefined;
  /** Where to write a clean split file; `true` for `clean_split.txt` in the data set's folder. */
  fix?: string | true | undefined;
  /** Images below this side are noted: the network enlarges them. */
  networkSize: number;
}

export interface DatasetCheckEvents {
  onStart?: (total: number) => void;
  onProgress?: (done: number) => void;
}

const CLEAN_SPLIT = 'clean_split.txt';

/** Findings that make a sample unfit for a number. */
const UNFIT = new Set<FindingCode>(['empty-truth', 'inverted-truth', 'photo-as-truth', 'size-differs']);

/** What the files of one sample say. */
interface Examined {
  sample: Sample;
  label: typeof TAMPERED | typeof AUTHENTIC;
  format: string;
  width: number;
  height: number;
  sha256: string;
  /** Null without a ground truth, and for authentic images. */
  tamperedFraction: number | null;
  findings: FindingCode[];
}

/** A sample that cannot be used, and why. */
interface Unreadable {
  sample: Sample;
  finding: FindingCode;
  reason: string;
}

/**
 * Reads every file of a data set and tells what a careful person would want to know before trusting a number. Images are
 * never touched; a clean list of samples is written where that is asked for.
 *
 * @throws {OfxError} DATASET_INVALID, INPUT_MISSING, OUTPUT_UNWRITABLE
 */
export async function checkDataset(
  request: DatasetCheckRequest,
  events: DatasetCheckEvents = {},
  signal?: AbortSignal,
): Promise<DatasetCheck> {
  const dataset = await openDataset(request.dataset, request);
  events.onStart?.(dataset.samples.length);
  let done = 0;
  const examined = await pMap(
    dataset.samples,
    async (sample) => {
      const result = await examine(sample);
      events.onProgress?.(++done);
      return result;
    },
    { concurrency: usableCpus(), ...(signal && { signal }) },
  );

  const findings = new Findings();
  const duplicates = new Duplicates();
  const conventions = new TruthConventions();
  const clean: Examined[] = [];
  const readable: Examined[] = [];
  for (const result of examined) {
    if ('reason' in result) {
      findings.add(result.finding, `${result.sample.name}: ${result.reason}`);
      continue;
    }
    readable.push(result);
    for (const code of result.findings) findings.add(code, result.sample.name);
    if (result.tamperedFraction !== null) conventions.add(result.findings);
    const { width, height, label, sample, sha256 } = result;
    if (Math.max(width, height) < request.networkSize) {
      findings.add('small-image', `${sample.name}: ${width} x ${height}`);
    }
    const isNew = duplicates.add(sample.name, label, sha256, findings) === 'new';
    if (isNew && isFit(result)) clean.push(result);
  }
  const tampered = readable.filter(({ label }) => label === TAMPERED);
  conventions.examine(findings);
  examineBalance(tampered.length, readable.length - tampered.length, findings);

  const areas = tampered.flatMap(({ tamperedFraction }) => tamperedFraction ?? []);
  return {
    name: dataset.name,
    location: request.dataset,
    layout: dataset.layout,
    list: dataset.list === null ? null : path.basename(dataset.list),
    counts: {
      samples: dataset.samples.length,
      tampered: tampered.length,
      authentic: readable.length - tampered.length,
      withTruth: areas.filter((area) => area > 0).length,
      unreadable: examined.length - readable.length,
      leftOut: dataset.leftOut,
    },
    formats: countBy(readable.map(({ format }) => format)),
    width: spread(readable.map(({ width }) => width)),
    height: spread(readable.map(({ height }) => height)),
    tamperedFraction: spread(areas),
    findings: [...dataset.findings, ...findings.list()].sort(bySeverity),
    fixed: request.fix === undefined ? null : await writeCleanSplit(dataset, clean, request.fix),
  };
}

async function examine(sample: Sample): Promise<Examined | Unreadable> {
  let current: FindingCode = 'missing-image';
  try {
    const bytes = await readInput(sample.image, DEFAULT_LIMITS.maxBytes);
    const {
      width,
      height,
      format,
      oddities = [],
    } = await decodePicture(onlyPicture(await openImage(bytes, {}, 'The image')));
    const facts = { sample, format, width, height, sha256: createHash('sha256').update(bytes).digest('hex') };
    const about = oddities.map(findingOfOddity);
    if (sample.mask === null) {
      return { ...facts, label: sample.label ?? AUTHENTIC, tamperedFraction: null, findings: about };
    }
    current = 'missing-mask-file';
    const truth = await readGroundTruth(sample.mask);
    const findings = examineTruth(truth, { width, height });
    const isEmpty = findings.includes('empty-truth');
    const label = sample.label ?? (isEmpty ? AUTHENTIC : TAMPERED);
    const positive = truth.data.reduce((sum, grey) => sum + (grey > TRUTH_THRESHOLD ? 1 : 0), 0);
    return {
      ...facts,
      label,
      tamperedFraction: label === TAMPERED ? positive / truth.data.length : null,
      findings: [...about, ...(label === TAMPERED ? findings : [])],
    };
  } catch (error) {
    if (!(error instanceof OfxError)) throw error;
    const finding =
      error.code === 'INPUT_MISSING'
        ? current
        : error.code === 'SEVERAL_PAGES'
          ? 'several-pages'
          : 'unreadable';
    return { sample, finding, reason: error.message };
  }
}

/** Tampered samples need a ground truth that can be believed. */
function isFit({ label, tamperedFraction, findings }: Examined): boolean {
  return label === AUTHENTIC || (tamperedFraction !== null && !findings.some((code) => UNFIT.has(code)));
}

async function writeCleanSplit(
  { root, samples, leftOut }: Dataset,
  clean: readonly Examined[],
  fix: string | true,
): Promise<DatasetCheck['fixed']> {
  const file = fix === true ? path.join(root, CLEAN_SPLIT) : fix;
  const relative = (absolute: string): string => path.relative(root, absolute).split(path.sep).join('/');
  const lines = clean.map(({ sample: { name, mask, category }, label }) =>
    [
      name,
      label === TAMPERED && mask !== null ? relative(mask) : 'None',
      label,
      ...(category === null ? [] : [category]),
    ].join('\t'),
  );
  await writeFileAtomic(file, `${lines.join('\n')}\n`);
  return { file, samples: clean.length, dropped: samples.length + leftOut - clean.length };
}

function bySeverity(a: { severity: string }, b: { severity: string }): number {
  const order = ['error', 'warning', 'note'];
  return order.indexOf(a.severity) - order.indexOf(b.severity);
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function spread(values: readonly number[]): SpreadOfValues {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return { smallest: sorted[0]!, median: quantile(sorted, 0.5), largest: sorted.at(-1)! };
}
