import { expect } from 'chai';
import { measure, type MeasuredRuns, type MeasureHooks, type Plan } from '../../../src/lib/bench/measure.js';
import { FakeClock } from '../../support/fake-clock.js';

interface Run {
  index: number;
  total: number;
}

const SETTLED = { kind: 'settled', minRuns: 10, minMs: 3000, maxMs: 20_000 } as const;

/** Measures a runner whose n-th run takes `duration(n)` milliseconds. */
async function simulate(
  duration: (index: number) => number,
  plan: Partial<Plan>,
  hooks: Partial<MeasureHooks<Run>> = {},
): Promise<MeasuredRuns<Run> & { endedAt: number }> {
  const clock = new FakeClock();
  const run = async (index: number): Promise<Run> => {
    await clock.sleep(duration(index));
    return { index, total: duration(index) };
  };
  const full: Plan = { warmUp: { runs: 2, ms: 500 }, until: SETTLED, concurrency: 1, cycle: 1, ...plan };
  const measured = await clock.run(measure(run, full, { now: clock.now, ...hooks }));
  return { ...measured, endedAt: clock.now() };
}

describe('measure', () => {
  it('throws the warm-up away: as many runs and as long as was said', async () => {
    const { runs, warmUpRuns } = await simulate((index) => (index < 5 ? 900 : 100), {
      until: { kind: 'runs', runs: 20 },
      warmUp: { runs: 5, ms: 0 },
    });
    expect(warmUpRuns).to.equal(5);
    expect(runs.map(({ total }) => total)).to.deep.equal(Array(20).fill(100));
    const quick = await simulate(() => 10, {
      until: { kind: 'runs', runs: 1 },
      warmUp: { runs: 2, ms: 500 },
    });
    expect(quick.warmUpRuns).to.equal(50);
  });

  it('stops a steady series at three seconds, or at ten runs', async () => {
    const quick = await simulate(() => 50, {});
    expect(quick).to.include({ settled: true, spread: 0, elapsedMs: 3000 });
    const slow = await simulate(() => 1000, {});
    expect(slow.runs).to.have.length(10);
    expect(slow.settled).to.equal(true);
  });

  it('goes on while the latency still falls, until the last three windows agree', async () => {
    // 200 ms falling to 100 ms over 40 runs, then steady.
    const { runs, settled, spread, elapsedMs } = await simulate((index) => Math.max(100, 200 - 2.5 * index), {
      warmUp: { runs: 1, ms: 0 },
    });
    expect(settled).to.equal(true);
    expect(spread).to.be.at.most(0.05);
    expect(elapsedMs).to.be.within(6000, 12_000);
    // All of the last three windows, of a second each, are beyond the slope or in its last steps.
    expect(runs.length).to.be.above(40);
  });

  it('gives up on a series that never settles after twenty seconds, and says so', async () => {
    const { settled, spread, elapsedMs } = await simulate(
      (index) => (Math.floor(index / 10) % 2 ? 100 : 150),
      {},
    );
    expect(settled).to.equal(false);
    expect(spread).to.be.above(0.05);
    expect(elapsedMs).to.be.within(20_000, 20_150);
  });

  it('measures for a given time', async () => {
    const { runs, settled, elapsedMs } = await simulate(() => 100, { until: { kind: 'duration', ms: 1000 } });
    expect(runs).to.have.length(10);
    expect(settled).to.equal(undefined);
    expect(elapsedMs).to.equal(1000);
  });

  it('keeps as many requests in flight as asked, and counts the throughput without idle ends', async () => {
    const { runs, elapsedMs } = await simulate((index) => 300 + (index % 3), {
      concurrency: 3,
      until: { kind: 'duration', ms: 60_000 },
    });
    // Three lanes of about 301 ms each.
    expect(runs.length / (elapsedMs / 1000)).to.be.closeTo(3 / 0.301, 0.05);
  });

  it('tells the moments between which it counts, and every run that counts', async () => {
    const calls: string[] = [];
    await simulate(
      () => 1000,
      { until: { kind: 'runs', runs: 2 }, warmUp: { runs: 1, ms: 0 } },
      {
        onStart: () => calls.push('start'),
        onRun: ({ index }, atMs) => calls.push(`run ${index} at ${atMs}`),
        onStop: () => calls.push('stop'),
      },
    );
    expect(calls).to.deep.equal(['start', 'run 1 at 1000', 'run 2 at 2000', 'stop']);
  });

  it('looks at whole passes over photos that take different times', async () => {
    // Six photos, one of them ten times as large: windows of a second would see it or not.
    const { settled, spread } = await simulate((index) => (index % 6 === 0 ? 1000 : 100), { cycle: 6 });
    expect(settled).to.equal(true);
    expect(spread).to.equal(0);
  });

  it('fails with the run that fails', async () => {
    const clock = new FakeClock();
    const failing = async (): Promise<Run> => {
      await clock.sleep(10);
      throw new Error('broken');
    };
    const plan: Plan = { warmUp: { runs: 0, ms: 0 }, until: SETTLED, concurrency: 2, cycle: 1 };
    const error = await clock.run(measure(failing, plan, clock).catch((reason: unknown) => reason));
    expect(error).to.have.property('message', 'broken');
  });
});
