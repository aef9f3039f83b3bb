import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import sharp from 'sharp';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT } from '../support/ofx.js';
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
