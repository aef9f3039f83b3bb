import { expect } from 'chai';
import type { Plan } from '../../../src/lib/bench/measure.js';
import type { Measurement } from '../../../src/lib/bench/protocol.js';
import { measureInTurns, type Turns, type TurnsOptions } from '../../../src/lib/bench/turns.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';
import { measurementOf } from '../../support/bench.js';

/**
 * Two simulated models on one simulated machine, which is `disturbance(now)` times slower than a quiet one. Blocks do not
 * really wait: their time is added to the clock.
 */
async function simulate(
  latencies: { model: number; reference: number },
  disturbance: (now: number) => number,
  options: Partial<TurnsOptions> = {},
): Promise<Turns & { order: string; endedAt: number }> {
  let now = 0;
  let order = '';
  const random = seededRandom(7);
  const block =
    (name: string, latency: number) =>
    (plan: Plan): Promise<Measurement> => {
      order += name;
      const runs = plan.until.kind === 'runs' ? plan.until.runs : 0;
      const totals = Array.from({ length: runs }, () => {
        const total = latency * disturbance(now) * (0.97 + 0.06 * random());
        now += total;
        return total;
      });
      return Promise.resolve(measurementOf(totals));
    };
  const turns = await measureInTurns(block('m', latencies.model), block('r', latencies.reference), {
    ...{ concurrency: 1, cycle: 1, minRounds: 10, minMs: 6000, maxMs: 40_000, limit: 1.1, now: () => now },
    ...options,
  });
  return { ...turns, order, endedAt: now };
}

/** Other programs that come and go: up to three times slower, for seconds at a time. */
const neighbours = (now: number): number => 1 + 2 * Math.max(0, Math.sin(now / 1700));

describe('two models in turns', () => {
  it('gives the ratio that noise hides from either time', async () => {
    const { ratio, measurement } = await simulate({ model: 60, reference: 50 }, neighbours);
    expect(ratio.value).to.be.closeTo(1.2, 0.03);
    expect(ratio.low).to.be.above(1.1);
    // The times themselves are useless here.
    const totals = measurement.runs.map(({ total }) => total);
    expect(Math.max(...totals) / Math.min(...totals)).to.be.above(2.5);
  });

  it('finds no difference between equals on a machine that gets slower all the time', async () => {
    const { ratio } = await simulate({ model: 50, reference: 50 }, (now) => 1 + now / 10_000);
    expect(ratio.low).to.be.below(1.01);
    expect(ratio.high).to.be.above(0.99).and.below(1.1);
  });

  it('changes who goes first, after a warm-up of each', async () => {
    const { order } = await simulate({ model: 50, reference: 50 }, () => 1);
    expect(order.slice(0, 10)).to.equal('mrmrrmmrrm');
  });

  it('goes on while the limit lies in the interval, and gives up in the end', async () => {
    const decided = await simulate({ model: 50, reference: 50 }, () => 1);
    const open = await simulate({ model: 50, reference: 50 }, () => 1, { limit: 1 });
    expect(decided.endedAt).to.be.below(10_000);
    expect(open.endedAt).to.be.within(40_000, 42_500);
  });

  it('measures blocks of about half a second, in whole passes over the photos', async () => {
    const quick = await simulate({ model: 10, reference: 10 }, () => 1, { minMs: 0 });
    expect(quick.measurement.runs.length % 10).to.equal(0);
    expect(quick.measurement.runs.length / 10).to.be.within(38, 45);
    const photos = await simulate({ model: 300, reference: 300 }, () => 1, { cycle: 6, minMs: 0 });
    expect(photos.reference.runs).to.have.length(60);
  });
});
