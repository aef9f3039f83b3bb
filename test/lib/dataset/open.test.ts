import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { openDataset } from '../../../src/lib/dataset/open.js';
import type { Dataset } from '../../../src/lib/dataset/sample.js';
import { OfxError } from '../../../src/lib/core/errors.js';
import { temporaryFolder } from '../../support/folder.js';
import { describeWithSharedData, SHARED_DATA } from '../../support/shared-data.js';

describe('openDataset', () => {
  const folder = temporaryFolder();

  async function write(...files: string[]): Promise<void> {
    for (const file of files) {
      await mkdir(path.dirname(folder.file(file)), { recursive: true });
      await writeFile(folder.file(file), 'not opened here');
    }
  }

  async function writeSplit(text: string, name = 'split.txt'): Promise<void> {
    await write('images/a.jpg', 'images/b.jpg', 'masks/a.png');
    await writeFile(folder.file(name), text);
  }

  /** Name, mask and label of each sample, on one line. */
  function lines({ root, samples }: Dataset): string[] {
    return samples.map(
      ({ name, mask, label }) => `${name} ${mask === null ? '-' : path.relative(root, mask)} ${label}`,
    );
  }

  function codes({ findings }: Dataset): string[] {
    return findings.map(({ code }) => code);
  }

  it('refuses masks that cannot be seen: their photos would count as authentic', async () => {
    await write('images/a.jpg', 'images/b.jpg', 'masks/a.png');
    // A name in Latin-1, as old archives have it.
    await writeFile(Buffer.from(`${folder.file('masks')}/b\xe9.png`, 'latin1'), 'not opened here');
    const error = await rejection(openDataset(folder.path));
    expect(error.code).to.equal('INPUT_UNREADABLE');
    expect(error.message).to.match(/b\\xE9\.png is not valid UTF-8.*count as authentic/);
  });

  describe('split files', () => {
    it('takes samples in the order of the list', async () => {
      await writeSplit('images/b.jpg\tNone\t0\nimages/a.jpg\tmasks/a.png\t1\n');
      const dataset = await openDataset(folder.path);
      expect(dataset.layout).to.equal('split-file');
      expect(lines(dataset)).to.deep.equal(['images/b.jpg - 0', 'images/a.jpg masks/a.png 1']);
      expect(dataset.findings).to.deep.equal([]);
    });

    it('prefers test_split.txt, and says which to pick among others', async () => {
      await writeSplit('images/b.jpg\tNone\t0\n');
      await writeSplit('images/a.jpg\tmasks/a.png\t1\n', 'test_split.txt');
      expect(lines(await openDataset(folder.path))).to.deep.equal(['images/a.jpg masks/a.png 1']);
    });

    it('wants a choice where several lists have other names', async () => {
      await writeSplit('images/b.jpg\tNone\t0\n', 'train_split.txt');
      await writeSplit('images/b.jpg\tNone\t0\n', 'val_split.txt');
      const error = await rejection(openDataset(folder.path));
      expect(error.code).to.equal('DATASET_INVALID');
      expect(error.suggestion).to.contain('--split');
    });

    it('takes the label for tampered unless it is 0, and no mask for authentic images', async () => {
      await writeSplit('images/a.jpg\tmasks/a.png\t3\nimages/b.jpg\tmasks/a.png\t0\n');
      expect(lines(await openDataset(folder.path))).to.deep.equal([
        'images/a.jpg masks/a.png 1',
        'images/b.jpg - 0',
      ]);
    });

    it('reads a byte-order mark, CRLF, a heading, blank lines and spaces around columns', async () => {
      await writeSplit(
        '\uFEFFimage\tmask\tlabel\r\n images/a.jpg \tmasks/a.png \t 1\r\n\r\nimages/b.jpg\tNone\t0\r\n',
      );
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/a.jpg masks/a.png 1', 'images/b.jpg - 0']);
      expect(dataset.findings).to.deep.equal([]);
    });

    it('keeps spaces inside of paths between tabs', async () => {
      await write('images/my photo.jpg');
      await writeFile(folder.file('split.txt'), 'images/my photo.jpg\tNone\t0\n');
      expect(lines(await openDataset(folder.path))).to.deep.equal(['images/my photo.jpg - 0']);
    });

    it('accepts spaces instead of tabs, and says so', async () => {
      await writeSplit('images/a.jpg masks/a.png 1\n');
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/a.jpg masks/a.png 1']);
      expect(codes(dataset)).to.deep.equal(['space-separated']);
    });

    it('leaves out lines with too few columns', async () => {
      await writeSplit('images/a.jpg\tmasks/a.png\nimages/b.jpg\tNone\t0\nimages/b.jpg\n');
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/b.jpg - 0']);
      expect(dataset.leftOut).to.equal(2);
      expect(dataset.findings[0]!.examples).to.deep.equal([
        'line 1: images/a.jpg\tmasks/a.png',
        'line 3: images/b.jpg',
      ]);
    });

    it('refuses paths that climb out of the root, absolute or not', async () => {
      await writeSplit(
        `../secret.jpg\tNone\t0\n/etc/passwd\tNone\t0\nimages/a.jpg\t../../mask.png\t1\nimages/b.jpg\tNone\t0\n`,
      );
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/b.jpg - 0']);
      expect(dataset.leftOut).to.equal(3);
      expect(codes(dataset)).to.deep.equal(['path-outside']);
    });

    it('accepts absolute paths that lie in the root', async () => {
      await writeSplit(`${folder.file('images/b.jpg')}\tNone\t0\n`);
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/b.jpg - 0']);
      expect(codes(dataset)).to.deep.equal(['absolute-path']);
    });

    it('counts repeated lines once, and lets the first of contradicting ones win', async () => {
      await writeSplit('images/b.jpg\tNone\t0\nimages/b.jpg\tNone\t0\n./images/b.jpg\tmasks/a.png\t1\n');
      const dataset = await openDataset(folder.path);
      expect(lines(dataset)).to.deep.equal(['images/b.jpg - 0']);
      expect(codes(dataset)).to.deep.equal(['contradicting-lines', 'duplicate-line']);
      expect(dataset.leftOut).to.equal(1);
    });

    it('says where it looked if no listed image exists', async () => {
      await writeSplit('photos/b.jpg\tNone\t0\n');
      const error = await rejection(openDataset(folder.path));
      expect(error.message).to.contain('None of the 1 images').and.contain(folder.file('photos/b.jpg'));
    });

    it('says why a list gives nothing', async () => {
      await writeSplit('nonsense\n');
      const error = await rejection(openDataset(folder.path));
      expect(error.code).to.equal('DATASET_INVALID');
      expect(error.message).to.contain('line 1: nonsense');
    });

    it('understands labels in words, and leaves out lines whose label it does not know', async () => {
      const labels: [string, number | null][] = [
        ...[
          'authentic',
          'Real',
          'ORIGINAL',
          'pristine',
          'False',
          'no',
          '-1',
          '0.0',
          '"0"',
          'Au',
          'genuine',
          'not tampered',
          'Non-manipulated',
        ].map((word): [string, number] => [word, 0]),
        ...[
          'tampered',
          'Fake',
          'FORGED',
          'spliced',
          'manipulated',
          'True',
          'yes',
          '1.0',
          '2',
          'Tp',
          'altered',
          'copy move',
          'Copy-Moved',
          'not authentic',
        ].map((word): [string, number] => [word, 1]),
        ...['unsure', '-2', 'nan', '?', 'Infinity'].map((word): [string, null] => [word, null]),
      ];
      const rows: string[] = [];
      for (const [index, [label]] of labels.entries()) {
        await write(`images/${index}.jpg`);
        rows.push(`images/${index}.jpg\tNone\t${label}`);
      }
      await writeFile(folder.file('split.txt'), rows.join('\n'));
      const dataset = await openDataset(folder.path);
      const read = new Map(dataset.samples.map(({ name, label }) => [name, label]));
      for (const [index, [label, meant]] of labels.entries()) {
        expect(read.get(`images/${index}.jpg`) ?? null, label).to.equal(meant);
      }
      expect(dataset.leftOut).to.equal(5);
      const odd = dataset.findings.find(({ code }) => code === 'odd-label');
      expect(odd).to.deep.include({ severity: 'error', count: 5 });
      expect(odd!.examples[0]).to.equal('line 28: unsure');
    });

    it('finds listed files whose names are written in another Unicode form on the disk', async () => {
      const name = 'Fälschung-é'.normalize('NFD');
      await write(`images/${name}.jpg`, `masks/${name}.png`);
      const line = `images/${name}.jpg\tmasks/${name}.png\t1\n`;
      await writeFile(folder.file('split.txt'), line.normalize('NFC'));
      const { samples } = await openDataset(folder.path);
      expect(samples).to.deep.equal([
        {
          name: `images/${name}.jpg`,
          image: folder.file('images', `${name}.jpg`),
          mask: folder.file('masks', `${name}.png`),
          label: 1,
          category: null,
        },
      ]);
    });

    it('reads a list in UTF-16 of either byte order', async () => {
      await write('images/é.jpg');
      const text = Buffer.from('\uFEFFimages/é.jpg\tNone\t0\n', 'utf16le');
      for (const bytes of [text, Buffer.from(text).swap16()]) {
        await writeFile(folder.file('split.txt'), bytes);
        expect(lines(await openDataset(folder.path))).to.deep.equal(['images/é.jpg - 0']);
      }
    });

    it('reads a list that is named directly, from its own folder or against another root', async () => {
      await writeSplit('images/b.jpg\tNone\t0\n', 'mine.txt');
      expect((await openDataset(folder.file('mine.txt'))).name).to.equal('mine');
      const against = await openDataset(folder.path, { split: folder.file('mine.txt') });
      expect(lines(against)).to.deep.equal(['images/b.jpg - 0']);
    });
  });

  describe('JSON lists', () => {
    it('takes pairs of image and mask, or "Negative"', async () => {
      await write('images/a.jpg', 'images/b.jpg', 'masks/a.png');
      const entries = [['images/a.jpg', 'masks/a.png'], ['images/b.jpg', 'Negative'], ['images/c.jpg']];
      await writeFile(folder.file('test.json'), JSON.stringify(entries));
      await writeFile(folder.file('notes.json'), '{"by": "somebody"}');
      const dataset = await openDataset(folder.path);
      expect(dataset.layout).to.equal('json-list');
      expect(lines(dataset)).to.deep.equal(['images/a.jpg masks/a.png 1', 'images/b.jpg - 0']);
      expect(codes(dataset)).to.deep.equal(['bad-line']);
    });

    it('takes other words for authentic, and a byte-order mark', async () => {
      await write('images/a.jpg', 'images/b.jpg', 'images/c.jpg', 'masks/a.png');
      const entries = [
        ['images/a.jpg', 'masks/a.png'],
        ['images/b.jpg', 'Authentic'],
        ['images/c.jpg', 'None'],
      ];
      await writeFile(folder.file('test.json'), `\uFEFF${JSON.stringify(entries)}`);
      expect(lines(await openDataset(folder.path)).slice(1)).to.deep.equal([
        'images/b.jpg - 0',
        'images/c.jpg - 0',
      ]);
    });
  });

  describe('folders', () => {
    it('reads Tp/, Gt/ and Au/ in any case, masks by name and not by position', async () => {
      await write('TP/b.jpg', 'TP/a.jpg', 'TP/c.tif', 'Gt/a_gt.png', 'Gt/C.png', 'Gt/z.png', 'Au/d.jpg');
      const dataset = await openDataset(folder.path);
      expect(dataset.layout).to.equal('tp-gt');
      expect(lines(dataset)).to.deep.equal([
        'TP/a.jpg Gt/a_gt.png 1',
        'TP/b.jpg - 1',
        'TP/c.tif Gt/C.png 1',
        'Au/d.jpg - 0',
      ]);
      expect(dataset.findings.map(({ code, examples }) => [code, ...examples])).to.deep.equal([
        ['missing-mask', 'TP/b.jpg'],
        ['unmatched-mask', 'z.png'],
      ]);
    });

    it('leaves the label to the mask in images/ and masks/, and says of which images', async () => {
      await write('images/a.jpg', 'images/b.jpg', 'masks/a_mask.png');
      const dataset = await openDataset(folder.path);
      expect(dataset.layout).to.equal('images-masks');
      expect(lines(dataset)).to.deep.equal(['images/a.jpg masks/a_mask.png null', 'images/b.jpg - 0']);
      const one = dataset.findings.at(-1);
      expect(one).to.deep.include({ count: 1, examples: ['images/a.jpg'] });
      expect(one!.message).to.match(/^1 label was taken/);
      await write('images/c.jpg', 'masks/c_mask.png');
      const two = (await openDataset(folder.path)).findings.at(-1);
      expect(two).to.deep.include({ count: 2, examples: ['images/a.jpg', 'images/c.jpg'] });
      expect(two!.message).to.match(/^2 labels were taken/);
    });

    it('warns by name of a photo without a mask beside others that have one', async () => {
      await write('images/a.jpg', 'images/lost.jpg', 'masks/a.png');
      const [worst] = (await openDataset(folder.path)).findings;
      expect(worst).to.deep.include({
        code: 'unmasked-image',
        severity: 'warning',
        examples: ['images/lost.jpg'],
      });
    });

    it('matches names in any Unicode form', async () => {
      const composed = 'Fälschung é 한글'.normalize('NFC');
      await write(`images/${composed}.jpg`, `masks/${composed.normalize('NFD')}_GT.png`);
      const { samples, findings } = await openDataset(folder.path);
      expect(path.basename(samples[0]!.mask!)).to.equal(`${composed.normalize('NFD')}_GT.png`);
      expect(findings.map(({ code }) => code)).to.deep.equal(['label-from-mask']);
    });

    it('reads tampered/ and authentic/ without masks', async () => {
      await write('tampered/a.jpg', 'authentic/b.jpg');
      const dataset = await openDataset(folder.path);
      expect(dataset.layout).to.equal('tampered-authentic');
      expect(lines(dataset)).to.deep.equal(['tampered/a.jpg - 1', 'authentic/b.jpg - 0']);
      expect(dataset.findings).to.deep.equal([]);
    });

    it('tells images apart whose names differ in their ending', async () => {
      await write('tampered/x.jpg', 'tampered/x.png', 'authentic/b.jpg', 'masks/x.jpg.png', 'masks/x.png');
      expect(lines(await openDataset(folder.path)).slice(0, 2)).to.deep.equal([
        'tampered/x.jpg masks/x.jpg.png 1',
        'tampered/x.png masks/x.png 1',
      ]);
    });

    it('reads the layout that is asked for', async () => {
      await writeSplit('images/b.jpg\tNone\t0\n');
      expect((await openDataset(folder.path, { layout: 'images-masks' })).samples).to.have.length(2);
    });

    it('says what it found where it knows no layout', async () => {
      await write('pictures/a.jpg');
      const error = await rejection(openDataset(folder.path));
      expect(error.code).to.equal('DATASET_INVALID');
      expect(error.suggestion).to.contain('pictures').and.contain('Tp/');
    });

    it('says so where there is nothing', async () => {
      expect((await rejection(openDataset(folder.file('nowhere')))).code).to.equal('INPUT_MISSING');
    });
  });
});

describeWithSharedData('openDataset on the shared data', () => {
  it('reads 100 tampered and 100 authentic images', async () => {
    const dataset = await openDataset(path.join(SHARED_DATA, 'casia1-dev'));
    expect(dataset.samples.filter(({ label }) => label === 1)).to.have.length(100);
    expect(dataset.samples.filter(({ label }) => label === 0)).to.have.length(100);
    expect(dataset.findings).to.deep.equal([]);
  });

  it('matches the same masks by name as the list does', async () => {
    const listed = await openDataset(path.join(SHARED_DATA, 'casia1-dev'));
    const matched = await openDataset(path.join(SHARED_DATA, 'casia1-dev'), { layout: 'images-masks' });
    const masks = new Map(matched.samples.map(({ name, mask }) => [name, mask]));
    for (const { name, mask, label } of listed.samples) {
      if (label === 1) expect(masks.get(name), name).to.equal(mask);
    }
  });
});

async function rejection(promise: Promise<unknown>): Promise<OfxError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OfxError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}
