import { expect } from 'chai';
import { runMarkdown } from '../../../src/lib/report/markdown.js';
import { metricAt } from '../../../src/lib/run/summary.js';
import { madeUpRecord } from '../../support/run-record.js';

describe('a run as Markdown', () => {
  const { summary, curves } = madeUpRecord('', 4);

  it('writes counts as whole numbers', () => {
    expect(runMarkdown(summary, [])).to.contain('| Tampered images | 12 |');
  });

  it('says at which threshold its headline stands', () => {
    expect(runMarkdown(summary, [])).to.match(/\| macro: pixel F1 at t = 0\.5 \|/);
  });

  it('rests precision on what was predicted tampered, and a threshold on nothing', () => {
    const { tp, fp } = curves.confusion.image;
    expect(metricAt(summary.metrics, 'image.precision')!.n).to.equal(tp + fp);
    expect(tp + fp).to.be.below(24);
    expect(metricAt(summary.metrics, 'thresholds.mask')!.n).to.equal(0);
  });
});
