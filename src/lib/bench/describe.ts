import { intervalText } from '../text/numbers.js';
import { digits, formatBytes, formatChange, formatMs } from '../text/units.js';
import {
  STAGES,
  type BenchReport,
  type LatencyComparison,
  type ConfigurationResult,
  type Machine,
  type Summary,
} from './result.js';

/** A report as tables of short texts, for the terminal and for Markdown alike. */
export interface TextTable {
  head: string[];
  rows: string[][];
}

/** A row a configuration; what all rows share is left to the heading. */
export function overviewTable(configurations: readonly ConfigurationResult[]): TextTable {
  const several = new Set(configurations.map(networkLabel)).size > 1;
  return {
    head: [
      ...(several ? ['network'] : []),
      ...[
        'threads',
        'concurrency',
        'p50',
        'p95',
        'p99',
        'images/s',
        'cpu/image',
        'cores',
        'peak RSS',
        'steady',
        'runs',
      ],
    ],
    rows: configurations.map((configuration) => {
      const { threads, concurrency, latencyMs, throughputPerSecond, cpu, memory, settled } = configuration;
      const { p50, p95, p99, runs } = latencyMs.total;
      return [
        ...(several ? [networkLabel(configuration)] : []),
        String(threads),
        String(concurrency),
        ...[p50, p95, p99].map(formatMs),
        digits(throughputPerSecond),
        formatMs(cpu.msPerImage),
        cpu.coresUsed.toFixed(1),
        formatBytes(memory.peakBytes),
        formatBytes(memory.steadyBytes),
        `${runs}${settled === false ? ' *' : ''}`,
      ];
    }),
  };
}

/** A row a step of one image. */
export function stepsTable({ latencyMs }: ConfigurationResult): TextTable {
  const known = STAGES.filter((stage) => latencyMs[stage]);
  return {
    head: [
      'step, ms',
      'mean',
      '95 % interval',
      'stddev',
      'min',
      'p50',
      'p90',
      'p95',
      'p99',
      'max',
      'outliers',
    ],
    rows: known.map((stage) => stepRow(stage === 'total' ? 'end to end' : stage, latencyMs[stage]!)),
  };
}

function stepRow(name: string, summary: Summary): string[] {
  const { mean, meanLow, meanHigh, stddev, min, p50, p90, p95, p99, max, outliers } = summary;
  return [
    name,
    digits(mean),
    intervalText({ low: meanLow, high: meanHigh }, digits),
    ...[stddev, min, p50, p90, p95, p99, max].map(digits),
    String(outliers),
  ];
}

export function comparisonTable(comparisons: readonly LatencyComparison[]): TextTable {
  return {
    head: ['this', 'compared with', 'latency', '95 % interval', 'throughput', 'peak RSS'],
    rows: comparisons.map(({ id, reference, latency, throughput, peakMemory }) => [
      id,
      reference,
      formatChange(latency.value),
      intervalText(latency, formatChange),
      formatChange(throughput),
      formatChange(peakMemory),
    ]),
  };
}

/** "Intel(R) Xeon(R) Processor, 2 cores, linux x64, Node 20.20.2, onnxruntime 1.30.0" */
export function machineLine({
  cpu,
  cores,
  usableCores,
  quota,
  os,
  arch,
  node,
  onnxruntime,
}: Machine): string {
  const usable =
    usableCores < cores ? ` (${usableCores} usable${quota === null ? '' : `, quota ${quota}`})` : '';
  return `${cpu}, ${cores} cores${usable}, ${os} ${arch}, Node ${node}, onnxruntime ${onnxruntime}`;
}

/** What was scored, as a noun. */
export function workLine({ mode, photos }: BenchReport): string {
  if (mode === 'inference-only') return 'a fixed tensor, inference only';
  return photos.length === 1 ? '1 photo, from file to mask' : `${photos.length} photos, from file to mask`;
}

export function coldStartLines({ coldStarts }: BenchReport): string[] {
  return coldStarts.map(({ network, samplesMs, medianMs, medianLoadMs }) => {
    const label = coldStarts.length > 1 ? `${networkLabel({ network })}: ` : '';
    return `${label}${formatMs(medianMs)} to the first result (model load ${formatMs(medianLoadMs)}), median of ${samplesMs.length}`;
  });
}

/** What to use, two lines a network. */
export function recommendationLines({ recommendations, configurations }: BenchReport): string[] {
  return recommendations.flatMap(({ network, latency, throughput }) => {
    const label = recommendations.length > 1 ? ` (${networkLabel({ network })})` : '';
    const line = (goal: string, id: string, found: (best: ConfigurationResult) => string): string => {
      const best = configurations.find((each) => each.id === id)!;
      return `for ${goal}: --threads ${best.threads} --concurrency ${best.concurrency}, ${found(best)}${label}`;
    };
    return [
      line('latency', latency, ({ latencyMs }) => `p50 ${formatMs(latencyMs.total.p50)}`),
      line('throughput', throughput, ({ throughputPerSecond }) => `${digits(throughputPerSecond)} images/s`),
    ];
  });
}

export function networkLabel({
  network: { name, inputSize, precision },
}: Pick<ConfigurationResult, 'network'>): string {
  return `${name} ${inputSize} ${precision}`;
}
