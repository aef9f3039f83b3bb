import { expect } from 'chai';
import { budgetGates, parseBudget, TARGET_BUDGET, unmeasured } from '../../../src/lib/bench/budget.js';
import type { ColdStart, ConfigurationResult } from '../../../src/lib/bench/result.js';
import { OfxError } from '../../../src/lib/core/errors.js';
import { configurationOf } from '../../support/bench.js';

function usage(text: string): OfxError {
  try {
    parseBudget(text);
  } catch (error) {
    if (error instanceof OfxError && error.code === 'USAGE') return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted.`);
}

/** Whether one configuration passes one demand. */
function passes(text: string, configuration = configurationOf(), coldStarts: ColdStart[] = []): boolean {
  const [gate, ...others] = budgetGates(parseBudget(text), [configuration], coldStarts);
  expect(others).to.be.empty;
  return gate!.passed;
}

describe('a budget', () => {
  it('reads metrics, comparisons, limits and units', () => {
    const limits = (text: string): number[] => parseBudget(text).map(({ limit }) => limit);
    expect(limits('p95<=500ms, mean < 0.5s, p50<=500us,max<1min')).to.deep.equal([500, 500, 0.5, 60_000]);
    expect(limits('rss<=2GB,rss<=1.5GiB,rss.steady<800MB,rss.growth<1KiB')).to.deep.equal([
      2e9,
      1.5 * 2 ** 30,
      8e8,
      1024,
    ]);
    expect(limits('throughput>=2/s,throughput>120/min')).to.deep.equal([2, 2]);
    expect(limits('cores<=1.5')).to.deep.equal([1.5]);
    expect(limits('P95<=.5S')).to.deep.equal([500]);
    expect(parseBudget('p95@3<=1s')[0]).to.include({ concurrency: 3, text: 'p95@3<=1s' });
    expect(parseBudget('none')).to.deep.equal([]);
  });

  it('says what is wrong, and what would be right', () => {
    expect(usage('p95<=500')).to.have.property('message', '"p95<=500" needs a unit.');
    expect(usage('p95<=500').suggestion).to.contain('p95<=500ms');
    expect(usage('p95<=2GB').message).to.contain('"GB" in "p95<=2GB" is no unit of p95');
    expect(usage('p42<=5ms').message).to.contain('"p42" in "p42<=5ms" is no metric');
    expect(usage('p42<=5ms').suggestion).to.contain('inference.p95').and.contain('throughput');
    expect(usage('p95=500ms').message).to.contain('is no demand');
    expect(usage('p95<=-5ms').message).to.contain('is no demand');
    expect(usage('p95<=500ms;rss<=2GB').message).to.contain('is no demand');
    expect(usage(' , ').message).to.contain('empty');
    expect(usage('p95@0<=5ms').message).to.contain('0 requests at once');
    expect(usage('cores<=2/s').message).to.contain('no unit of cores');
    expect(usage('constructor<=2ms').message).to.contain('no metric');
  });

  it('passes and fails each kind of demand at its limit', () => {
    const at200 = configurationOf();
    const outcomes: [string, boolean][] = [
      ['p95<=200ms', true],
      ['p95<200ms', false],
      ['p95<=199.9ms', false],
      ['mean<=200ms', true],
      ['stddev<=0ms', true],
      ['min>=200ms', true],
      ['max>200ms', false],
      ['inference.p50<=180ms', true],
      ['inference.p50<=179ms', false],
      ['load<=300ms', true],
      ['load<300ms', false],
      ['rss<=400MB', true],
      ['rss<=399MB', false],
      ['rss.steady<=350MB', true],
      ['rss.steady<350MB', false],
      ['rss.growth<=0MB', true],
      ['throughput>=5/s', true],
      ['throughput>5/s', false],
      ['cpu<=360ms', true],
      ['cpu<360ms', false],
      ['cores<=1.8', true],
      ['cores<1.8', false],
    ];
    for (const [text, expected] of outcomes) expect(passes(text, at200), text).to.equal(expected);
  });

  it('fails what was not measured', () => {
    expect(passes('decode.p95<=1s')).to.equal(false);
    expect(passes('coldstart<=9s')).to.equal(false);
  });

  it('finds the cold start of the network', () => {
    const configuration = configurationOf({ sha256: 'a'.repeat(64) });
    const start: ColdStart = {
      network: configuration.network,
      threads: 2,
      samplesMs: [700],
      medianMs: 700,
      medianLoadMs: 300,
    };
    expect(passes('coldstart<=700ms', configuration, [start])).to.equal(true);
    expect(passes('coldstart<=699ms', configuration, [start])).to.equal(false);
  });

  it('holds every configuration against it, or those with so many at once', () => {
    const configurations: ConfigurationResult[] = [1, 2, 3].map((concurrency) =>
      configurationOf({ concurrency, totals: Array<number>(20).fill(200 * concurrency) }),
    );
    const outcome = (text: string): boolean[] =>
      budgetGates(parseBudget(text), configurations, []).map(({ passed }) => passed);
    expect(outcome('p95<=400ms')).to.deep.equal([true, true, false]);
    expect(outcome('p95@2<=400ms')).to.deep.equal([true]);
    const [gate] = budgetGates(parseBudget('p95@3 <= 400ms'), configurations, []);
    expect(gate).to.deep.equal({
      name: 'p95@3<=400ms',
      subject: 'test 288 fp32, 2 threads, 3 at once',
      passed: false,
      detail: 'p95 is 600 ms',
    });
  });

  it('tells demands about requests at once that are not measured', () => {
    const demands = parseBudget('p95@1<=1s,p95@4<=1s,rss<=1GB');
    expect(unmeasured(demands, [1, 2]).map(({ text }) => text)).to.deep.equal(['p95@4<=1s']);
  });

  it('is the target of the project by default', () => {
    const demands = parseBudget(TARGET_BUDGET).map(({ metric, concurrency, limit }) => [
      metric.name,
      concurrency,
      limit,
    ]);
    expect(demands).to.deep.equal([
      ['p95', 1, 500],
      ['throughput', undefined, 2],
      ['rss', undefined, 2e9],
    ]);
  });
});
