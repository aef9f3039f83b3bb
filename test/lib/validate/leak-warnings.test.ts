import { expect } from 'chai';
import { fusionWarnings, leakWarnings } from '../../../src/lib/validate/summary.js';

const DATA = { name: 'casia1-dev', sha256: 'a'.repeat(64) };

describe('leakWarnings', () => {
  it('tells thresholds that were fitted on the very data, and which numbers they flatter', () => {
    const [warning] = leakWarnings({ dataset: 'x', sha256: DATA.sha256 }, DATA);
    expect(warning).to.contain('fitted on this very data set').and.to.contain('F1').and.to.contain('ROC AUC');
  });

  it('tells a model that says by name what it was fitted on', () => {
    const [warning] = leakWarnings('casia1-dev and imd2020-dev together (235 images)', DATA);
    expect(warning).to.contain('on data of this name (casia1-dev and imd2020-dev together');
  });

  it('is silent about other data', () => {
    for (const fittedOn of [undefined, { sha256: 'b' }, 'imd2020-dev', 'casia1-dev-2, my-casia1-dev', '']) {
      expect(leakWarnings(fittedOn, DATA), JSON.stringify(fittedOn)).to.deep.equal([]);
    }
  });
});

describe('fusionWarnings', () => {
  it('tells weights that were fitted on the very data, which flatter ROC AUC, too', () => {
    for (const fittedOn of [{ sha256: DATA.sha256 }, 'casia1-dev and imd2020-dev (235 images)']) {
      const [warning] = fusionWarnings(fittedOn, DATA);
      expect(warning).to.contain('weights').and.to.contain('ROC AUC and average precision as well');
    }
  });

  it('is silent about other data, and where nothing is joined', () => {
    for (const fittedOn of [undefined, { sha256: 'b' }, 'imd2020-dev'])
      expect(fusionWarnings(fittedOn, DATA)).to.deep.equal([]);
  });
});
