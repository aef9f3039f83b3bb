import { expect } from 'chai';
import { OfxError } from '../../../src/lib/core/errors.js';
import {
  needsBaseline,
  parseCondition,
  parseConditions,
  type Condition,
  type Vocabulary,
} from '../../../src/lib/gates/condition.js';

const VOCABULARY: Vocabulary = {
  quantities: new Map([
    ['p95', 'time'],
    ['rss', 'memory'],
    ['throughput', 'rate'],
    ['cores', 'count'],
    ['pixel.macro.f1', 'share'],
    ['image.auc', 'share'],
  ]),
  filters: ['concurrency', 'model'],
  baseline: true,
  example: 'p95 > 500ms',
};

const parse = (text: string): Condition => parseCondition(text, VOCABULARY);

function usage(text: string, vocabulary = VOCABULARY): OfxError {
  try {
    parseCondition(text, vocabulary);
  } catch (error) {
    if (error instanceof OfxError && error.code === 'USAGE') return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted.`);
}

describe('a condition of --fail-on', () => {
  it('has a path, an operator and an amount with its unit', () => {
    const amount = (text: string): number => parse(text).amount;
    expect(['p95 > 500ms', 'p95>0.5s', 'P95 <= 500us', 'p95 < 1 min', 'p95>=.5S'].map(amount)).to.deep.equal([
      500, 500, 0.5, 60_000, 500,
    ]);
    expect(['rss > 2GB', 'rss > 1.5GiB', 'rss<800MB', 'rss < 1KiB'].map(amount)).to.deep.equal([
      2e9,
      1.5 * 2 ** 30,
      8e8,
      1024,
    ]);
    expect(['throughput < 2/s', 'throughput<120/min'].map(amount)).to.deep.equal([2, 2]);
    expect(
      ['pixel.macro.f1 < 0.4', 'pixel.macro.f1 < 40 %', 'pixel.macro.f1<4e-1'].map(amount),
    ).to.deep.equal([0.4, 0.4, 0.4]);
    expect(amount('cores > -1.5')).to.equal(-1.5);
  });

  it('is kept as it was written, but for spaces, and its path as the vocabulary spells it', () => {
    expect(parse('  IMAGE.AUC   drops  0.01 ')).to.deep.include({
      text: 'IMAGE.AUC drops 0.01',
      path: 'image.auc',
      operator: 'drops',
    });
  });

  it('filters subjects in brackets', () => {
    expect([...parse('p95[concurrency=3] > 1s').filters]).to.deep.equal([['concurrency', '3']]);
    expect([...parse('p95 [ Model = a b, concurrency=1 ]>1s').filters]).to.deep.equal([
      ['model', 'a b'],
      ['concurrency', '1'],
    ]);
    expect([...parse('image.auc[model=x] drops 0.1').filters]).to.deep.equal([['model', 'x']]);
  });

  it('says which needs a baseline, and refuses it where there can be none', () => {
    expect(needsBaseline(parse('image.auc rises 1'))).to.equal(true);
    expect(needsBaseline(parse('image.auc > 1'))).to.equal(false);
    expect(usage('p95 rises 5ms', { ...VOCABULARY, baseline: false }).message).to.contain('no baseline');
  });

  for (const text of [
    '',
    'image.auc',
    'image.auc <',
    'image.auc = 3',
    'image.auc == 3',
    'image.auc < 1 or cores < 1',
    '0.4 < image.auc',
    'p95 > 500ms, rss > 2GB',
    'p95@1 > 500ms',
    'p95drops 3ms',
    'p95 > 5ms;',
    'tampered',
  ]) {
    it(`is not "${text}"`, () => {
      expect(usage(text).message).to.contain('is not a valid condition');
      expect(usage(text).suggestion).to.contain('p95 > 500ms');
    });
  }

  it('says what is wrong, and what was meant', () => {
    expect(usage('p95 > 500').message).to.contain('needs a unit');
    expect(usage('p95 > 500').suggestion).to.contain('500ms');
    expect(usage('p95 > 2GB').message).to.contain('"GB" is not a valid unit of p95');
    expect(usage('cores > 2/s').message).to.contain('not a valid unit of cores');
    expect(usage('pixel.f1 < 1').suggestion).to.contain('pixel.macro.f1');
    expect(usage('troughput < 1/s').suggestion).to.equal('Did you mean throughput?');
    expect(usage('constructor > 2ms').message).to.contain('no metric constructor');
    expect(usage('p95 > 2constructor').message).to.contain('not a valid unit');
    expect(usage('p95[size=1] > 2ms').suggestion).to.contain('concurrency, model');
    expect(usage('p95[concurrency] > 2ms').message).to.contain('not a valid filter');
    expect(usage('p95[] > 2ms').message).to.contain('not a valid filter');
    expect(usage('p95[model=a] > 2ms', { ...VOCABULARY, filters: [] }).suggestion).to.contain(
      'Leave the brackets out',
    );
  });
});

describe('several conditions', () => {
  it('are none where that is said alone', () => {
    expect(parseConditions(['none'], VOCABULARY)).to.deep.equal([]);
    expect(parseConditions([' None '], VOCABULARY)).to.deep.equal([]);
    expect(() => parseConditions(['none', 'p95 > 1s'], VOCABULARY)).to.throw(
      OfxError,
      '"none" is not a valid',
    );
  });
});
