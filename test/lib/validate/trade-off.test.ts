import { expect } from 'chai';
import { paretoFront, recommendVariant, type Weighed } from '../../../src/lib/validate/trade-off.js';

interface Named extends Weighed {
  name: string;
}

/** "a 100 .4": a name, milliseconds, accuracy. */
const variants = (...lines: readonly string[]): Named[] =>
  lines.map((line) => {
    const [name, latency, accuracy] = line.split(' ');
    return { name: name!, latency: Number(latency), accuracy: accuracy === '-' ? null : Number(accuracy) };
  });
const names = (list: readonly Named[]): string => list.map(({ name }) => name).join('');

describe('the trade-off between accuracy and latency', () => {
  it('has on its front what nothing else beats in both', () => {
    expect(names(paretoFront(variants('a 100 .4', 'b 200 .5', 'c 250 .45', 'd 400 .6')))).to.equal('abd');
    expect(names(paretoFront(variants('a 100 .5', 'b 200 .5')))).to.equal('a');
    expect(names(paretoFront(variants('a 100 .5', 'b 100 .5')))).to.equal('ab');
    expect(names(paretoFront(variants('a 100 .4', 'b 100 .5')))).to.equal('b');
    expect(names(paretoFront(variants('a 100 -', 'b 200 .1')))).to.equal('b');
    expect(paretoFront(variants('a 100 -'))).to.deep.equal([]);
  });

  it('recommends the most accurate within a budget, and names the next faster one', () => {
    const all = variants('a 100 .4', 'b 200 .5', 'c 250 .45', 'd 400 .6');
    const told = (budget?: number): string | undefined => {
      const found = recommendVariant(all, budget);
      return found && `${found.chosen.name} ${found.faster?.name ?? '-'}`;
    };
    expect(told()).to.equal('d b');
    expect(told(400)).to.equal('d b');
    expect(told(399)).to.equal('b a');
    expect(told(100)).to.equal('a -');
    expect(told(99)).to.equal(undefined);
  });

  it('takes the faster of two that are equally accurate, and of two that are equal the first', () => {
    expect(recommendVariant(variants('a 200 .5', 'b 100 .5'), undefined)!.chosen.name).to.equal('b');
    expect(recommendVariant(variants('a 100 .5', 'b 100 .5'), undefined)!.faster).to.equal(undefined);
  });
});
