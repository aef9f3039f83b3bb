import { OFX_BUILD } from '../core/version.js';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { exists } from '../files/exists.js';
import type { Gate } from '../gates/gate.js';
import { bootstrapIntervals, type Interval, type Statistics } from '../metrics/bootstrap.js';
import { compareRuns, FEWEST_IMAGES, type ComparedRun } from '../metrics/compare.js';
import { headlinePath, METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../metrics/definitions.js';
import type { Condition } from '../gates/condition.js';
import { addressed, isAboutRobustness, judgeMetric, judgeRobustness, lookupIn } from '../run/metric-gates.js';
import type { Estimate } from '../metrics/run-metrics.js';
import { ESTIMATED_PATHS, runStatistic } from '../metrics/run-statistic.js';
import { sweepThresholds, ThresholdSet } from '../metrics/thresholds.js';
import type { ComparedRunInfo, Comparison, PairComparison } from '../run/comparison.js';
import { counted } from '../text/plural.js';
import { intervalText, percent, signed } from '../text/numbers.js';
import { possiblePanels } from '../run/files.js';
import { metricAt } from '../run/summary.js';
import { changedImages } from './changed-images.js';
import { readEvidence, type PairedImage } from '../run/evidence.js';
import { loadSummary } from '../run/load.js';
import { pairRuns, type LoadedRun } from './pair-runs.js';

export interface CompareRequest {
  /** Folders of runs, the baseline first. */
  runs: readonly string[];
  /** Pair what the runs share although they differ. */
  match: boolean;
  seed: number;
  /** How many changed images are told. */
  images: number;
  failOn: readonly Condition[];
}

/** What a run of a comparison is known by where names are the same. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Holds runs against the first one: paired differences of every number, and the images that changed most.
 *
 * @throws {OfxError} USAGE where the runs measure different things, INPUT_MISSING, RESULT_INVALID
 */
export async function compare(request: CompareRequest, signal?: AbortSignal): Promise<Comparison> {
  if (request.runs.length < 2 || request.runs.length > LETTERS.length) {
    throw new OfxError('USAGE', `A comparison takes two runs or more, not ${request.runs.length}.`, {
      suggestion: 'For example: ofx compare reports/old reports/new',
    });
  }
  const runs = await loadRuns(request.runs);
  const pairing = pairRuns(runs, request);
  const headline = headlinePath(runs[0]!.summary.settings.protocol);
  const compared = runs.map((run, index) => comparedRun(run, pairing.images[index]!));
  refuseCounts(request.failOn, compared);
  const [baseline, ...others] = compared;
  const comparisons: PairComparison[] = [];
  for (const [index, other] of others.entries()) {
    // Resampling some thousand images takes seconds; a signal is heeded in between.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    const differences = compareRuns(baseline!, other, request);
    const names = [runs[0]!.name, runs[index + 1]!.name] as const;
    const changes = changedImages(baseline!, other);
    const changed = changes.list.slice(0, request.images);
    await addPanels(changed, runs[0]!.folder, runs[index + 1]!.folder);
    comparisons.push({
      run: index + 1,
      verdict: differences[headline].verdict,
      sentence: sentence(names, headline, differences[headline]),
      differences,
      improved: changes.improved,
      worsened: changes.worsened,
      changed,
    });
  }
  const labels = baseline!.images.map(({ label }) => label);
  return {
    build: OFX_BUILD,
    runs: runs.map((run, index) => describeRun(run, pairing.images[index]!)),
    headline: { path: headline, title: METRIC_DEFINITIONS[headline].title },
    images: {
      paired: labels.length,
      tampered: labels.filter((label) => label === 1).length,
      authentic: labels.filter((label) => label === 0).length,
      leftOut: pairing.leftOut.flatMap((names, run) =>
        names.length === 0 ? [] : [{ run, count: names.length, examples: names.slice(0, 10) }],
      ),
    },
    notes: pairing.notes,
    comparisons,
    gates: comparisons.flatMap((comparison) => judgeAll(request, runs, compared, comparison)),
  };
}

async function loadRuns(locations: readonly string[]): Promise<LoadedRun[]> {
  const runs: Omit<LoadedRun, 'name'>[] = [];
  for (const location of locations) {
    const { folder, summary } = await loadSummary(location);
    runs.push({ folder, summary, evidence: await readEvidence(folder) });
  }
  const names = distinctNames(runs);
  return runs.map((run, index) => ({ ...run, name: names[index]! }));
}

/** The shortest way of naming runs that tells them apart: model, version, size, precision, folder, or a letter. */
function distinctNames(runs: readonly Omit<LoadedRun, 'name'>[]): string[] {
  const ways: ((run: Omit<LoadedRun, 'name'>, index: number) => string)[] = [
    ({ summary: { model } }) => model.name,
    ({ summary: { model } }) => `${model.name} ${model.version}`,
    ({ summary: { model } }) => `${model.name} at ${model.inputSize}`,
    ({ summary: { model } }) => `${model.name} in ${model.precision}`,
    ({ summary: { model } }) => `${model.name} at ${model.inputSize} in ${model.precision}`,
    ({ folder }) => path.basename(path.resolve(folder)),
  ];
  for (const way of ways) {
    const names = runs.map(way);
    if (new Set(names).size === names.length) return names;
  }
  return runs.map(({ folder }, index) => `${LETTERS[index]!}: ${folder}`);
}

function comparedRun({ summary, evidence }: LoadedRun, images: readonly PairedImage[]): ComparedRun {
  const { scoreThreshold, maskThreshold, sweepStep } = summary.settings;
  const complete = images.length === evidence.images.length;
  return {
    images: images.map((image) => image.evidence),
    thresholds: new ThresholdSet(evidence.thresholds),
    settings: { scoreThreshold, maskThreshold, sweep: sweepThresholds(sweepStep) },
    ...(complete && {
      exact: Object.fromEntries(
        METRIC_PATHS.map((metric) => [metric, metricAt(summary.metrics, metric)!.value]),
      ),
    }),
  };
}

function describeRun({ name, folder, summary }: LoadedRun, images: readonly PairedImage[]): ComparedRunInfo {
  const { model, dataset, settings, failed } = summary;
  return {
    name,
    folder,
    model: {
      name: model.name,
      version: model.version,
      sha256: model.sha256,
      inputSize: model.inputSize,
      precision: model.precision,
    },
    dataset: { name: dataset.name, sha256: dataset.sha256, images: images.length, failed: failed.length },
    settings: {
      protocol: settings.protocol,
      scoreAt: settings.scoreAt,
      scoreThreshold: settings.scoreThreshold,
      maskThreshold: settings.maskThreshold,
    },
  };
}

function sentence(
  [first, second]: readonly [string, string],
  headline: MetricPath,
  {
    first: before,
    second: now,
    difference,
    low,
    high,
    chanceBetter,
    images,
    verdict,
  }: PairComparison['differences'][MetricPath],
): string {
  const title = METRIC_DEFINITIONS[headline].title;
  if (difference === null) return `${title} is n/a, so nothing can be said.`;
  const numbers = `${title}: ${now!.toFixed(3)} against ${before!.toFixed(3)}, ${signed(difference)}`;
  const bounds = intervalText({ low, high }, signed);
  const interval = bounds === '' ? '' : ` (95 %: ${bounds})`;
  const chance = chanceBetter === null ? '' : `; better in ${percent(chanceBetter)} of resamples`;
  switch (verdict) {
    case 'better':
    case 'worse':
      return `${second} is ${verdict} than ${first} in ${numbers}${interval}, a significant difference${chance}.`;
    case 'equal':
      return `${second} and ${first} are equal in ${numbers}.`;
    case 'few':
      return `Too few images to tell ${second} from ${first}: ${counted(images, 'image')}, and a verdict takes ${FEWEST_IMAGES}. ${numbers}${interval}.`;
    default:
      return `The difference between ${second} and ${first} is not significant. ${numbers}${interval}${chance}.`;
  }
}

async function addPanels(
  changed: PairComparison['changed'],
  firstFolder: string,
  secondFolder: string,
): Promise<void> {
  for (const { image, first, second } of changed) {
    first.panel = await panelIn(firstFolder, image);
    second.panel = await panelIn(secondFolder, image);
  }
}

async function panelIn(folder: string, image: string): Promise<string | null> {
  for (const panel of possiblePanels(image)) if (await exists(path.join(folder, panel))) return panel;
  return null;
}

function judgeAll(
  { failOn, seed }: CompareRequest,
  runs: readonly LoadedRun[],
  compared: readonly ComparedRun[],
  pair: PairComparison,
): Gate[] {
  const side = (
    which: 'first' | 'second',
    index: number,
    condition: Condition,
  ): ((metric: MetricPath) => Estimate | undefined) => {
    if (condition.filters.size > 0) return lookupIn(runs[index]!.summary, condition);
    const { metrics } = runs[index]!.summary;
    const run = compared[index]!;
    let intervals: ReturnType<typeof pairedIntervals> | undefined;
    return (metric) => {
      const whole = metricAt(metrics, metric);
      const difference = (pair.differences as Partial<PairComparison['differences']>)[metric];
      // Counts and thresholds are the run's own, and so is everything where all its images are in pairs.
      if (!whole || !difference || run.exact) return whole;
      intervals ??= pairedIntervals(run, seed);
      const { low, high } = intervals[metric] ?? { low: null, high: null };
      return { ...whole, value: difference[which], low, high };
    };
  };
  return failOn.flatMap((condition) =>
    isAboutRobustness(condition)
      ? judgeRobustness(condition, runs[pair.run]!.name, runs[pair.run]!.summary, runs[0]!.summary)
      : judgeMetric(
          condition,
          runs[pair.run]!.name,
          side('second', pair.run, condition),
          side('first', 0, condition),
        ),
  );
}

/** Intervals of a run's numbers on the images in pairs. */
function pairedIntervals(
  { images, thresholds, settings }: ComparedRun,
  seed: number,
): Partial<Record<MetricPath, Interval | null>> {
  const strata = images.map(({ label }) => label);
  const statistic = runStatistic(images, thresholds, settings);
  return bootstrapIntervals(strata, (weights) => statistic(weights) as Statistics<MetricPath>, { seed });
}

/** How many images a number of a run rests on says nothing of those in pairs. */
function refuseCounts(failOn: readonly Condition[], compared: readonly ComparedRun[]): void {
  if (compared.every(({ exact }) => exact)) return;
  const asked = failOn.find((condition) => {
    if (isAboutRobustness(condition)) return true;
    const { path: metric, field } = addressed(condition.path);
    return condition.filters.size > 0 || (field === 'n' && ESTIMATED_PATHS.includes(metric));
  });
  if (!asked) return;
  throw new OfxError(
    'USAGE',
    `--fail-on "${asked.text}" cannot be judged: only some images of the runs are in pairs.`,
    { suggestion: 'Ask for the value, .low or .high, or put the condition to ofx validate.' },
  );
}
