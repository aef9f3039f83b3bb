import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { execa } from 'execa';
import sharp from 'sharp';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT } from '../support/ofx.js';
import { jpegImage, makePdf } from '../support/pdf.js';
import { expectSchema } from '../support/schema.js';

const SAMPLE = path.join(ROOT, 'samples/splice-dahlia.jpg');
const CHROMIUM = process.env['OFX_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const MARKUP = '<img src=x onerror=alert(1)> & "quote".jpg';

interface CaseFile {
  case: { id?: string; note?: string };
  results: {
    image: string;
    verdict?: string;
    score?: number;
    sha256?: string;
    file?: { exif?: { gps: boolean; camera?: string; position?: object }; observations: string[] };
    error?: { code: string };
  }[];
  summary: { inputs: number; failed: number };
}

/** A TIFF block, as EXIF is one, that names a camera's maker at any length. */
function tiffWithMake(make: string): Buffer {
  const text = Buffer.from(`${make}\0`, 'latin1');
  const head = Buffer.alloc(26);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(1, 8);
  head.writeUInt16LE(0x010f, 10);
  head.writeUInt16LE(2, 12);
  head.writeUInt32LE(text.length, 14);
  head.writeUInt32LE(26, 18);
  return Buffer.concat([head, text]);
}

function withPngChunk(png: Buffer, type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  // Behind the header.
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

function app1(tiff: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

describe('ofx predict --report', () => {
  const folder = temporaryFolder();

  /** A photo of several sizes with EXIF of which most is not true. */
  async function lyingPhoto(file: string): Promise<void> {
    await sharp({ create: { width: 90, height: 60, channels: 3, background: '#777777' } })
      .withExif({
        IFD0: {
          Make: 'Canon<script>',
          Model: 'EOS',
          Software: 'Adobe Photoshop 25',
          DateTime: '2031:01:01 00:00:00',
        },
        IFD2: { DateTimeOriginal: 'never', PixelXDimension: '4000', PixelYDimension: '3000' },
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '52/1 30/1 27/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '13/1 24/1 27/1',
        },
      })
      .jpeg({ quality: 60 })
      .toFile(file);
  }

  async function photos(): Promise<string> {
    const place = folder.file('photos');
    await mkdir(place);
    await copyFile(SAMPLE, path.join(place, MARKUP));
    await copyFile(SAMPLE, path.join(place, 'back\\slash.jpg'));
    await lyingPhoto(path.join(place, 'lying.jpg'));
    await sharp({ create: { width: 64, height: 48, channels: 3, background: 'white' } })
      .png()
      .toFile(path.join(place, 'white.png'));
    await writeFile(path.join(place, 'empty.jpg'), '');
    await writeFile(path.join(place, 'cut.jpg'), (await readFile(SAMPLE)).subarray(0, 3000));
    return place;
  }

  async function report(...more: string[]) {
    const place = await photos();
    const run = await ofx([
      'predict',
      place,
      '--model',
      TINY_MODEL,
      '--report',
      folder.file('case.html'),
      ...more,
    ]);
    const text = await readFile(folder.file('case.html'), 'utf8');
    const document = JSON.parse(await readFile(folder.file('case.json'), 'utf8')) as CaseFile;
    return { run, text, document };
  }

  it('writes report, twin and list, worst first, and sha256sum accepts the list', async () => {
    const { run, text, document } = await report('--case-id', '47/11', '--note', 'a <b>note</b>');
    expect(run.exitCode).to.equal(4);
    await expectSchema('case', document);
    expect(document.case).to.deep.equal({ id: '47/11', note: 'a <b>note</b>' });
    expect(document.summary).to.include({ inputs: 6, failed: 2 });
    const failed = document.results.filter(({ error }) => error);
    expect(document.results.slice(-2)).to.deep.equal(failed);
    expect(failed.map(({ sha256 }) => sha256)).to.not.include(undefined);
    expect(document.results[0]!.verdict).to.equal('manipulated');
    expect(path.basename(document.results[0]!.image)).to.equal('white.png');
    expect([...text.matchAll(/id="photo-\d+"/g)]).to.have.length(4);
    expect(text.indexOf('white.png')).to.be.lessThan(text.indexOf('id="method"'));
    const check = await execa('sha256sum', ['-c', 'case.sha256'], { cwd: folder.path });
    expect(check.stdout.split('\n')).to.have.length(8);
    expect(await readdir(folder.path)).to.have.members(['photos', 'case.html', 'case.json', 'case.sha256']);
  });

  it('lets no name, note or EXIF become markup, and asks nothing of any network', async () => {
    const { text } = await report('--case-id', '"</style><script>', '--examiner', '<i>');
    expect(text).to.not.match(/<img|<script|<b>note|<i>(?!<)[^<]*<\/dd/);
    expect(text.match(/<\/style>/g)).to.have.length(1);
    expect(text).to.not.match(/(?:href|src)="(?!#|data:)/);
    expect(text).to.contain('default-src &#39;none&#39;');
  });

  it('tells that a place is stored, and the place itself only where it is asked for', async () => {
    const { document, text } = await report();
    const { exif, observations } = lying(document);
    expect(exif).to.include({ gps: true, camera: 'Canon<script> EOS' });
    expect(JSON.stringify(document) + text).to.not.match(/52\.507|13\.407/);
    expect(observations.join(' ')).to.match(/edits images \(Adobe Photoshop 25\)/);
    expect(observations.join(' ')).to.match(/not a date: "never"/);
    expect(observations.join(' ')).to.match(/Strongly compressed \(JPEG quality about 60\)/);
  });

  it('shows the place with --show-place', async () => {
    const { document, text } = await report('--show-place');
    expect(lying(document).exif!.position).to.deep.equal({ latitude: 52.5075, longitude: 13.4075 });
    expect(text).to.contain('52.5075, 13.4075 (WGS 84)');
  });

  it('holds the whole card of the model, with nothing in it that leads outside', async () => {
    const file = folder.file('card.html');
    const { exitCode } = await ofx(['predict', SAMPLE, '--report', file]);
    expect(exitCode).to.equal(0);
    const text = await readFile(file, 'utf8');
    expect(text.indexOf('id="card"')).to.be.greaterThan(text.indexOf('id="method"'));
    expect(text).to.contain('Where it must not be trusted').and.contain('EfficientNet-lite0');
    expect(text).to.not.match(/(?:href|src)="(?!#|data:)/);
    const twin = JSON.parse(await readFile(folder.file('card.json'), 'utf8')) as { model: { card: string } };
    await expectSchema('case', twin);
    expect(twin.model.card).to.equal(
      await readFile(path.join(ROOT, 'models/objectformer-lite/README.md'), 'utf8'),
    );
  });

  it('names pictures of a document that could not be read, and ends with 4', async () => {
    const photo = await readFile(SAMPLE);
    const odd = {
      says: '/Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JPXDecode',
      data: photo,
    };
    const document = makePdf([jpegImage(photo, 600, 400), odd], [{ shows: [0] }, { shows: [1] }]);
    await writeFile(folder.file('scan.pdf'), document);
    const args = ['predict', folder.file('scan.pdf'), '--model', TINY_MODEL];
    const { exitCode, stdout } = await ofx([...args, '--report', folder.file('case.html'), '--json']);
    expect(exitCode).to.equal(4);
    const { results, summary } = JSON.parse(stdout) as { results: { unseen: object[] }[]; summary: object };
    await expectSchema('predict', JSON.parse(stdout));
    expect(results[0]!.unseen).to.have.length(1);
    expect(summary).to.include({ failed: 0, unseenPictures: 1 });
    const text = await readFile(folder.file('case.html'), 'utf8');
    const front = text.slice(0, text.indexOf('id="photo-1"'));
    expect(front)
      .to.contain('What could not be examined')
      .and.contain('scan.pdf#page=2&#38;image=1')
      .and.contain('JPEG 2000');
    await expectSchema('case', JSON.parse(await readFile(folder.file('case.json'), 'utf8')));
    const words = await ofx([...args, args[1]!, SAMPLE]);
    expect([words.exitCode, words.stdout.includes('1 picture in documents not read')]).to.deep.equal([
      4,
      true,
    ]);
    const gate = await ofx([...args, '--fail-on', 'manipulated < 5']);
    expect(gate.stderr + gate.stdout).to.contain('nor could 1 picture in documents');
  });

  it('reads EXIF of 5 MB, in one piece and in many, and tells only what is short', async () => {
    const place = folder.file('exif');
    await mkdir(place);
    const long = (count: number): Buffer => tiffWithMake(`Canon ${'x'.repeat(count)}`);
    const png = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777777' } })
      .png()
      .toBuffer();
    await writeFile(path.join(place, 'one.png'), withPngChunk(png, 'eXIf', long(5_000_000)));
    const jpeg = await readFile(SAMPLE);
    const segment = app1(long(60_000));
    const many = Buffer.concat([
      jpeg.subarray(0, 2),
      ...Array.from({ length: 83 }, () => segment),
      jpeg.subarray(2),
    ]);
    await writeFile(path.join(place, 'many.jpg'), many);
    const { exitCode } = await ofx([
      'predict',
      place,
      '--model',
      TINY_MODEL,
      '--report',
      folder.file('case.html'),
    ]);
    expect(exitCode).to.equal(0);
    const { results } = JSON.parse(await readFile(folder.file('case.json'), 'utf8')) as CaseFile;
    expect(results).to.have.length(2);
    for (const { image, file } of results) {
      const camera = file!.exif?.camera ?? '';
      expect(camera.length, image).to.be.within(100, 170);
      expect(camera, image).to.match(/^Canon x/);
    }
    expect((await readFile(folder.file('case.html'))).length).to.be.lessThan(1_000_000);
  });

  it('tells the hash and the score of the same bytes while photos are replaced', async () => {
    const versions = await Promise.all(
      ['white', 'black'].map(async (background) =>
        sharp({ create: { width: 96, height: 64, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const photo = folder.file('photo.png');
    const links = Array.from({ length: 40 }, (_, i) => folder.file(`link-${i}.png`));
    await writeFile(photo, versions[0]!);
    for (const link of links) await symlink(photo, link);
    const done = new AbortController();
    const replacing = (async () => {
      for (let i = 0; !done.signal.aborted; i++) {
        await writeFile(`${photo}.new`, versions[i % 2]!);
        await rename(`${photo}.new`, photo);
      }
    })();
    const { stdout } = await ofx(['predict', ...links, '--model', TINY_MODEL, '--json']);
    done.abort();
    await replacing;
    const hashes = versions.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    const { results } = JSON.parse(stdout) as CaseFile;
    expect(results).to.have.length(links.length);
    for (const { sha256, score } of results) expect(score! > 0.5).to.equal(sha256 === hashes[0]);
    for (const { sha256 } of results) expect(hashes).to.include(sha256);
  });

  it('tells on its first page what was left out of folders', async () => {
    await mkdir(folder.file('mixed'));
    for (const name of ['a.jpg', 'a_mask.jpg', '.b.jpg']) await copyFile(SAMPLE, folder.file('mixed', name));
    await writeFile(folder.file('mixed/notes.txt'), 'No photo.');
    const out = folder.file('mixed.html');
    const { exitCode, stderr } = await ofx([
      ...['predict', folder.file('mixed'), '--model', TINY_MODEL, '--report', out],
    ]);
    expect(exitCode, stderr).to.equal(0);
    const page = (await readFile(out, 'utf8')).replace(/\s+/g, ' ');
    for (const sentence of [
      '1 file is not an image and was left out.',
      '1 ground-truth mask beside its photo was left out.',
      '1 hidden image or folder was left out.',
    ]) {
      expect(page).to.contain(sentence);
      expect(stderr).to.contain(sentence);
    }
  });

  it('never calls a photo authentic', async () => {
    const { text } = await report();
    for (const [sentence] of text.replace(/\s+/g, ' ').matchAll(/[^.>]*authentic[^.<]*/gi))
      expect(sentence).to.match(/does not show|often have|not known/);
  });

  it('says beforehand what is wrong with what was asked for', async () => {
    const refused = async (...args: string[]) => {
      const { exitCode, stderr } = await ofx(['predict', SAMPLE, '--model', TINY_MODEL, ...args]);
      return `${exitCode} ${stderr}`;
    };
    expect(await refused('--report', 'case.docx')).to.match(/^2 .*written as \.html or \.pdf/s);
    expect(await refused('--examiner', 'A')).to.match(/^2 .*without --report/s);
    const missing = await refused('--report', folder.file('c.pdf'), '--browser', folder.file('none'));
    expect(missing).to.match(/^69 .*Chromium, Chrome or Edge/s);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  (existsSync(CHROMIUM) ? it : it.skip)('prints a PDF by the browser of the machine', async () => {
    const { exitCode } = await ofx([
      ...[
        'predict',
        SAMPLE,
        '--model',
        TINY_MODEL,
        '--report',
        folder.file('case.pdf'),
        '--browser',
        CHROMIUM,
      ],
    ]);
    expect(exitCode).to.equal(0);
    expect((await readFile(folder.file('case.pdf'))).toString('latin1', 0, 5)).to.equal('%PDF-');
    expect(await readdir(folder.path)).to.have.members(['case.pdf', 'case.json', 'case.sha256']);
    const list = await readFile(folder.file('case.sha256'), 'utf8');
    expect(list).to.contain(
      createHash('sha256')
        .update(await readFile(SAMPLE))
        .digest('hex'),
    );
  });

  function lying({ results }: CaseFile) {
    return results.find(({ image }) => image.endsWith('lying.jpg'))!.file!;
  }
});
