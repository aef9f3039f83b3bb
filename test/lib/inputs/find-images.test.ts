import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { findInputFiles, placesBelow } from '../../../src/lib/inputs/find-images.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const GIF = Buffer.from('GIF89a');

describe('findInputFiles', () => {
  const folder = temporaryFolder();

  async function put(...names: string[]): Promise<void> {
    for (const name of names) {
      await mkdir(path.dirname(folder.file(name)), { recursive: true });
      await writeFile(folder.file(name), name.endsWith('.txt') ? 'text' : GIF);
    }
  }

  async function find(inputs: string[], options = {}): Promise<string[]> {
    return (await findInputFiles(inputs, options)).files.map(({ below }) => below);
  }

  it('searches folders, by content and by name, in a fixed order', async () => {
    await put('b.jpg', 'a/c.png', 'a/no-ending', 'notes.txt', '.hidden.jpg');
    await writeFile(folder.file('broken.jpg'), 'no image');
    const found = await findInputFiles([folder.path]);
    expect(found.files.map(({ below }) => below)).to.deep.equal([
      'a/c.png',
      'a/no-ending',
      'b.jpg',
      'broken.jpg',
    ]);
    expect(found.ignored).to.equal(1);
    expect(found.single).to.equal(false);
  });

  it('takes a named file whatever it is', async () => {
    await put('notes.txt');
    const found = await findInputFiles([folder.file('notes.txt')]);
    expect(found.files.map(({ below }) => below)).to.deep.equal(['notes.txt']);
    expect(found.single).to.equal(true);
  });

  it('expands globs below their fixed part', async () => {
    await put('x/a.jpg', 'x/y/b.jpg', 'x/y/c.png');
    expect(await find([`${folder.path}/x/**/*.jpg`])).to.deep.equal(['a.jpg', 'y/b.jpg']);
  });

  it('takes a file whose name looks like a glob for the file', async () => {
    await put('[a].jpg', 'a.jpg');
    expect(await find([folder.file('[a].jpg')])).to.deep.equal(['[a].jpg']);
  });

  it('reads paths from stdin, with spaces and either line ending', async () => {
    await put('a b.jpg', 'c.jpg');
    const stdin = Readable.from([`${folder.file('a b.jpg')}\r\n\n${folder.file('c.jpg')}`]);
    expect(await find(['-'], { stdin })).to.deep.equal(['a b.jpg', 'c.jpg']);
  });

  it('names files from several folders by their common folder', async () => {
    await put('x/a.jpg', 'y/a.jpg');
    expect(await find([folder.file('x/a.jpg'), folder.file('y/a.jpg')])).to.deep.equal([
      'x/a.jpg',
      'y/a.jpg',
    ]);
  });

  it('lists no file twice and no output as an input', async () => {
    await put('a.jpg', 'out/a.png');
    expect(await find([folder.path, folder.file('a.jpg')], { exclude: [folder.file('out')] })).to.deep.equal([
      'a.jpg',
    ]);
  });

  it('visits a folder once, whatever links lead to it', async () => {
    await put('d/a/x.jpg', 'd/b/y.jpg', 'elsewhere/z.jpg');
    await symlink('..', folder.file('d/a/loop'));
    await symlink('../b', folder.file('d/a/again'));
    await symlink('../elsewhere', folder.file('d/linked'));
    expect(await find([folder.file('d')])).to.deep.equal(['a/x.jpg', 'b/y.jpg', 'linked/z.jpg']);
    expect(await find([`${folder.path}/d/**/*.jpg`])).to.deep.equal(['a/x.jpg', 'b/y.jpg']);
    expect(await find([`${folder.path}/d/*/*.jpg`])).to.deep.equal(['a/x.jpg', 'b/y.jpg', 'linked/z.jpg']);
  });

  it('lists a file once that is named by a link to its folder too', async () => {
    await put('d/x.jpg');
    await symlink('d', folder.file('link'));
    expect(await find([folder.file('d'), folder.file('link')])).to.deep.equal(['x.jpg']);
    expect(await find([folder.file('d/x.jpg'), folder.file('link/x.jpg')])).to.have.length(1);
  });

  it('keeps every name of a file that several links share', async () => {
    await put('store/1');
    await mkdir(folder.file('masks'));
    await symlink('../store/1', folder.file('masks/a.png'));
    await symlink('../store/1', folder.file('masks/b.png'));
    expect(await find([folder.file('masks')])).to.deep.equal(['a.png', 'b.png']);
  });

  it('takes a link to nothing for a failed input if its name is that of an image', async () => {
    await put('a.jpg');
    await symlink('/nowhere.jpg', folder.file('gone.jpg'));
    await symlink('/nowhere', folder.file('gone.txt'));
    await symlink('itself.jpg', folder.file('itself.jpg'));
    for (const input of [folder.path, `${folder.path}/*`]) {
      const { files, ignored } = await findInputFiles([input]);
      expect(files.map(({ below, error }) => [below, error?.code])).to.deep.equal([
        ['a.jpg', undefined],
        ['gone.jpg', 'INPUT_MISSING'],
        ['itself.jpg', 'INPUT_MISSING'],
      ]);
      expect(ignored).to.equal(1);
    }
  });

  it('takes no output for an input that lies behind a link', async () => {
    await put('d/a.jpg', 'out/a.png');
    await symlink('../out', folder.file('d/masks'));
    await symlink('out', folder.file('results'));
    expect(await find([folder.file('d')], { exclude: [folder.file('results')] })).to.deep.equal(['a.jpg']);
  });

  it('keeps the order of the inputs', async () => {
    await put('d/a.jpg', 'notes.txt', 'e/b.jpg', 'e/c.png');
    const { files } = await findInputFiles([
      folder.file('d'),
      folder.file('notes.txt'),
      `${folder.path}/e/*`,
      folder.file('none.jpg'),
    ]);
    expect(files.map(({ image }) => path.relative(folder.path, image))).to.deep.equal(
      ['d/a.jpg', 'notes.txt', 'e/b.jpg', 'e/c.png', 'none.jpg'].map((name) => path.normalize(name)),
    );
  });

  it('refuses an image on stdin, and a stdin without paths', async () => {
    const image = Readable.from([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16])]);
    const binary = await rejection(findInputFiles(['-'], { stdin: image }));
    expect([binary.code, binary.message]).to.deep.equal([
      'USAGE',
      'Standard input is not a list of paths but binary data.',
    ]);
    const empty = await rejection(findInputFiles(['-'], { stdin: Readable.from(['\n']) }));
    expect([empty.code, empty.message]).to.deep.equal(['NO_IMAGES', 'Standard input names no paths.']);
  });

  it('keeps a missing file and an empty pattern as failed inputs', async () => {
    await put('a.jpg');
    const { files } = await findInputFiles([
      folder.file('a.jpg'),
      folder.file('none.jpg'),
      `${folder.path}/*.webp`,
    ]);
    expect(files.map(({ error }) => error?.code)).to.deep.equal([
      undefined,
      'INPUT_MISSING',
      'INPUT_MISSING',
    ]);
  });

  it('refuses a folder without images', async () => {
    await put('notes.txt');
    expect((await rejection(findInputFiles([folder.path]))).code).to.equal('NO_IMAGES');
  });
});

describe('placesBelow', () => {
  const cases: [what: string, flavour: path.PlatformPath, files: string[], places: string[]][] = [
    ['one file', path.posix, ['/x/a.jpg'], ['a.jpg']],
    ['the root', path.posix, ['/x/a.jpg', '/y/z/a.jpg'], ['x/a.jpg', 'y/z/a.jpg']],
    ['a file and one below it', path.posix, ['/x/a.jpg', '/x/y/../y/b.jpg'], ['a.jpg', 'y/b.jpg']],
    ['a drive', path.win32, ['C:\\a\\1.jpg', 'c:\\b\\2.jpg'], ['a/1.jpg', 'b/2.jpg']],
    ['two drives', path.win32, ['C:\\a\\1.jpg', 'D:\\a\\1.jpg'], ['C/a/1.jpg', 'D/a/1.jpg']],
    [
      'a drive and a share',
      path.win32,
      ['C:\\1.jpg', '\\\\server\\photos\\a\\1.jpg'],
      ['C/1.jpg', 'server/photos/a/1.jpg'],
    ],
    ['no file', path.win32, [], []],
  ];
  for (const [what, flavour, files, places] of cases) {
    it(`of ${what}, never outside`, () => {
      const found = placesBelow(files, flavour);
      expect(found).to.deep.equal(places);
      for (const place of found) {
        expect(flavour.isAbsolute(place) || place.startsWith('..'), place).to.equal(false);
      }
    });
  }
});
