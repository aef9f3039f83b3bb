import { expect } from 'chai';
import { BENCH_VOCABULARY, benchGates, TARGET, unmeasured } from '../../../src/lib/bench/gates.js';
import type { ColdStart, ConfigurationResult } from '../../../src/lib/bench/result.js';
import { parseConditions, type Condition } from '../../../src/lib/gates/condition.js';
import { configurationOf } from '../../support/bench.js';

const parse = (...texts: string[]): Condition[] => parseConditions(texts, BENCH_VOCABULARY);

/** Whether one configuration passes one condition. */
function passes(text: string, configuration = configurationOf(), coldStarts: ColdStart[] = []): boolean {
  const [gate, ...others] = benchGates(parse(text), [configuration], coldStarts);
  expect(others).to.be.empty;
  return gate!.passed;
}

describe('conditions on a benchmark', () => {
  it('are false and true of each metric at its limit', () => {
    const at200 = configurationOf();
    const outcomes: [string, boolean][] = [
      ['p95 > 200ms', true],
      ['p95 >= 200ms', false],
      ['p95 > 199.9ms', false],
      ['mean > 200ms', true],
      ['stddev > 0ms', true],
      ['min < 200ms', true],
      ['max <= 200ms', false],
      ['inference.p50 > 180ms', true],
      ['inference.p50 > 179ms', false],
      ['load > 300ms', true],
      ['load >= 300ms', false],
      ['rss > 400MB', true],
      ['rss > 399MB', false],
      ['rss.steady > 350MB', true],
      ['rss.steady >= 350MB', false],
      ['rss.growth > 0MB', true],
      ['throughput < 5/s', true],
      ['throughput <= 5/s', false],
      ['cpu > 360ms', true],
      ['cpu >= 360ms', false],
      ['cores > 1.8', true],
      ['cores >= 1.8', false],
    ];
    for (const [text, expected] of outcomes) expect(passes(text, at200), text).to.equal(expected);
  });

  it('fail where nothing was measured', () => {
    expect(passes('decode.p95 > 1s')).to.equal(false);
    expect(passes('coldstart > 9s')).to.equal(false);
    const [gate] = benchGates(parse('p95[precision=int8] > 9s'), [configurationOf()], []);
    expect(gate).to.include({
      passed: false,
      detail: 'no configuration that was measured fits the brackets',
    });
  });

  it('find the cold start of the network', () => {
    const configuration = configurationOf({ sha256: 'a'.repeat(64) });
    const start: ColdStart = {
      network: configuration.network,
      threads: 2,
      samplesMs: [700],
      medianMs: 700,
      medianLoadMs: 300,
    };
    expect(passes('coldstart > 700ms', configuration, [start])).to.equal(true);
    expect(passes('coldstart > 699ms', configuration, [start])).to.equal(false);
  });

  it('judge every configuration, or those that the brackets name', () => {
    const configurations: ConfigurationResult[] = [1, 2, 3].map((concurrency) =>
      configurationOf({ concurrency, totals: Array<number>(20).fill(200 * concurrency) }),
    );
    const outcome = (text: string): boolean[] =>
      benchGates(parse(text), configurations, []).map(({ passed }) => passed);
    expect(outcome('p95 > 400ms')).to.deep.equal([true, true, false]);
    expect(outcome('p95[concurrency=2] > 400ms')).to.deep.equal([true]);
    expect(outcome('p95[concurrency=2, size=288, threads=2, model=test] > 399ms')).to.deep.equal([false]);
    const [gate] = benchGates(parse('p95[concurrency=3]  > 400ms'), configurations, []);
    expect(gate).to.deep.equal({
      name: 'fail on p95[concurrency=3] > 400ms',
      subject: 'test 288 fp32, 2 threads, concurrency 3',
      passed: false,
      detail: 'p95 is 600 ms',
    });
  });

  it('tell one about a concurrency that is not measured', () => {
    const conditions = parse('p95[concurrency=1] > 1s', 'p95[concurrency=4] > 1s', 'rss > 1GB');
    expect(unmeasured(conditions, [1, 2])).to.include({ text: 'p95[concurrency=4] > 1s' });
    expect(unmeasured(conditions, [1, 2, 4])).to.equal(undefined);
  });

  it('are the target of the project by default', () => {
    expect(parse(...TARGET).map(({ path, filters, amount }) => [path, [...filters], amount])).to.deep.equal([
      ['p95', [['concurrency', '1']], 500],
      ['throughput', [], 2],
      ['rss', [], 2e9],
    ]);
  });
});
