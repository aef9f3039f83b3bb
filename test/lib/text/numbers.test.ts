import { expect } from 'chai';
import { decimals, intervalText, percent, signed, withInterval } from '../../../src/lib/text/numbers.js';

describe('how numbers are written', () => {
  it('is the same everywhere', () => {
    expect([decimals(0.9314), decimals(-1, 1), decimals(null)]).to.deep.equal(['0.931', '−1.0', 'n/a']);
    expect([signed(0.0412), signed(-0.0034), signed(-0.0001), signed(null)]).to.deep.equal([
      '+0.041',
      '−0.003',
      '0.000',
      'n/a',
    ]);
    expect([percent(0.0734), percent(1, 0), percent(null)]).to.deep.equal(['7.3 %', '100 %', 'n/a']);
  });

  it('gives intervals that can be told from a minus', () => {
    expect(intervalText({ low: 0.9024, high: 0.954 })).to.equal('0.902 to 0.954');
    expect(intervalText({ low: -0.01, high: 0.02 }, signed)).to.equal('−0.010 to +0.020');
    expect(intervalText({ low: null, high: null })).to.equal('');
    expect(withInterval({ value: 0.9314, low: 0.902, high: 0.954 })).to.equal('0.931 (95 %: 0.902 to 0.954)');
    expect(withInterval({ value: 0.9314, low: null, high: null })).to.equal('0.931');
    expect(withInterval({ value: null, low: null, high: null })).to.equal('n/a');
  });
});
