import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { expand } from '../../../src/lib/bench/configuration.js';
import { benchCsv, samplesCsv } from '../../../src/lib/bench/csv.js';
import { digits, formatBytes, formatChange, formatMs } from '../../../src/lib/text/units.js';
import { benchMarkdown } from '../../../src/lib/bench/markdown.js';
import { summariseTrace } from '../../../src/lib/bench/profile.js';
import { recommend } from '../../../src/lib/bench/recommend.js';
import { joinMeasurements } from '../../../src/lib/bench/summarise.js';
import { benchWarnings, type WarningContext } from '../../../src/lib/bench/warnings.js';
import { benchText } from '../../../src/lib/cli/bench-text.js';
import { configurationOf, MACHINE, measurementOf, reportOf } from '../../support/bench.js';

const GATES = [
  { name: 'p95<=500ms', subject: 'a', passed: true, detail: 'p95 is 200 ms' },
  { name: 'rss<=2GB', subject: 'a|b', passed: false, detail: 'rss is 3.00 GB' },
];

describe('configurations', () => {
  const sweep = {
    models: ['a'],
    sizes: [undefined],
    precisions: [undefined],
    threads: [undefined],
    concurrencies: [1, 2, 3],
  };

  it('share the processors among the concurrent requests', () => {
    const threads = (cores: number): number[] => expand(sweep, cores).map((each) => each.threads);
    expect(threads(2)).to.deep.equal([2, 1, 1]);
    expect(threads(8)).to.deep.equal([8, 4, 2]);
  });

  it('are all combinations, none twice', () => {
    const all = expand({ ...sweep, models: ['a', 'b'], sizes: [288, 380], threads: [1, 2, 2] }, 2);
    expect(all).to.have.length(2 * 2 * 2 * 3);
    expect(new Set(all.map((each) => JSON.stringify(each))).size).to.equal(all.length);
  });
});

describe('recommendations', () => {
  const way = (threads: number, concurrency: number, total: number): ReturnType<typeof configurationOf> =>
    configurationOf({
      threads,
      concurrency,
      totals: Array<number>(12).fill(total),
      // As if the requests had run side by side.
      measurement: { elapsedMs: (12 * total) / concurrency },
    });

  it('are the soonest answer and the most images', () => {
    const ways = [way(1, 1, 300), way(2, 1, 180), way(1, 2, 320)];
    const [recommendation] = recommend(ways);
    expect(recommendation).to.include({ latency: ways[1]!.id, throughput: ways[2]!.id });
  });

  it('prefer fewer threads where noise is all that tells them apart', () => {
    const ways = [way(2, 1, 200), way(1, 1, 205)];
    expect(recommend(ways)[0]).to.include({ latency: ways[1]!.id, throughput: ways[1]!.id });
  });

  it('do not weigh networks against each other', () => {
    const both = [configurationOf({ sha256: 'a' }), configurationOf({ sha256: 'b' })];
    expect(recommend(both)).to.deep.equal([]);
  });
});

describe('warnings', () => {
  const context: WarningContext = {
    machine: MACHINE,
    threadsGiven: false,
    durationGiven: false,
    againstGiven: false,
  };
  const only = (...args: Parameters<typeof benchWarnings>): string => {
    const warnings = benchWarnings(...args);
    expect(warnings).to.have.length(1);
    return warnings[0]!;
  };

  it('are silent on a quiet machine with enough cores', () => {
    expect(benchWarnings([configurationOf()], context)).to.deep.equal([]);
  });

  it('tell the work of others, and the next step that is left', () => {
    const noisy = [configurationOf({ measurement: { busyMs: 4000 * 2, idleMs: 0, cpuMs: 6000 } })];
    expect(only(noisy, context)).to.contain('up to 0.5 of 2 cores').and.contain('--against');
    expect(only(noisy, { ...context, againstGiven: true })).to.contain('holds all the same');
    // On a machine with idle cores others do no harm.
    const roomy = [configurationOf({ measurement: { busyMs: 4000 * 2, idleMs: 4000 * 30, cpuMs: 6000 } })];
    expect(benchWarnings(roomy, context)).to.deep.equal([]);
  });

  it('tell what did not settle', () => {
    const warning = only([configurationOf({ measurement: { settled: false, spread: 0.213 } })], context);
    expect(warning).to.contain('did not settle').and.contain('21 % apart').and.contain('--duration 60s');
  });

  it('tell too few runs, with the flag that is not on yet', () => {
    const few = [configurationOf({ totals: [100, 100, 100] })];
    expect(only(few, context)).to.contain('--runs 20');
    expect(only(few, { ...context, durationGiven: true })).to.contain('longer --duration');
  });

  it('tell too many threads for the cores', () => {
    expect(only([configurationOf({ threads: 1, concurrency: 3 })], context))
      .to.contain('more than the 2 usable cores')
      .and.contain('more cores');
    expect(
      only([configurationOf({ threads: 2, concurrency: 3 })], { ...context, threadsGiven: true }),
    ).to.contain('Lower --threads');
  });

  it('tell that a quota stopped the container', () => {
    const stopped = [configurationOf({ measurement: { throttled: { periods: 30, of: 100 } } })];
    const warning = only(stopped, { ...context, machine: { ...MACHINE, quota: 1.5 } });
    expect(warning).to.contain('quota of 1.5 processors').and.contain('30 %').and.contain('--threads 1');
  });

  it('tell outliers', () => {
    const totals = Array.from({ length: 40 }, (_, index) => (index % 5 === 0 ? 900 : 200 + (index % 3)));
    expect(only([configurationOf({ totals })], context)).to.contain('20 % of the runs are outliers');
  });

  it('tell memory that grows', () => {
    const memory = Array.from({ length: 50 }, (_, index) => ({
      ms: index * 100,
      bytes: 300e6 + index * 2e6,
    }));
    const leaking = [configurationOf({ measurement: { memory } })];
    expect(only(leaking, context)).to.contain('still grew by 48.0 MB').and.contain('--duration 60s');
    expect(only(leaking, { ...context, durationGiven: true })).to.contain('it is a leak');
  });
});

describe('pieces of a measurement', () => {
  it('are joined: runs and times added, memory on one axis of time', () => {
    const pieces = [measurementOf([100, 100], { peakBytes: 5 }), measurementOf([300], { peakBytes: 9 })];
    const { runs, elapsedMs, peakBytes, memory, cpuMs } = joinMeasurements(pieces);
    expect(runs.map(({ total }) => total)).to.deep.equal([100, 100, 300]);
    expect({ elapsedMs, peakBytes, cpuMs }).to.deep.equal({ elapsedMs: 500, peakBytes: 9, cpuMs: 900 });
    expect(memory.map(({ ms }) => ms)).to.deep.equal([0, 100, 200]);
  });
});

describe('a trace of ONNX Runtime', () => {
  const kernel = (name: string, op: string, ms: number): object => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    dur: ms * 1000,
    args: { op_name: op },
  });
  const inference = (factor: number): object[] => [
    kernel('a', 'Conv', 6 * factor),
    kernel('b', 'Conv', 2 * factor),
    kernel('c', 'Gemm', 2 * factor),
    { cat: 'Session', name: 'model_run', dur: 99_999 },
    { cat: 'Node', name: 'a_fence_before', dur: 99_999 },
  ];

  it('gives the time an inference by operator and node, the warm-up left out', () => {
    const events = [
      { cat: 'Session', name: 'session_initialization', dur: 5 },
      ...inference(50),
      ...inference(1),
      ...inference(3),
    ];
    const { operators, slowest, runs } = summariseTrace(events as never, 1, 2);
    expect(runs).to.equal(2);
    expect(operators).to.deep.equal([
      { type: 'Conv', nodes: 2, ms: 16, share: 0.8 },
      { type: 'Gemm', nodes: 1, ms: 4, share: 0.2 },
    ]);
    expect(slowest.map(({ node, ms }) => [node, ms])).to.deep.equal([
      ['a', 12],
      ['b', 4],
      ['c', 4],
    ]);
  });

  it('stands without nodes', () => {
    expect(summariseTrace([], 1, 1)).to.deep.equal({ runs: 1, operators: [], slowest: [] });
  });
});

describe('the forms of a report', () => {
  const report = reportOf({
    configurations: [
      configurationOf(),
      configurationOf({ concurrency: 2, threads: 1, measurement: { settled: false } }),
    ],
    gates: GATES,
    warnings: ['Be quiet.'],
  });

  it('CSV has a row for each configuration and step', () => {
    const [head, ...rows] = benchCsv(report).trim().split('\n');
    expect(head).to.match(/^model,version,inputSize,precision,threads,concurrency,stage,runs,meanMs,/);
    expect(rows.map((row) => row.split(',').slice(4, 8).join())).to.deep.equal([
      '2,1,inference,20',
      '2,1,total,20',
      '1,2,inference,20',
      '1,2,total,20',
    ]);
    expect(samplesCsv(report).trim().split('\n')).to.have.length(1 + 40);
  });

  it('Markdown says the verdict first, and keeps its tables whole', () => {
    const text = benchMarkdown(report);
    expect(text.split('\n', 1)[0]).to.equal('## Benchmark: 1 of 2 gates failed');
    expect(text).to.contain('| ❌ | `rss<=2GB` | rss is 3.00 GB | a\\|b |').and.contain('- Be quiet.');
    const columns = text.split('\n').filter((line) => line.startsWith('| ---')).length;
    expect(columns).to.equal(4);
  });

  it('the terminal shows no line wider than 100 columns', () => {
    // Colours take characters, but no room.
    const text = stripVTControlCharacters(benchText(report));
    expect(text).to.contain('* did not settle').and.contain('✗ rss<=2GB');
    const widest = Math.max(...text.split('\n').map((line) => line.length));
    expect(widest).to.be.at.most(100);
    const networks = reportOf({
      configurations: [288, 380].map((size) => configurationOf({ size, name: 'objectformer-lite' })),
    });
    expect(
      Math.max(
        ...stripVTControlCharacters(benchText(networks))
          .split('\n')
          .map((line) => line.length),
      ),
    ).to.be.at.most(100);
  });

  it('numbers have three digits and the unit that suits them', () => {
    expect([0.04213, 183.64, 2345].map(formatMs)).to.deep.equal(['0.0421 ms', '184 ms', '2.35 s']);
    expect([1_234_567_890, 351e6, 999.9e6, 4096].map(formatBytes)).to.deep.equal([
      '1.23 GB',
      '351 MB',
      '1.00 GB',
      '4.10 kB',
    ]);
    expect([1.0734, 0.9, 1].map(formatChange)).to.deep.equal(['+7.3 %', '−10.0 %', '+0.0 %']);
    expect([0, 1057, 10.4, 0.37].map(digits)).to.deep.equal(['0', '1057', '10.4', '0.370']);
  });
});
