import { expect } from 'chai';
import { Lookahead } from '../../../src/lib/inputs/lookahead.js';

describe('Lookahead', () => {
  async function* numbers(count: number, failure?: Error): AsyncGenerator<number> {
    for (let index = 0; index < count; index++) yield await Promise.resolve(index);
    if (failure) throw failure;
  }

  async function rest(source: AsyncIterable<number>): Promise<number[]> {
    const all: number[] = [];
    for await (const number of source) all.push(number);
    return all;
  }

  it('counts a few, and all of fewer, and gives each item once', async () => {
    const many = new Lookahead(numbers(50), 10);
    expect(await many.countAtLeast(5)).to.be.within(5, 10);
    expect(many.isAll).to.equal(false);
    expect(await rest(many)).to.have.length(50);
    expect([many.found, many.isAll]).to.deep.equal([50, true]);
    expect(await new Lookahead(numbers(3), 10).countAtLeast(5)).to.equal(3);
  });

  it('goes no farther ahead than it may', async () => {
    let asked = 0;
    async function* counted(): AsyncGenerator<number> {
      for await (const number of numbers(100)) {
        asked++;
        yield number;
      }
    }
    const ahead = new Lookahead(counted(), 10);
    await ahead.countAtLeast(5);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(asked).to.be.at.most(10);
    await ahead[Symbol.asyncIterator]().next();
  });

  it('throws where the source does, behind what came before', async () => {
    const source = new Lookahead(numbers(3, new Error('gone')), 10);
    const all: number[] = [];
    let message = '';
    try {
      for await (const number of source) all.push(number);
    } catch (error) {
      message = (error as Error).message;
    }
    expect([all, message]).to.deep.equal([[0, 1, 2], 'gone']);
    const empty = await new Lookahead(numbers(0, new Error('none')), 10)
      .countAtLeast(1)
      .catch((error: unknown) => error);
    expect((empty as Error).message).to.equal('none');
  });
});
