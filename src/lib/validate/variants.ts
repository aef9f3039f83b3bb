import path from 'node:path';
import { toCsv } from '../text/csv.js';
import { bench } from '../bench/bench.js';
import type { Until } from '../bench/measure.js';
import type { BenchReport, ConfigurationResult } from '../bench/result.js';
import { compare } from '../compare/compare.js';
import { OfxError } from '../core/errors.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { openDataset } from '../dataset/open.js';
import { exists } from '../files/exists.js';
import { writeFileAtomic } from '../files/write.js';
import type { Condition } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import type { MetricPath } from '../metrics/definitions.js';
import type { ModelReference } from '../model/catalogue.js';
import type { Precision } from '../model/manifest.js';
import { resolveNetwork, VALIDATION_SIZE } from '../model/network.js';
import { renderChart } from '../report/charts/render.js';
import { tradeOffChart } from '../report/charts/trade-off.js';
import { renderVariantsPage } from '../report/html/variants-page.js';
import { numberRows, RUN_FILES } from '../run/files.js';
import { chooseRunFolder } from '../run/folder.js';
import { VALIDATION_JOURNAL } from '../run/journal.js';
import { loadSummary } from '../run/load.js';
import { judgeMetric } from '../run/metric-gates.js';
import type { RunRecord } from '../run/record.js';
import { metricAt, type RunSummary } from '../run/summary.js';
import { VARIANT_FILES, type VariantResult, type Variants } from '../run/variants.js';
import { digits, formatMs } from '../text/units.js';
import { decimals, intervalText, signed } from '../text/numbers.js';
import { selectSamples } from './validate.js';
import { paretoFront, recommendVariant } from './trade-off.js';
import type { ValidateEvents, ValidateRequest } from './request.js';

/** What is compared: all combinations. Undefined: the model's own choice. */
export interface VariantChoices {
  sizes: readonly (number | undefined)[];
  precisions: readonly (Precision | undefined)[];
}

/** How the latency of each is measured and weighed. */
export interface LatencyRequest {
  /** The budget: the highest median latency. */
  maxLatencyMs?: number | undefined;
  /** Threads of one inference. [all processors] */
  threads?: number | undefined;
  /** When to stop. [when the latency settles, as `ofx bench` does where nothing is asked for] */
  until?: Until | undefined;
}

export interface VariantEvents extends ValidateEvents {
  onVariant?: (name: string, index: number, total: number) => void;
  /** A variant is measured, or was before the call was resumed. */
  onRun?: (name: string, record: RunRecord | undefined) => Promise<void>;
  /** Accuracy is known, latency follows: a step a variant. */
  onLatency?: (steps: number) => void;
}

/** So many images of the data set are timed: their sizes decide how long decoding and encoding take. */
const TIMED_PHOTOS = 8;

const SETTLED: Until = { kind: 'settled', minRuns: 10, minMs: 3000, maxMs: 20_000 };

/**
 * Measures several sizes and precisions of a model on a data set, each in a run of its own, then the latency of each as
 * `ofx bench` does, and tells which is the most accurate within a budget. With `resume` those runs that are finished are kept.
 *
 * @param measure measures one variant
 * @throws {OfxError} SIZE_NOT_AVAILABLE before anything is measured; as `validate` and `bench`
 */
export async function validateVariants(
  choices: VariantChoices,
  request: ValidateRequest,
  latency: LatencyRequest,
  measure: (request: ValidateRequest) => Promise<RunRecord>,
  events: VariantEvents = {},
  signal?: AbortSignal,
): Promise<Variants> {
  const startedAt = new Date();
  const named = await findVariants(request.model!, choices);
  const { folder } = await chooseRunFolder({
    out: request.out,
    dataset: (await openDataset(request.dataset, request)).name,
    model: request.model?.kind === 'model' ? request.model.model.manifest.name : 'model',
    date: startedAt,
    resume: false,
  });
  const { failOn = [] } = request;
  const measured: MeasuredVariant[] = [];
  for (const [index, variant] of named.entries()) {
    events.onVariant?.(variant.name, index, named.length);
    const out = path.join(folder, variant.name);
    const isUnfinished = await exists(path.join(out, VALIDATION_JOURNAL));
    const isFinished = request.resume && !isUnfinished && (await exists(path.join(out, RUN_FILES.summary)));
    const record = isFinished
      ? undefined
      : await measure({
          ...request,
          detector: { ...request.detector, size: variant.size, precision: variant.precision },
          out,
          resume: request.resume && isUnfinished,
          failOn: failOn.filter((condition) => isFor(condition, variant)),
          baseline: await baselineOf(request.baseline, variant.name),
        });
    await events.onRun?.(variant.name, record);
    measured.push({ ...variant, summary: record?.summary ?? (await loadSummary(out)).summary });
  }
  const photos = await timedPhotos(request, measured);
  events.onLatency?.(measured.length);
  const timed = await timeVariants(request, named, photos, latency, events, signal);
  const { maxLatencyMs } = latency;
  const variants = weigh(measured, timed.configurations, maxLatencyMs);
  const { model, dataset, settings, headline } = measured[0]!.summary;
  const result: Variants = {
    schemaVersion: 1,
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    startedAt: startedAt.toISOString(),
    seconds: 0,
    folder,
    model: { name: model.name, version: model.version },
    dataset: { name: dataset.name, sha256: dataset.sha256, samples: dataset.samples },
    settings,
    machine: { cpu: timed.machine.cpu, threads: timed.configurations[0]!.threads },
    photos: photos.length,
    headline: { path: headline.path, title: headline.title },
    maxLatencyMs: maxLatencyMs ?? null,
    variants,
    recommendation: await recommend(folder, variants, headline, maxLatencyMs, request.seed, signal),
    warnings: timed.warnings.map((text) => `Latency (flags are those of ofx bench): ${text}`),
    gates: [
      ...measured.flatMap(({ name, summary: { gates = [] } }) =>
        gates.map((gate) => ({ ...gate, subject: `${gate.subject}, ${name}` })),
      ),
      ...failOn
        .filter((condition) => !named.some((variant) => isFor(condition, variant)))
        .map((condition) => unmeasured(condition, named)),
    ],
  };
  result.seconds = (Date.now() - startedAt.getTime()) / 1000;
  await writeVariants(result, request.charts);
  return result;
}

/** A size and a precision that the model has. */
interface Variant {
  name: string;
  size: number;
  precision: Precision;
}

interface MeasuredVariant extends Variant {
  summary: RunSummary;
}

/** Looks every variant up, so that one that is not there is told before an hour of work. */
async function findVariants(
  model: ModelReference,
  { sizes, precisions }: VariantChoices,
): Promise<Variant[]> {
  if (model.kind !== 'model')
    throw new OfxError('USAGE', 'A bare .onnx file has one size and one precision.', {
      suggestion: 'Give the folder of a model: ofx convert makes one with several sizes.',
    });
  const found = new Map<string, Variant>();
  for (const size of sizes) {
    for (const precision of precisions) {
      const { identity } = await resolveNetwork(
        model,
        { size, precision, usualSize: VALIDATION_SIZE },
        () => {
          throw new TypeError('A model with a manifest describes itself.');
        },
      );
      const name = `${identity.inputSize}-${identity.precision}`;
      found.set(name, { name, size: identity.inputSize, precision: identity.precision });
    }
  }
  return [...found.values()];
}

/** Images from all over the data set that no variant failed on. */
async function timedPhotos(
  request: ValidateRequest,
  measured: readonly MeasuredVariant[],
): Promise<string[]> {
  const failed = new Set(measured.flatMap(({ summary }) => summary.failed.map(({ image }) => image)));
  const { samples } = await openDataset(request.dataset, request);
  const usable = selectSamples(samples, request).filter(({ name }) => !failed.has(name));
  const count = Math.min(TIMED_PHOTOS, usable.length);
  return Array.from({ length: count }, (_, index) =>
    path.resolve(usable[Math.floor((index * usable.length) / count)]!.image),
  );
}

/** One at a time, from file to mask; each in a process of its own. */
async function timeVariants(
  { model, detector }: ValidateRequest,
  variants: readonly Variant[],
  photos: readonly string[],
  { threads, until = SETTLED }: LatencyRequest,
  { onNote, onProgress }: VariantEvents,
  signal: AbortSignal | undefined,
): Promise<BenchReport> {
  return bench(
    {
      sweep: {
        models: [(model as ModelReference & { kind: 'model' }).model.folder],
        sizes: [...new Set(variants.map(({ size }) => size))],
        precisions: [...new Set(variants.map(({ precision }) => precision))],
        threads: [threads],
        concurrencies: [1],
        evidence: detector.evidence,
      },
      images: photos,
      until,
      totalMs: undefined,
      coldStarts: 0,
      profile: false,
      failOn: [],
      against: undefined,
      baseline: undefined,
      maxRegression: 0,
      given: { threads: threads !== undefined, duration: false },
    },
    { ...(onNote && { onNote }), ...(onProgress && { onProgress }) },
    signal,
  );
}

/** Accuracy and latency of each, fastest first. */
function weigh(
  measured: readonly MeasuredVariant[],
  timed: readonly ConfigurationResult[],
  maxLatencyMs: number | undefined,
): VariantResult[] {
  const variants = measured.map(({ name, size, precision, summary }) => {
    const { latencyMs, memory } = timed.find(
      ({ network }) => network.inputSize === size && network.precision === precision,
    )!;
    const { runs, p50, p95, mean } = latencyMs.total;
    return {
      result: {
        name,
        folder: name,
        inputSize: size,
        precision,
        sha256: summary.model.sha256,
        failed: summary.failed.length,
        warnings: summary.warnings,
        metrics: summary.metrics,
        latencyMs: { runs, p50, p95, mean },
        peakMemoryBytes: memory.peakBytes,
        withinBudget: p50 <= (maxLatencyMs ?? Infinity),
      },
      accuracy: summary.headline.value,
      latency: p50,
    };
  });
  const front = new Set(paretoFront(variants));
  return variants
    .sort((a, b) => a.latency - b.latency)
    .map((variant) => ({ ...variant.result, onFront: front.has(variant) }));
}

/** Which to use, and what the next faster one would cost, image by image. */
async function recommend(
  folder: string,
  variants: readonly VariantResult[],
  { path: metric, title }: Variants['headline'],
  maxLatencyMs: number | undefined,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Variants['recommendation']> {
  const weighed = variants.map((variant) => ({
    ...variant,
    accuracy: metricAt(variant.metrics, metric)!.value,
    latency: variant.latencyMs.p50,
  }));
  const budget = maxLatencyMs === undefined ? '' : ` within ${formatMs(maxLatencyMs)}`;
  const found = recommendVariant(weighed, maxLatencyMs);
  if (!found) {
    const [fastest] = variants;
    const text = variants.some(({ withinBudget }) => withinBudget)
      ? `${title} cannot be given on these data, so nothing is recommended.`
      : `None is${budget}: the fastest, ${fastest!.name}, takes ${formatMs(fastest!.latencyMs.p50)}.`;
    return { variant: null, faster: null, text };
  }
  const { chosen, faster } = found;
  const best = `${chosen.name} is the most accurate${budget}: ${decimals(chosen.accuracy)} (${title}) at ${formatMs(chosen.latency)} an image.`;
  if (!faster) return { variant: chosen.name, faster: null, text: best };
  const { comparisons } = await compare(
    {
      runs: [chosen, faster].map((variant) => path.join(folder, variant.folder)),
      match: true,
      seed,
      images: 0,
      failOn: [],
    },
    signal,
  );
  const { difference, low, high, verdict } = comparisons[0]!.differences[metric as MetricPath];
  const speedUp = chosen.latency / faster.latency;
  const sure = verdict === 'worse' ? 'clearly less accurate' : 'not clearly less accurate on these images';
  const text = `${best} ${faster.name} is ${digits(speedUp)} times as fast and ${sure}: ${signed(difference)} (95 %: ${intervalText({ low, high }, signed)}).`;
  return {
    variant: chosen.name,
    faster: { variant: faster.name, speedUp, difference, low, high, verdict },
    text,
  };
}

/** Conditions without a size or a precision are for each of them. */
function isFor({ filters }: Condition, { size, precision }: Variant): boolean {
  const [wantedSize, wantedPrecision] = [filters.get('size'), filters.get('precision')];
  return (
    (wantedSize === undefined || Number(wantedSize) === size) &&
    (wantedPrecision === undefined || wantedPrecision.toLowerCase() === precision)
  );
}

/** A condition on a variant that is none of them fails: nobody can check it. */
function unmeasured(condition: Condition, variants: readonly Variant[]): Gate {
  const names = variants.map(({ name }) => name).join(', ');
  return judgeMetric(condition, 'all variants', () => ({
    value: null,
    low: null,
    high: null,
    n: 0,
    reason: `no such variant; there are ${names}`,
  }));
}

/** Of an earlier call, the run of the same variant; a single run stands for itself. */
async function baselineOf(baseline: string | undefined, name: string): Promise<string | undefined> {
  if (baseline === undefined) return undefined;
  const own = path.join(baseline, name);
  return (await exists(path.join(own, RUN_FILES.summary))) ? own : baseline;
}

async function writeVariants(variants: Variants, charts: boolean): Promise<void> {
  const place = (name: string): string => path.join(variants.folder, name);
  await writeFileAtomic(place(VARIANT_FILES.numbers), variantsCsv(variants));
  const chart = tradeOffChart(variants);
  if (charts) {
    const { svg, png } = await renderChart(chart.spec);
    await writeFileAtomic(place(`${chart.name}.vl.json`), `${JSON.stringify(chart.spec, null, 2)}\n`);
    await writeFileAtomic(place(`${chart.name}.svg`), svg);
    await writeFileAtomic(place(`${chart.name}.png`), png);
  }
  await writeFileAtomic(place(VARIANT_FILES.page), await renderVariantsPage(variants, charts));
  await writeFileAtomic(place(VARIANT_FILES.summary), `${JSON.stringify(variants, null, 2)}\n`);
}

/** `variants.csv`: a row a number of each variant, as in summary.csv, its latency and memory among them. */
function variantsCsv({ variants }: Variants): string {
  const bare = { low: null, high: null };
  const rows = variants.flatMap(({ name, inputSize, precision, metrics, latencyMs, peakMemoryBytes }) =>
    [
      ...numberRows({ metrics }),
      ...(['p50', 'p95', 'mean'] as const).map((which) => ({
        path: `latencyMs.${which}`,
        value: latencyMs[which],
        ...bare,
        n: latencyMs.runs,
      })),
      { path: 'peakMemoryBytes', value: peakMemoryBytes, ...bare, n: latencyMs.runs },
    ].map((row) => ({ variant: name, inputSize, precision, ...row })),
  );
  return toCsv(rows, {
    header: true,
    columns: ['variant', 'inputSize', 'precision', 'path', 'value', 'low', 'high', 'n'],
  });
}
