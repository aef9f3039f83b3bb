import { link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { exists } from '../../../src/lib/files/exists.js';
import {
  planOutputs as plan,
  type Destinations,
  type OutputPaths,
} from '../../../src/lib/inputs/output-paths.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const input = (below: string): { image: string; below: string } => ({ image: `photos/${below}`, below });

interface File {
  image: string;
  below: string;
}

async function planOutputs(
  files: File[],
  single: boolean,
  destinations: Destinations,
): Promise<OutputPaths[]> {
  const { pathsOf } = await plan(() => files, single, destinations);
  return files.map(pathsOf);
}

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

  it('keeps the ending of inputs that differ only in it and in case, or in how an accent is written', async () => {
    const names = ['IMG.jpg', 'img.png', 'caf\u00e9.jpg', 'cafe\u0301.png'];
    const plans = await planOutputs(names.map(input), false, { mask: 'm' });
    expect(plans.map(({ mask }) => mask)).to.deep.equal(names.map((name) => `m/${name}.png`));
  });

  describe('with files on the disk', () => {
    const photos = (...names: string[]): { image: string; below: string }[] =>
      names.map((below) => ({ image: folder.file('photos', below), below }));

    beforeEach(async () => {
      await mkdir(folder.file('photos'));
      for (const name of ['a.png', 'b.png']) await writeFile(folder.file('photos', name), name);
    });

    async function overwrites(
      files: { image: string; below: string }[],
      mask: string,
      single = false,
    ): Promise<void> {
      const error = await rejection(planOutputs(files, single, { mask }));
      expect([error.code, error.message]).to.deep.equal([
        'USAGE',
        `${single ? mask : path.join(mask, 'a.png')} is an input; it would be overwritten.`,
      ]);
    }

    it('refuses to overwrite an input through a linked folder', async () => {
      await symlink('photos', folder.file('link'));
      await overwrites(photos('a.png', 'b.png'), folder.file('link'));
      const linked = [{ image: folder.file('link/a.png'), below: 'a.png' }];
      await overwrites(linked, folder.file('photos/a.png'), true);
    });

    it('refuses to overwrite the file that an input links to', async () => {
      await symlink('a.png', folder.file('photos/link.png'));
      await overwrites(photos('link.png'), folder.file('photos/a.png'), true);
    });

    it('refuses to overwrite an input by another of its names, as a disk that folds case has them', async () => {
      await link(folder.file('photos/a.png'), folder.file('photos/a.PNG'));
      await overwrites(photos('a.PNG', 'b.png'), folder.file('photos'));
    });

    it('refuses two outputs in one file through a linked folder that is not there yet', async () => {
      await mkdir(folder.file('out'));
      await symlink('out', folder.file('also-out'));
      const destinations = { mask: folder.file('out/new'), overlay: folder.file('also-out/new') };
      const error = await rejection(planOutputs(photos('a.png'), false, destinations));
      expect(error.message).to.contain('would hold two outputs of');
    });

    it('tells outputs apart by case exactly where the disk does', async () => {
      const files = photos('a.png', 'A.png');
      await writeFile(folder.file('CASE'), '');
      const folds = await exists(folder.file('case'));
      const plans = planOutputs(files, false, { mask: folder.file('out') });
      if (folds) expect((await rejection(plans)).message).to.contain('would hold outputs of');
      else
        expect((await plans).map(({ mask }) => path.basename(mask!))).to.deep.equal([
          'a.png.png',
          'A.png.png',
        ]);
      expect(await readdir(folder.path)).to.have.members(['CASE', 'photos']);
    });
  });
});
