import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { checkBaseline, readBaseline, type BenchDocument } from '../../../src/lib/bench/baseline.js';
import { machineDifferences, thisMachine } from '../../../src/lib/bench/machine.js';
import {
  compareWithBaseline,
  counterpart,
  isUndecided,
  parseShare,
  regressionGates,
} from '../../../src/lib/bench/regression.js';
import type { LatencyComparison } from '../../../src/lib/bench/result.js';
import { configurationOf, MACHINE, reportOf } from '../../support/bench.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const spread = (centre: number): number[] =>
  Array.from({ length: 40 }, (_, index) => centre + (index % 9) - 4);

const comparison = (
  latency: LatencyComparison['latency'],
  peakMemory = 1,
  throughput = 1,
): LatencyComparison => ({
  id: 'this',
  reference: 'that',
  latency,
  peakMemory,
  throughput,
});

const passed = (each: LatencyComparison, options = { throughput: true }): boolean[] =>
  regressionGates([each], 0.1, options).map((gate) => gate.passed);

describe('regressions', () => {
  it('reads the largest that is allowed', () => {
    expect([parseShare('10%'), parseShare('0.1'), parseShare(' 2.5 % '), parseShare('0')]).to.deep.equal([
      0.1, 0.1, 0.025, 0,
    ]);
    for (const text of ['ten', '-5%', '10%%', ''])
      expect(() => parseShare(text), text).to.throw('is not a valid share');
  });

  it('fails latency where its whole interval is beyond the limit', () => {
    expect(passed(comparison({ value: 1.15, low: 1.11, high: 1.2 }))).to.deep.equal([false, true, true]);
    expect(passed(comparison({ value: 1.15, low: 1.09, high: 1.2 }))).to.deep.equal([true, true, true]);
    expect(passed(comparison({ value: 0.5, low: 0.4, high: 0.6 }))).to.deep.equal([true, true, true]);
  });

  it('fails memory and throughput at their limits', () => {
    const same = { value: 1, low: 1, high: 1 };
    expect(passed(comparison(same, 1.11))).to.deep.equal([true, false, true]);
    expect(passed(comparison(same, 1.1))).to.deep.equal([true, true, true]);
    expect(passed(comparison(same, 1, 0.9))).to.deep.equal([true, true, false]);
    expect(passed(comparison(same, 1, 0.91))).to.deep.equal([true, true, true]);
    expect(passed(comparison(same, 1, 0.1), { throughput: false })).to.deep.equal([true, true]);
  });

  it('names the configuration, the limit and what was found', () => {
    const [gate] = regressionGates([comparison({ value: 1.25, low: 1.2, high: 1.3 })], 0.025, {
      throughput: false,
    });
    expect(gate).to.deep.equal({
      name: 'latency regression<=2.5%',
      subject: 'this',
      passed: false,
      detail: 'median latency +25.0 % (95 % interval +20.0 % to +30.0 %)',
    });
  });

  it('knows where noise leaves the question open', () => {
    expect(isUndecided(comparison({ value: 1.1, low: 1.05, high: 1.2 }), 0.1)).to.equal(true);
    expect(isUndecided(comparison({ value: 1.02, low: 0.99, high: 1.05 }), 0.1)).to.equal(false);
    expect(isUndecided(comparison({ value: 1.2, low: 1.15, high: 1.3 }), 0.1)).to.equal(false);
  });

  it('compares medians with an interval, the peak and the throughput', () => {
    const now = configurationOf({ totals: spread(240), measurement: { peakBytes: 500e6 } });
    const { latency, peakMemory, throughput } = compareWithBaseline(
      now,
      configurationOf({ totals: spread(200) }),
    );
    expect(latency.value).to.be.closeTo(1.2, 0.005);
    expect(latency.low).to.be.within(1.17, 1.2);
    expect(latency.high).to.be.within(1.2, 1.23);
    expect(peakMemory).to.equal(1.25);
    expect(throughput).to.be.closeTo(1 / 1.2, 1e-3);
  });

  it('finds what measured the same: size, precision, threads and concurrent requests', () => {
    const earlier = [configurationOf(), configurationOf({ threads: 1 }), configurationOf({ size: 380 })];
    expect(counterpart(configurationOf({ size: 380 }), earlier)).to.equal(earlier[2]);
    expect(counterpart(configurationOf({ concurrency: 2 }), earlier)).to.equal(undefined);
    expect(counterpart(configurationOf({ name: 'renamed' }), earlier)).to.equal(earlier[0]);
    const two = [configurationOf({ name: 'a' }), configurationOf({ name: 'b' })];
    expect(counterpart(configurationOf({ name: 'b' }), two)).to.equal(two[1]);
    expect(counterpart(configurationOf({ name: 'c' }), two)).to.equal(undefined);
  });
});

describe('a baseline', () => {
  const folder = temporaryFolder();
  const document: BenchDocument = { schemaVersion: 1, ofx: '0.1.0', ...reportOf() };
  const now = { machine: MACHINE, mode: 'inference-only', photos: [] } as const;

  it('is read back as it was written', async () => {
    await writeFile(folder.file('b.json'), JSON.stringify(document));
    expect(await readBaseline(folder.file('b.json'))).to.deep.equal(document);
    expect(checkBaseline(document, { ...now, photos: [] }, false)).to.deep.equal([]);
  });

  it('is refused where it is missing or something else', async () => {
    expect(await rejection(readBaseline(folder.file('absent')))).to.have.property('code', 'INPUT_MISSING');
    await writeFile(folder.file('b.json'), '{');
    expect(await rejection(readBaseline(folder.file('b.json')))).to.have.property('code', 'RESULT_INVALID');
    await writeFile(folder.file('b.json'), '{"schemaVersion": 1}');
    const error = await rejection(readBaseline(folder.file('b.json')));
    expect(error.message).to.contain('/machine: expected required property');
  });

  it('of another machine is refused, with what differs, unless insisted on', () => {
    const other = { ...MACHINE, node: '22.0.0', flags: 'avx sse2', quota: 1.5, fingerprint: 'f'.repeat(16) };
    const elsewhere = { ...document, machine: other };
    expect(() => checkBaseline(elsewhere, { ...now, photos: [] }, false))
      .to.throw('another machine')
      .with.property('code', 'BASELINE_OTHER_MACHINE');
    const [doubt] = checkBaseline(elsewhere, { ...now, photos: [] }, true);
    expect(doubt)
      .to.contain('Node: 20.19.0 here, 22.0.0 there')
      .and.contain('CPU quota: none here, 1.5 there')
      .and.contain('CPU flags that were missing there: avx2');
  });

  it('of another kind of run is refused in any case, and other photos are said', () => {
    expect(() => checkBaseline(document, { ...now, mode: 'photos', photos: ['a.jpg'] }, true))
      .to.throw('inference-only')
      .with.property('code', 'USAGE');
    const photos = { ...document, mode: 'photos' as const, photos: ['b.jpg'] };
    const [doubt] = checkBaseline(photos, { ...now, mode: 'photos', photos: ['a.jpg'] }, false);
    expect(doubt).to.contain('other photos');
  });
});

describe('the fingerprint of a machine', () => {
  it('stays the same, and says what was looked at', async () => {
    const machine = thisMachine();
    expect(thisMachine()).to.deep.equal(machine);
    expect(machineDifferences(machine, machine)).to.deep.equal([]);
    const installed = JSON.parse(await readFile('node_modules/onnxruntime-node/package.json', 'utf8')) as {
      version: string;
    };
    expect(machine).to.include({ node: process.versions.node, onnxruntime: installed.version });
    expect(machine.usableCores).to.be.within(1, machine.cores);
  });

  it('does not depend on how much memory there is', () => {
    expect(machineDifferences(MACHINE, { ...MACHINE, memoryBytes: 1 })).to.deep.equal([]);
  });
});
