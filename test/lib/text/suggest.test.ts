import { expect } from 'chai';
import { didYouMean, similarNames } from '../../../src/lib/text/suggest.js';

describe('similarNames', () => {
  it('finds what is spelt nearly so', () => {
    expect(similarNames('valdate', ['predict', 'validate', 'convert'])).to.deep.equal(['validate']);
    expect(similarNames('--treshold', ['--threads', '--threshold'])[0]).to.equal('--threshold');
  });

  it('finds names that share their last part, those with most parts in common first', () => {
    const paths = ['pixel.macro.f1', 'image.f1', 'pixel.macro.auc', 'protocols.trufor.pixel.f1'];
    expect(similarNames('pixel.f1', paths)).to.deep.equal([
      'pixel.macro.f1',
      'protocols.trufor.pixel.f1',
      'image.f1',
    ]);
  });

  it('finds nothing where nothing is near', () => {
    expect(similarNames('zebra', ['predict', 'validate'])).to.deep.equal([]);
    expect(didYouMean('zebra', ['predict'])).to.equal(undefined);
    expect(didYouMean('predct', ['predict', 'validate'])).to.equal('Did you mean predict?');
  });

  it('does not take words that all begin with for a likeness', () => {
    const known = ['models verify', 'models reset', 'models show'];
    expect(similarNames('models verfy', known)).to.deep.equal(['models verify']);
    expect(similarNames('models rest', known)).to.deep.equal(['models reset']);
  });
});
