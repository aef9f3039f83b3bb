import { execFileSync } from 'node:child_process';
import {
  access,
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import sharp from 'sharp';
import type { PredictReport, Prediction } from '../../src/lib/predict/result.js';
import { HeldFile } from '../support/held-file.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, startOfx } from '../support/ofx.js';

const IMAGES = path.join(ROOT, 'test/fixtures/images');
const tiny = ['--model', TINY_MODEL];

/** A black picture with a white rectangle of 60 x 40 at (20, 10), which the tiny model marks. */
async function picture(file: string, width = 200): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const white = sharp({ create: { width: 60, height: 40, channels: 3, background: 'white' } }).png();
  await sharp({ create: { width, height: 100, channels: 3, background: 'black' } })
    .composite([{ input: await white.toBuffer(), left: 20, top: 10 }])
    .png()
    .toFile(file);
}

const parse = (text: string): PredictReport => JSON.parse(text) as PredictReport;
const first = (text: string): Prediction => parse(text).results[0] as Prediction;

describe('ofx predict', () => {
  const folder = temporaryFolder();

  describe('one image', () => {
    beforeEach(async () => picture(folder.file('in.png')));

    it('tells the verdict, and writes mask, map and overlay at the size of the image', async () => {
      const { exitCode, stdout } = await ofx([
        ...['predict', folder.file('in.png'), ...tiny],
        ...[
          '--out',
          folder.file('m.png'),
          '--overlay',
          folder.file('o.png'),
          '--probability',
          folder.file('p.png'),
        ],
      ]);
      expect(exitCode).to.equal(0);
      expect(stdout).not.to.match(/: authentic/);
      expect(stdout).to.contain('suspicious').and.to.contain('60 × 40 px at (20, 10)');
      const mask = await sharp(folder.file('m.png')).metadata();
      expect([mask.width, mask.height, mask.channels, mask.depth]).to.deep.equal([200, 100, 1, 'uchar']);
      const levels = await sharp(folder.file('m.png')).extractChannel(0).raw().toBuffer();
      expect(levels.filter((level) => level === 255)).to.have.length(60 * 40);
      expect(levels.filter((level) => level === 0)).to.have.length(200 * 100 - 60 * 40);
      const map = await sharp(folder.file('p.png')).metadata();
      expect([map.width, map.height, map.channels, map.depth]).to.deep.equal([200, 100, 1, 'ushort']);
      const overlay = await sharp(folder.file('o.png')).metadata();
      expect([overlay.width, overlay.height, overlay.channels]).to.deep.equal([200, 100, 3]);
    });

    it('prints one JSON document that its schema describes', async () => {
      const out = folder.file('m.png');
      const { stdout, stderr, exitCode } = await ofx([
        'predict',
        folder.file('in.png'),
        ...tiny,
        '--json',
        '--out',
        out,
      ]);
      expect(exitCode).to.equal(0);
      expect(stderr).to.equal('');
      const schema = JSON.parse(
        await readFile(path.join(ROOT, 'schemas/predict.schema.json'), 'utf8'),
      ) as object;
      const validate = new Ajv({ strict: false }).compile(schema);
      expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).to.equal(true);
      expect(first(stdout).outputs).to.deep.equal({ mask: out });
      expect(first(stdout).regions).to.have.length(1);
      expect(first(stdout).tamperedFraction).to.be.closeTo(0.12, 1e-12);
    });

    it('takes --format json and OFX_JSON for --json', async () => {
      const args = ['predict', folder.file('in.png'), ...tiny];
      const runs = [
        await ofx([...args, '--json']),
        await ofx([...args, '--format', 'json']),
        await ofx(args, { env: { OFX_JSON: '1' } }),
        await ofx(args, { env: { OFX_FORMAT: 'json' } }),
      ];
      expect(new Set(runs.map(({ stdout }) => first(stdout).score)).size).to.equal(1);
    });

    it('writes the map at the network’s side as .npy', async () => {
      const args = [
        'predict',
        folder.file('in.png'),
        ...tiny,
        '--size',
        '64',
        '--probability',
        folder.file('p.npy'),
      ];
      expect((await ofx(args)).exitCode).to.equal(0);
      const npy = await readFile(folder.file('p.npy'));
      expect(npy.toString('latin1', 1, 128))
        .to.contain("'<f4'")
        .and.to.contain('(64, 64)');
      expect(npy.length).to.equal(128 + 64 * 64 * 4);
    });

    it('looks through windows, too, with --tile', async () => {
      const args = ['predict', folder.file('in.png'), ...tiny, '--size', '64', '--tile', '--json'];
      const { stdout } = await ofx([...args, '--out', folder.file('m.png'), '--concurrency', '2']);
      const prediction = first(stdout);
      // Each pixel's probability is its own: the map of any windows is the map of the pixels, and the whole's a coarser one.
      expect(prediction.regions).to.have.length(1);
      const { x, y, width, height } = prediction.regions[0]!;
      expect(
        [x, y, x + width, y + height].map((at, i) => Math.abs(at - [20, 10, 80, 50][i]!) <= 2),
      ).to.not.include(false);
      // 200 takes 4 windows that overlap by a quarter or more, 100 takes 2.
      expect(prediction.warnings).to.have.length(1);
      expect(prediction.warnings[0]).to.contain('8 windows of 64x64');
      expect(prediction.windows).to.include({ count: 8, side: 64 });
      const levels = await sharp(folder.file('m.png')).extractChannel(0).raw().toBuffer();
      expect(levels.filter((level) => level === 255)).to.have.length(prediction.regions[0]!.area);

      const map = async (...flags: string[]): Promise<Buffer> => {
        await ofx([...args, '--probability', folder.file('p.npy'), ...flags]);
        return readFile(folder.file('p.npy'));
      };
      const npy = await map();
      expect(npy.toString('latin1', 1, 128)).to.contain('(100, 200)');
      expect((await map('--concurrency', '3')).equals(npy)).to.equal(true);
    });

    it('looks at an image that is not large as without --tile', async () => {
      const run = async (...flags: string[]): Promise<Prediction> =>
        first((await ofx(['predict', folder.file('in.png'), ...tiny, '--json', ...flags])).stdout);
      const [tiled, whole] = [await run('--tile'), await run()];
      for (const name of ['score', 'regions', 'warnings'] as const)
        expect(tiled[name]).to.deep.equal(whole[name]);
      expect(tiled).to.not.have.property('windows');
    });

    it('computes what the model’s definition says', async () => {
      const [r, g, b] = [124, 130, 90];
      await sharp({ create: { width: 64, height: 64, channels: 3, background: { r, g, b } } })
        .png()
        .toFile(folder.file('flat.png'));
      const { stdout } = await ofx(['predict', folder.file('flat.png'), ...tiny, '--size', '64', '--json']);
      const normalised = [(r / 255 - 0.485) / 0.229, (g / 255 - 0.456) / 0.224, (b / 255 - 0.406) / 0.225];
      const logit = 4 * (normalised.reduce((sum, value) => sum + value) / 3);
      expect(first(stdout).score).to.be.closeTo(1 / (1 + Math.exp(-logit)), 1e-6);
    });

    it('writes over what an earlier run wrote into a file', async () => {
      const files = [
        '--out',
        folder.file('m.png'),
        '--probability',
        folder.file('p.npy'),
        '--overlay',
        folder.file('o.jpg'),
      ];
      for (const time of ['first', 'again']) {
        const { exitCode, stderr } = await ofx(['predict', folder.file('in.png'), ...tiny, ...files]);
        expect(exitCode, `${time}: ${stderr}`).to.equal(0);
      }
    });

    it('takes thresholds and the smallest area from flags', async () => {
      const run = async (...flags: string[]): Promise<Prediction> =>
        first((await ofx(['predict', folder.file('in.png'), ...tiny, '--json', ...flags])).stdout);
      expect((await run('--threshold', '0')).tampered).to.equal(true);
      expect((await run('--mask-threshold', '1')).regions).to.deep.equal([]);
      expect((await run('--min-area', '2401')).regions).to.deep.equal([]);
      expect((await run('--min-area', '2400')).regions).to.have.length(1);
    });

    it('exits 3 where a condition of --fail-on is true', async () => {
      const gate = ['predict', folder.file('in.png'), ...tiny, '--fail-on', 'manipulated > 0'];
      expect((await ofx(gate)).exitCode).to.equal(0);
      for (const json of [[], ['--json']]) {
        const { exitCode, stderr } = await ofx([...gate, '--threshold', '0', ...json]);
        expect(exitCode).to.equal(3);
        expect(stderr).to.contain('fail on manipulated > 0: manipulated is 1 of 1');
      }
    });

    it('shows the condition to whoever writes the word of old, or another wrong one', async () => {
      for (const [word, form] of [
        ['tampered', 'manipulated > 0'],
        ['manipulatd > 0', 'Did you mean manipulated?'],
      ] as const) {
        const { exitCode, stderr } = await ofx([
          'predict',
          folder.file('in.png'),
          ...tiny,
          '--fail-on',
          word,
        ]);
        expect(exitCode).to.equal(2);
        expect(stderr).to.contain(form);
      }
    });

    it('takes settings from the environment and from a file', async () => {
      await writeFile(
        folder.file('ofx.config.json'),
        JSON.stringify({ predict: { size: 64, model: TINY_MODEL } }),
      );
      const inputSize = async (env: Record<string, string>): Promise<number> =>
        first((await ofx(['predict', 'in.png', '--json'], { cwd: folder.path, env })).stdout).model.inputSize;
      expect(await inputSize({})).to.equal(64);
      expect(await inputSize({ OFX_SIZE: '380' })).to.equal(380);
    });
  });

  describe('several images', () => {
    beforeEach(async () => {
      await picture(folder.file('in/a.png'));
      await picture(folder.file('in/x/b.png'));
      await copyFile(path.join(IMAGES, 'bad-truncated.jpg'), folder.file('in/c.jpg'));
    });
    const run = async (...flags: string[]): ReturnType<typeof ofx> =>
      ofx(['predict', folder.file('in'), ...tiny, ...flags]);

    it('mirrors folders, goes on after a failure, lists it and exits 4', async () => {
      for (const json of [[], ['--json']]) {
        const { exitCode, stderr } = await run('--out', folder.file('out'), ...json);
        expect(exitCode).to.equal(4);
        expect(stderr).to.contain('c.jpg');
      }
      expect((await readdir(folder.file('out'))).sort()).to.deep.equal(['a.png', 'ofx-journal.ndjson', 'x']);
      expect(await readdir(folder.file('out/x'))).to.deep.equal(['b.png']);
    });

    it('never counts a failed input among the verdicts', async () => {
      const { results, summary } = parse((await run('--json')).stdout);
      expect(results.map((result) => 'error' in result)).to.deep.equal([false, true, false]);
      expect(summary).to.include({ inputs: 3, manipulated: 0, failed: 1 });
      expect(summary.suspicious + summary.noFinding).to.equal(2);
    });

    it('prefers the gate’s exit status to that of a failure', async () => {
      expect((await run('--threshold', '0', '--fail-on', 'manipulated > 0')).exitCode).to.equal(3);
    });

    it('writes NDJSON and CSV in the order of the inputs', async () => {
      const lines = (await run('--format', 'ndjson')).stdout.split('\n');
      expect(lines.map((line) => path.basename((JSON.parse(line) as Prediction).image))).to.deep.equal([
        'a.png',
        'c.jpg',
        'b.png',
      ]);
      const rows = (await run('--format', 'csv')).stdout.split('\n');
      expect(rows).to.have.length(4);
      expect(rows[0]).to.match(/^image,width,height,verdict,tampered,score,/);
      expect(rows[2]).to.contain('IMAGE_DAMAGED');
    });

    it('fails one image whose output would have too long a name', async () => {
      const long = 'n'.repeat(250);
      for (const ending of ['png', 'jpg']) {
        await copyFile(path.join(IMAGES, 'bmp-24.bmp'), folder.file(`in/${long}.${ending}`));
      }
      await copyFile(path.join(IMAGES, 'bmp-24.bmp'), folder.file(`in/${'m'.repeat(251)}.bmp`));
      await rm(folder.file('in/c.jpg'));
      const { exitCode, stderr } = await run('--out', folder.file('out'));
      expect(exitCode, stderr).to.equal(4);
      expect(stderr.match(/takes no name that long/g)).to.have.length(2);
      expect((await readdir(folder.file('out'))).sort()).to.deep.equal([
        'a.png',
        `${'m'.repeat(251)}.png`,
        'ofx-journal.ndjson',
        'x',
      ]);
    });

    it('takes paths from stdin', async () => {
      const input = `${folder.file('in/a.png')}\n${folder.file('in/x/b.png')}\n`;
      expect(
        parse((await ofx(['predict', '-', ...tiny, '--json'], { input })).stdout).results,
      ).to.have.length(2);
    });

    describe('--resume', () => {
      const resumable = async (...flags: string[]): Promise<PredictReport> =>
        parse((await run('--out', folder.file('out'), '--json', ...flags)).stdout);

      it('takes over what was done with the same settings, and only that', async () => {
        const before = await resumable();
        const again = await resumable('--resume');
        expect(again.summary.resumed).to.equal(2);
        // A failed input is tried again; libvips does not word its reason the same every time.
        const predictions = ({ results }: PredictReport): unknown[] =>
          results.filter((result) => !('error' in result));
        expect(predictions(again)).to.have.length(2).and.deep.equal(predictions(before));
        const other = await run('--out', folder.file('out'), '--resume', '--min-area', '3');
        expect(other.exitCode).to.equal(2);
        expect(other.stderr).to.match(/cannot be resumed: min-area was \d+ and is 3/);
      });

      it('does an image again that has changed, or whose output is gone', async () => {
        await resumable();
        await picture(folder.file('in/a.png'), 300);
        expect((await resumable('--resume')).summary.resumed).to.equal(1);
        await rm(folder.file('out/a.png'));
        expect((await resumable('--resume')).summary.resumed).to.equal(1);
        await access(folder.file('out/a.png'));
      });

      it('takes over an image whose name is written in the other Unicode form this time', async () => {
        const [composed, decomposed] = (['NFC', 'NFD'] as const).map((form) =>
          folder.file('in', 'é한ガ.png'.normalize(form)),
        );
        await rename(folder.file('in/a.png'), composed!);
        await resumable();
        const before = await readdir(folder.file('out'));
        await rename(composed!, decomposed!);
        expect((await resumable('--resume')).summary.resumed).to.equal(2);
        expect(await readdir(folder.file('out'))).to.have.members(before);
      });

      it('does an image again whose output has another place this time', async () => {
        await resumable();
        const { stdout } = await ofx([
          ...['predict', folder.file('in/x'), ...tiny, '--out', folder.file('out'), '--resume', '--json'],
        ]);
        expect(parse(stdout).summary.resumed).to.equal(0);
        await access(folder.file('out/b.png'));
      });
    });
  });

  describe('bad input', () => {
    const cases: [name: string, args: () => string[], status: number, message: RegExp][] = [
      ['text', () => [path.join(IMAGES, 'bad-text.jpg')], 65, /not an image/],
      ['an empty file', () => [path.join(IMAGES, 'bad-empty.jpg')], 65, /empty/],
      ['a truncated JPEG', () => [path.join(IMAGES, 'bad-truncated.jpg')], 65, /damaged/],
      [
        'a PNG that claims 100,000 x 100,000',
        () => [path.join(IMAGES, 'bad-huge.png')],
        65,
        /100000 x 100000/,
      ],
      ['an SVG named .jpg', () => [path.join(IMAGES, 'bad-svg.jpg')], 65, /SVG/],
      ['a missing file', () => [folder.file('none.jpg')], 66, /none\.jpg/],
      ['a folder without images', () => [folder.path], 66, /no image/],
      [
        'a missing model',
        () => [path.join(IMAGES, 'bmp-24.bmp'), '--model', 'nobody'],
        66,
        /no model \\?"nobody/,
      ],
      [
        'a size that the model lacks',
        () => [path.join(IMAGES, 'bmp-24.bmp'), '--size', '7'],
        2,
        /64 .*288 .*380/,
      ],
      ['an unknown flag', () => ['a.jpg', '--colour'], 2, /--colour/],
      ['a threshold out of range', () => ['a.jpg', '--threshold', '1.5'], 2, /--threshold/],
      ['--resume without a folder', () => [path.join(IMAGES, 'bmp-24.bmp'), '--resume'], 2, /output folder/],
    ];
    for (const [name, args, status, message] of cases) {
      it(`${name}: exit status ${status}, with and without --json`, async () => {
        const given = args();
        const all = ['predict', ...given, ...(given.includes('--model') ? [] : tiny)];
        const plain = await ofx(all);
        const json = await ofx([...all, '--json']);
        expect([plain.exitCode, json.exitCode]).to.deep.equal([status, status]);
        expect(plain.stderr)
          .to.match(message)
          .and.not.to.match(/\n\s+at /);
        expect(plain.stdout).to.equal('');
        expect(json.stdout).to.match(message);
        expect(JSON.parse(json.stdout)).to.include({ schemaVersion: 1 });
      });
    }

    it('a hash that does not fit: 65', async () => {
      await cp(TINY_MODEL, folder.file('model'), { recursive: true });
      await copyFile(folder.file('model/tiny-64.onnx'), folder.file('model/tiny-288.onnx'));
      const args = ['predict', path.join(IMAGES, 'bmp-24.bmp'), '--model', folder.file('model')];
      const { exitCode, stderr } = await ofx(args);
      expect(exitCode).to.equal(65);
      expect(stderr).to.contain('sha256');
    });

    it('an ONNX file that is none: 65', async () => {
      await writeFile(folder.file('no.onnx'), 'no network');
      const args = ['predict', path.join(IMAGES, 'bmp-24.bmp'), '--model', folder.file('no.onnx')];
      const { exitCode, stderr } = await ofx(args);
      expect(exitCode).to.equal(65);
      expect(stderr).to.contain('is not a valid ONNX file').and.not.to.contain('    at ');
    });

    it('a file that may not be read: 66', async () => {
      await copyFile(path.join(IMAGES, 'bmp-24.bmp'), folder.file('secret.bmp'));
      await chmod(folder.file('secret.bmp'), 0o000);
      const { exitCode, stderr } = await ofx(['predict', folder.file('secret.bmp'), ...tiny], {
        unprivileged: true,
      });
      expect(exitCode).to.equal(66);
      expect(stderr).to.contain('secret.bmp');
    });

    it('an output folder that cannot be written: 73, before anything is scored', async () => {
      await mkdir(folder.file('shut'), { mode: 0o555 });
      const args = ['predict', path.join(IMAGES, 'bmp-24.bmp'), ...tiny, '--out'];
      expect((await ofx([...args, folder.file('shut/m.png')], { unprivileged: true })).exitCode).to.equal(73);
      await writeFile(folder.file('file'), '');
      expect((await ofx([...args, folder.file('file/m.png')])).exitCode).to.equal(73);
    });

    it('a full disk: 74, and no half-written file', async function () {
      await mkdir(folder.file('small'));
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'none', folder.file('small')], {
          stdio: 'ignore',
        });
      } catch {
        this.skip(); // Only root may mount a small disk.
      }
      try {
        const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
        await sharp({ create: { width: 300, height: 300, channels: 3, background: 'black', noise } })
          .png()
          .toFile(folder.file('noise.png'));
        const args = ['predict', folder.file('noise.png'), ...tiny, '--overlay', folder.file('small/o.png')];
        const { exitCode, stderr } = await ofx(args);
        expect(exitCode).to.equal(74);
        expect(stderr).to.contain('o.png');
        expect(await readdir(folder.file('small'))).to.deep.equal([]);
      } finally {
        execFileSync('umount', [folder.file('small')]);
      }
    });
  });

  it('keeps no identifier of the machine, as ONNX Runtime would for its telemetry', async () => {
    await picture(folder.file('in.png'));
    const home = folder.file('home');
    await mkdir(home);
    // ONNX Runtime is silent by itself where it sees that it runs in CI.
    const env = { HOME: home, XDG_CACHE_HOME: undefined, CI: undefined, GITHUB_ACTIONS: undefined };
    const { exitCode } = await ofx(['predict', folder.file('in.png'), ...tiny], { env });
    expect(exitCode).to.equal(0);
    expect(await readdir(home)).to.deep.equal([]);
  });

  it('takes every valid kind of image', async () => {
    const names = (await readdir(IMAGES)).filter((name) => !/^bad-|json$/.test(name));
    expect(names.length).to.be.greaterThan(30);
    const files = names.map((name) => path.join(IMAGES, name));
    const out = ['--out', folder.file('out')];
    const { stdout, exitCode } = await ofx(['predict', ...files, ...tiny, '--size', '64', '--json', ...out]);
    const { results, summary } = parse(stdout);
    expect(results.filter((result) => 'error' in result)).to.deep.equal([]);
    expect(exitCode).to.equal(0);
    expect(summary.inputs).to.equal(names.length);
    const cmyk = results.filter(({ image }) => /cmyk/i.test(image)) as Prediction[];
    expect(cmyk).to.not.have.length(0);
    for (const { warnings } of cmyk) expect(warnings.join(' ')).to.contain('CMYK');
  });

  it('stops on Ctrl-C, keeps what is finished and leaves nothing half-written', async () => {
    const photo = await readFile(path.join(IMAGES, 'bmp-24.bmp'));
    const names = Array.from({ length: 100 }, (_, index) => folder.file(`${index}.bmp`));
    const held = await HeldFile.make(names[3]!, photo);
    for (const name of names) if (name !== names[3]) await writeFile(name, photo);
    const run = startOfx(['predict', ...names, ...tiny, '--out', folder.file('out'), '--format', 'ndjson']);
    await held.reached();
    // Results come in order, so the third is the last one until the fourth image can be read.
    await textWith(run.stdout, '2.bmp');
    run.kill('SIGINT');
    await held.release();
    const { exitCode } = await run;
    expect(exitCode).to.equal(130);
    const written = (await readdir(folder.file('out'))).filter((name) => name !== 'ofx-journal.ndjson');
    expect(written).to.not.have.length(0);
    expect(written.length).to.be.lessThan(names.length);
    expect(written.filter((name) => !/^\d+\.png$/.test(name))).to.deep.equal([]);
    const journal = await readFile(folder.file('out/ofx-journal.ndjson'), 'utf8');
    expect(journal.trim().split('\n').length - 1).to.be.within(3, written.length);
  });

  it('ends its JSON document where it was stopped: what is known, and the error', async () => {
    const photo = await readFile(path.join(IMAGES, 'bmp-24.bmp'));
    const names = Array.from({ length: 60 }, (_, index) => folder.file(`${index}.bmp`));
    const held = await HeldFile.make(names[3]!, photo);
    for (const name of names) if (name !== names[3]) await writeFile(name, photo);
    const run = startOfx(['predict', ...names, ...tiny, '--json']);
    await held.reached();
    // The document grows while the run goes on: three results are there although the fourth image is not.
    await textWith(run.stdout, '2.bmp');
    run.kill('SIGINT');
    await held.release();
    const { exitCode, stdout } = await run;
    expect(exitCode).to.equal(130);
    const { results, error } = JSON.parse(stdout) as PredictReport & { error: { code: string } };
    expect(results.length).to.be.within(3, names.length - 1);
    expect(results.slice(0, 3).map(({ image }) => image)).to.deep.equal(names.slice(0, 3));
    expect(error.code).to.equal('INTERRUPTED');
  });

  it('stops without a word when nobody reads on, in the middle of an inference too', async () => {
    for (let index = 0; index < 20; index++) {
      await copyFile(path.join(IMAGES, 'bmp-24.bmp'), folder.file(`${index}.bmp`));
    }
    // The model that ships: inferences of the tiny one are too short to be met.
    const run = startOfx(['predict', folder.path, '--format', 'csv', '--out', folder.file('out')]);
    await new Promise((resolve) => run.stdout.once('data', resolve));
    run.stdout.destroy();
    const { exitCode, signal, stderr } = await run;
    expect([exitCode, signal, stderr]).to.deep.equal([0, undefined, '']);
    const written = (await readdir(folder.file('out'))).filter((name) => name !== 'ofx-journal.ndjson');
    expect(written.length).to.be.lessThan(20);
    expect(written.filter((name) => !/^\d+\.png$/.test(name))).to.deep.equal([]);
  });
});

/** Resolves when a text has been read. */
async function textWith(stream: Readable, part: string): Promise<void> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(part)) return;
  }
  throw new Error(`The output ended after ${text}`);
}
