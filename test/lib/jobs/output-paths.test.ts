import path from 'node:path';
import { expect } from 'chai';
import { planOutputs } from '../../../src/lib/jobs/output-paths.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const input = (below: string): { image: string; below: string } => ({ image: `photos/${below}`, below });

describe('planOutputs', () => {
  const folder = temporaryFolder();

  it('takes a file for one input', async () => {
    expect(await planOutputs([input('a.jpg')], true, { mask: 'm.png', probability: 'p.npy' })).to.deep.equal([
      { mask: 'm.png', probability: 'p.npy' },
    ]);
  });

  it('puts one input into a folder that exists or is named like one', async () => {
    expect(await planOutputs([input('a.jpg')], true, { mask: folder.path })).to.deep.equal([
      { mask: path.join(folder.path, 'a.png') },
    ]);
    expect(await planOutputs([input('a.jpg')], true, { mask: 'new/' })).to.deep.equal([
      { mask: 'new/a.png' },
    ]);
  });

  it('mirrors paths in a folder, each kind with its ending', async () => {
    expect(
      await planOutputs([input('x/a.jpg'), input('b.tar.tif')], false, { mask: 'm', probability: 'p' }),
    ).to.deep.equal([
      { mask: 'm/x/a.png', probability: 'p/x/a.npy' },
      { mask: 'm/b.tar.png', probability: 'p/b.tar.npy' },
    ]);
  });

  it('keeps the ending of inputs that differ in nothing else', async () => {
    const plans = await planOutputs([input('a.jpg'), input('a.png'), input('b.jpg')], false, { mask: 'm' });
    expect(plans.map(({ mask }) => mask)).to.deep.equal(['m/a.jpg.png', 'm/a.png.png', 'm/b.png']);
  });

  it('refuses a file of a kind that its ending does not say', async () => {
    for (const destinations of [
      { mask: 'm.jpg' },
      { mask: 'm' },
      { probability: 'p.jpg' },
      { overlay: 'o.npy' },
    ]) {
      expect((await rejection(planOutputs([input('a.jpg')], true, destinations))).code).to.equal('USAGE');
    }
    expect(await planOutputs([input('a.png')], true, { overlay: 'o.JPG' })).to.deep.equal([
      { overlay: 'o.JPG' },
    ]);
  });

  it('refuses two outputs in one file', async () => {
    const error = await rejection(planOutputs([input('a.jpg')], false, { mask: 'm', overlay: 'm' }));
    expect(error.code).to.equal('USAGE');
    expect(error.message).to.contain('photos/a.jpg');
  });

  it('refuses to overwrite an input', async () => {
    const error = await rejection(planOutputs([input('a.png')], false, { mask: 'photos' }));
    expect(error.message).to.contain('would be overwritten');
  });
});
