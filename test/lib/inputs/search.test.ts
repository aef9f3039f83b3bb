import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { encodeMask, encodeRgb } from '../../../src/lib/image/encode.js';
import { ImageSearch, type SearchOptions, type SkipReason } from '../../../src/lib/inputs/find-images.js';
import type { InputFile } from '../../../src/lib/inputs/input-file.js';
import { temporaryFolder } from '../../support/folder.js';

const GIF = Buffer.from('GIF89a');

describe('ImageSearch', () => {
  const folder = temporaryFolder();

  async function put(name: string, content: Uint8Array | string = GIF): Promise<void> {
    await mkdir(path.dirname(folder.file(name)), { recursive: true });
    await writeFile(folder.file(name), content);
  }

  async function search(
    inputs: string[],
    options: SearchOptions = {},
  ): Promise<{ files: InputFile[]; skipped: [string, SkipReason][] }> {
    const found = await ImageSearch.open(inputs, options);
    const skipped: [string, SkipReason][] = [];
    const files: InputFile[] = [];
    for await (const file of found.files((name, reason) =>
      skipped.push([path.relative(folder.path, name), reason]),
    ))
      files.push(file);
    await found.close();
    return { files, skipped };
  }

  const names = ({ files }: { files: InputFile[] }): string[] => files.map(({ below }) => below);

  it('takes pictures that ofx refuses for inputs, and leaves out what is no picture, telling it', async () => {
    for (const [name, content] of Object.entries({
      'a.jxl': '\xff\x0a\0\0',
      b: 'P6\n1 1\n255\n\0\0\0',
      'c.pdf': '%PDF-1.7',
      'd.nef': '',
      'e.djvu': 'AT&TFORM',
      'f.txt': 'text',
      'g.zip': 'PK\x03\x04',
      h: 'nothing',
    }))
      await put(name, Buffer.from(content, 'latin1'));
    const found = await search([folder.path]);
    expect(names(found)).to.deep.equal(['a.jxl', 'b', 'c.pdf', 'd.nef', 'e.djvu']);
    expect(found.skipped).to.deep.equal([
      ['f.txt', 'no-image'],
      ['g.zip', 'no-image'],
      ['h', 'no-image'],
    ]);
  });

  it('leaves out of a folder what ofx wrote and ground truth beside photos, but not what is named', async () => {
    const mask = await encodeMask(Uint8Array.of(0, 255), 2, 1);
    await put('photos/a.jpg');
    await put('photos/a_mask.png');
    await put('photos/GT_b.png');
    await put('photos/b.JPG');
    await put('photos/c_gt.png');
    await put('photos/results/a.png', mask);
    await put('photos/results/o.png', await encodeRgb(new Uint8Array(6), 2, 1, 'png'));
    const found = await search([folder.file('photos')], { photosOnly: true });
    // Nothing is called c, so its mask may be a photo.
    expect(names(found)).to.deep.equal(['a.jpg', 'b.JPG', 'c_gt.png']);
    expect(found.skipped).to.deep.equal([
      ['photos/GT_b.png', 'ground-truth'],
      ['photos/a_mask.png', 'ground-truth'],
      ['photos/results/a.png', 'own-output'],
      ['photos/results/o.png', 'own-output'],
    ]);
    const named = await search([folder.file('photos/a_mask.png'), folder.file('photos/results/a.png')], {
      photosOnly: true,
    });
    expect(named.files).to.have.length(2);
    expect(names(await search([folder.file('photos')]))).to.have.length(7);
  });

  it('leaves out masks in a folder of masks beside their photos, and keeps photos of masks', async () => {
    await put('set/images/x.jpg');
    await put('set/images/deep/y.jpg');
    await put('set/masks/x.png');
    await put('set/masks/deep/y_gt.png');
    await put('set/masks/carnival.jpg');
    await put('album/masks/venice.jpg');
    const found = await search([folder.path], { photosOnly: true });
    expect(names(found)).to.deep.equal([
      'album/masks/venice.jpg',
      'set/images/deep/y.jpg',
      'set/images/x.jpg',
      'set/masks/carnival.jpg',
    ]);
    // Named itself, a folder of masks is searched.
    expect(names(await search([folder.file('set/masks')], { photosOnly: true }))).to.have.length(3);
  });

  it('takes nothing in another folder of masks for the photo of a mask', async () => {
    await put('masks/a.jpg');
    await put('out/masks/a.png');
    await put('b.jpg');
    expect(names(await search([folder.path], { photosOnly: true }))).to.deep.equal([
      'b.jpg',
      'masks/a.jpg',
      'out/masks/a.png',
    ]);
  });

  it('takes a name that is not UTF-8 for a failed input, and passes over one that is no picture', async function () {
    if (process.platform !== 'linux') this.skip();
    await put('a.jpg');
    for (const [name, content] of [
      ['caf\xe9.jpg', 'GIF89a'],
      ['r\xe9sum\xe9.txt', 'text'],
      ['\xff', 'GIF89a'],
    ] as const)
      await writeFile(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from(name, 'latin1')]), content);
    await mkdir(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from('d\xe9', 'latin1')]));
    const found = await search([folder.path]);
    expect(found.files.map(({ below, error }) => [below, error?.code]).sort()).to.deep.equal([
      ['\\xFF', 'INPUT_UNREADABLE'],
      ['a.jpg', undefined],
      ['caf\\xE9.jpg', 'INPUT_UNREADABLE'],
      ['d\\xE9', 'INPUT_UNREADABLE'],
    ]);
    expect(found.skipped).to.deep.equal([['r\\xE9sum\\xE9.txt', 'no-image']]);
    const listed = Readable.from([Buffer.from(`${folder.file('caf')}\xe9.jpg\n`, 'latin1')]);
    expect((await search(['-'], { stdin: listed })).files[0]!.error?.message).to.contain('not valid UTF-8');
  });

  it('finds names of a list that are written in another Unicode form on the disk', async () => {
    await put('Fälschung é.jpg'.normalize('NFD'));
    const stdin = Readable.from([`${folder.file('Fälschung é.jpg').normalize('NFC')}\n`]);
    const { files } = await search(['-'], { stdin });
    expect(files.map(({ error }) => error)).to.deep.equal([undefined]);
  });

  for (const [what, encode] of [
    ['UTF-8 with a byte-order mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big-endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ] as const) {
    it(`reads a list in ${what}, in however small pieces`, async () => {
      await put('ä.jpg');
      await put('b.jpg');
      const list = encode(`${folder.file('ä.jpg')}\r\n${folder.file('b.jpg')}\r\n`);
      for (const size of [1, 2, 3, 1000]) {
        const pieces = Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
          list.subarray(index * size, (index + 1) * size),
        );
        const { files } = await search(['-'], { stdin: Readable.from(pieces), needsPlaces: size > 2 });
        expect(files.map(({ image, error }) => [image, error])).to.deep.equal([
          [folder.file('ä.jpg'), undefined],
          [folder.file('b.jpg'), undefined],
        ]);
      }
    });
  }

  it('takes a zero byte behind each path, as find -print0 writes it, with line feeds in names', async () => {
    await put('a.jpg');
    await put('b\nc.jpg');
    const list = Buffer.from(`${folder.file('a.jpg')}\0${folder.file('b\nc.jpg')}\0`);
    for (const size of [1, 5, 1000]) {
      const pieces = Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
        list.subarray(index * size, (index + 1) * size),
      );
      const { files } = await search(['-'], { stdin: Readable.from(pieces) });
      expect(files.map(({ image, error }) => [image, error])).to.deep.equal([
        [folder.file('a.jpg'), undefined],
        [folder.file('b\nc.jpg'), undefined],
      ]);
    }
  });

  it('takes pipes and sockets that are named like images for failed inputs, of a search and of a glob', async () => {
    await put('d/a.jpg');
    execFileSync('mkfifo', [folder.file('d/pipe.jpg'), folder.file('d/pipe')]);
    await symlink('pipe', folder.file('d/link.png'));
    const server = createServer().listen(folder.file('d/socket.webp'));
    await once(server, 'listening');
    try {
      for (const input of [folder.file('d'), `${folder.path}/d/*`]) {
        const { files, skipped } = await search([input]);
        expect(files.map(({ below, error }) => [below, error?.code])).to.deep.equal([
          ['a.jpg', undefined],
          ['link.png', 'INPUT_UNREADABLE'],
          ['pipe.jpg', 'INPUT_UNREADABLE'],
          ['socket.webp', 'INPUT_UNREADABLE'],
        ]);
        expect(skipped).to.deep.equal([['d/pipe', 'no-image']]);
      }
    } finally {
      server.close();
    }
  });

  it('says which hidden images and folders it left out', async () => {
    for (const name of ['a.jpg', '.b.jpg', '._a.jpg', '.DS_Store', '.c/d.jpg']) await put(name);
    const found = await search([folder.path]);
    expect(names(found)).to.deep.equal(['a.jpg']);
    expect(found.skipped.sort()).to.deep.equal([
      ['.b.jpg', 'hidden'],
      ['.c', 'hidden'],
    ]);
  });

  it('gives the paths of a list before the list is at its end', async () => {
    await put('a.jpg');
    const stdin = new Readable({ read: () => undefined });
    const found = await ImageSearch.open(['-'], { stdin, needsPlaces: false });
    const files = found.files();
    stdin.push(`${folder.file('a.jpg')}\n`);
    expect((await files.next()).value).to.include({ image: folder.file('a.jpg') });
    stdin.push(null);
    expect((await files.next()).done).to.equal(true);
    await found.close();
  });

  it('takes folders and globs that a list names', async () => {
    await put('d/a.jpg');
    await put('e/b.jpg');
    const stdin = Readable.from([`${folder.file('d')}\n${folder.path}/e/*.jpg\n${folder.file('none.jpg')}`]);
    const { files } = await search(['-'], { stdin });
    expect(files.map(({ below, error }) => [below, error?.code])).to.deep.equal([
      ['a.jpg', undefined],
      ['b.jpg', undefined],
      ['none.jpg', 'INPUT_MISSING'],
    ]);
  });

  it('takes a folder that cannot be listed for a failed input, of a search and of a glob', async function () {
    // Root may list everything, except what the system itself keeps.
    if (process.getuid?.() === 0) this.skip();
    await put('d/a.jpg');
    await put('d/closed/b.jpg');
    await chmod(folder.file('d/closed'), 0);
    try {
      for (const input of [folder.file('d'), `${folder.path}/d/**/*.jpg`]) {
        const { files } = await search([input]);
        expect(files.map(({ below, error }) => [below, error?.code])).to.deep.equal([
          ['a.jpg', undefined],
          ['closed', 'INPUT_UNREADABLE'],
        ]);
      }
    } finally {
      await chmod(folder.file('d/closed'), 0o700);
    }
  });

  it('is not confused by a link that leads out of a folder and back', async () => {
    await put('d/x/a.jpg');
    await symlink('../x', folder.file('d/x/again'));
    expect(names(await search([folder.file('d')]))).to.deep.equal(['x/a.jpg']);
  });
});
