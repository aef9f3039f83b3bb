import { expect } from 'chai';
import { OfxError } from '../../../src/lib/core/errors.js';
import { judgeMetric, parseMetricCondition } from '../../../src/lib/run/metric-gates.js';
import type { Estimate } from '../../../src/lib/metrics/run-metrics.js';

function estimate(value: number | null, reason?: string): () => Estimate {
  const interval = value === null ? { low: null, high: null } : { low: value - 0.05, high: value + 0.05 };
  return () => ({ value, ...interval, n: 100, ...(reason !== undefined && { reason }) });
}

function passes(text: string, value: number, baseline?: number): boolean {
  const before = baseline === undefined ? undefined : estimate(baseline);
  return judgeMetric(parseMetricCondition(text), 'run', estimate(value), before).passed;
}

describe('conditions of --fail-on', () => {
  it('fail where they hold, at the bound as it is written', () => {
    expect(passes('pixel.macro.f1 < 0.40', 0.4)).to.equal(true);
    expect(passes('pixel.macro.f1 < 0.40', 0.39)).to.equal(false);
    expect(passes('pixel.macro.f1 <= 0.40', 0.4)).to.equal(false);
    expect(passes('pixel.falseAlarmArea>5e-2', 0.06)).to.equal(false);
    expect(passes('pixel.falseAlarmArea >= .05', 0.04)).to.equal(true);
  });

  it('look at a baseline for drops and rises, by that much or more', () => {
    expect(passes('image.auc drops 0.01', 0.91, 0.92)).to.equal(false);
    expect(passes('image.auc drops 0.01', 0.911, 0.92)).to.equal(true);
    expect(passes('image.auc drops 0.01', 0.99, 0.92)).to.equal(true);
    expect(passes('pixel.falseAlarmArea rises 0.01', 0.05, 0.02)).to.equal(false);
  });

  it('fail for any loss where the amount is zero, but not for none', () => {
    expect(passes('image.auc drops 0', 0.92, 0.92)).to.equal(true);
    expect(passes('image.auc drops 0', 0.9199, 0.92)).to.equal(false);
  });

  it('reach the interval and the number of images', () => {
    expect(passes('image.auc.low < 0.9', 0.94)).to.equal(false);
    expect(passes('image.auc.n < 100', 0.94)).to.equal(true);
  });

  it('fail where the number cannot be given, and say why', () => {
    const gate = judgeMetric(
      parseMetricCondition('image.auc < 0.5'),
      'run',
      estimate(null, 'no authentic image'),
    );
    expect(gate).to.include({ passed: false, subject: 'run' });
    expect(gate.detail).to.contain('no authentic image');
  });

  it('name the condition and the number that was found', () => {
    const gate = judgeMetric(
      parseMetricCondition(' image.auc  drops 0.01 '),
      'new',
      estimate(0.9),
      estimate(0.95),
    );
    expect(gate.name).to.equal('fail on image.auc drops 0.01');
    expect(gate.detail).to.equal('image.auc was 0.95 and is 0.9, −0.05');
  });

  it('suggest numbers for a name that is none', () => {
    expect(() => parseMetricCondition('pixel.f1 < 1'))
      .to.throw(OfxError)
      .with.property('suggestion')
      .that.contains('pixel.macro.f1');
  });
});
