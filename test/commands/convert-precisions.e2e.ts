import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { ConvertReport } from '../../src/lib/convert/result.js';
import { readModel } from '../../src/lib/model/catalogue.js';
import { makeDataset } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { ofx, ROOT, startOfx, type OfxRun } from '../support/ofx.js';
import { describeWithPython, PYTHON, python } from '../support/python.js';

const MAKE = path.join(ROOT, 'test/fixtures/checkpoints/make.py');
const SAMPLE = path.join(ROOT, 'samples/splice-astronaut.jpg');

describe('ofx convert --precision', function () {
  this.timeout(600_000); // Each conversion starts Python, loads PyTorch and searches.
  describeWithPython('with PyTorch', precisions);
});

function precisions(): void {
  const folder = temporaryFolder();
  let checkpoints: string;
  let wide: string;
  let small: string;
  before(async () => {
    checkpoints = await mkdtemp(path.join(os.tmpdir(), 'ofx-checkpoints-'));
    small = path.join(checkpoints, 'small.pyth');
    wide = path.join(checkpoints, 'wide.pyth');
    python(MAKE, small);
    python(MAKE, wide, '1', '4');
  });
  after(() => rm(checkpoints, { recursive: true }));

  const convert = (checkpoint: string, out: string, ...more: string[]): Promise<OfxRun> =>
    ofx(['convert', checkpoint, '--out', out, '--name', 'm', '--size', '64', '--json', ...more], {
      env: { OFX_PYTHON: PYTHON },
    });
  const reportOf = ({ exitCode, stdout, stderr }: OfxRun): ConvertReport => {
    expect(exitCode, stderr).to.equal(0);
    return JSON.parse(stdout) as ConvertReport;
  };
  const onnxFiles = async (model: string): Promise<Buffer[]> => {
    const names = (await readdir(model)).filter((name) => name.includes('.onnx')).sort();
    return Promise.all(names.map((name) => readFile(path.join(model, name))));
  };

  it('makes the same bytes of the same checkpoint in int8, manifest and table included', async () => {
    const made = async (out: string): Promise<Map<string, Buffer>> => {
      reportOf(await convert(wide, out, '--precision', 'fp32,int8'));
      // How long it took is the machine's.
      const names = (await readdir(out)).filter((name) => name !== 'latency.json');
      return new Map(
        await Promise.all(
          names.sort().map(async (name) => [name, await readFile(path.join(out, name))] as const),
        ),
      );
    };
    const [a, b] = [await made(folder.file('a')), await made(folder.file('b'))];
    expect([...a.keys()]).to.deep.equal([
      'm-64-int8.onnx',
      'm-64.onnx',
      'm-int8.onnx.data',
      'm.onnx.data',
      'model.json',
      'parity.html',
      'parity.json',
    ]);
    for (const [name, content] of a) expect(content.equals(b.get(name)!), name).to.equal(true);
  });

  it('keeps a precision that loses no more than --max-loss, and leaves out one that does unless forced', async () => {
    await makeDataset(folder.file('set'), 24);
    const validated = ['--precision', 'fp32,int8', '--validate', folder.file('set')];
    const accepted = reportOf(await convert(wide, folder.file('m'), ...validated, '--max-loss', '1'));
    const { accuracy } = accepted.variants[1]!;
    expect(accuracy).to.deep.include({ maxLoss: 1, accepted: true });
    expect(accuracy).to.have.nested.property('dataset.images', 24);
    const latency = JSON.parse(await readFile(folder.file('m', 'latency.json'), 'utf8')) as object;
    expect(latency).to.deep.equal(accepted.latency);
    expect(accepted.latency!.variants).to.have.length(1);
    const shown = await ofx(['models', 'show', folder.file('m')]);
    expect(shown.stdout).to.match(/m-64-int8\.onnx .*F1 [+−-]?\d\.\d{3}, AUC .* \(24 images\)/);

    const { metrics } = accuracy as Exclude<typeof accuracy, string | undefined>;
    const loses = (['pixel.macro.f1', 'image.auc'] as const).some((name) => metrics[name].difference! < 0);
    expect(loses, 'nothing would be left out of this network on this data').to.equal(true);
    const strict = [...validated, '--max-loss', '0'];
    const refused = reportOf(await convert(wide, folder.file('strict'), ...strict));
    expect(refused.variants.map(({ precision }) => precision)).to.deep.equal(['fp32']);
    expect(refused.warnings.join(' ')).to.contain('loses more than 0').and.to.contain('left out');
    expect(await onnxFiles(folder.file('strict'))).to.have.length(2);

    const forced = reportOf(await convert(wide, folder.file('forced'), ...strict, '--force'));
    expect(forced.variants[1]!.accuracy).to.deep.include({ maxLoss: 0, accepted: false });
    expect(forced.warnings.join(' ')).to.contain('--force');
  });

  it('leaves out what is no smaller than float32, and says so', async () => {
    const { variants, warnings } = reportOf(
      await convert(small, folder.file('m'), '--precision', 'fp32,int8'),
    );
    expect(variants.map(({ precision }) => precision)).to.deep.equal(['fp32']);
    expect(warnings.join(' ')).to.contain('not smaller than in fp32').and.to.contain('left out');
    const alone = await convert(small, folder.file('alone'), '--precision', 'int8');
    expect(alone.exitCode).to.equal(3);
    expect(alone.stdout).to.contain('Nothing was written');
  });

  it('takes a calibration of one photo and leaves out broken ones, and says both', async () => {
    await mkdir(folder.file('photos'));
    await copyFile(SAMPLE, folder.file('photos', 'a.jpg'));
    await writeFile(folder.file('photos', 'b.jpg'), 'no photo');
    const args = ['--precision', 'fp32,int8', '--calibration', folder.file('photos')];
    const { variants, warnings } = reportOf(await convert(wide, folder.file('m'), ...args));
    expect(variants[1]!.quantisation!.calibration).to.deep.equal({ photos: 1, source: 'photos' });
    expect(warnings.join(' ')).to.contain('1 photo only').and.to.contain('left out; the first:');
  });

  it('makes another precision of a model: its float32 files and what it says of itself stay', async () => {
    reportOf(await convert(wide, folder.file('m'), '--precision', 'fp32'));
    const before = await onnxFiles(folder.file('m'));
    const file = folder.file('m', 'model.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...manifest, description: 'Mine.' }));
    await writeFile(folder.file('m', 'README.md'), 'card');
    const again = (...more: string[]): Promise<OfxRun> =>
      ofx(['convert', folder.file('m'), '--out', folder.file('m'), '--json', ...more], {
        env: { OFX_PYTHON: PYTHON },
      });
    const report = reportOf(await again('--precision', 'fp16', '--force'));
    expect(report.variants.map(({ precision }) => precision)).to.deep.equal(['fp32', 'fp16']);
    const made = await readModel(folder.file('m'));
    expect(made.manifest.description).to.equal('Mine.');
    expect(await readFile(folder.file('m', 'README.md'), 'utf8')).to.equal('card');
    const files = await onnxFiles(folder.file('m'));
    expect(before.every((content) => files.some((other) => other.equals(content)))).to.equal(true);
    const parity = JSON.parse(await readFile(folder.file('m', 'parity.json'), 'utf8')) as object;
    expect(parity).to.include.keys('tolerance', 'variants');
    expect((await ofx(['models', 'verify', folder.file('m')])).exitCode).to.equal(0);
    for (const wrong of [['--precision', 'fp32'], ['--weights', 'ema', '--precision', 'fp16'], []])
      expect((await again(...wrong, '--force')).exitCode, wrong.join(' ')).to.equal(2);
  });

  it('leaves nothing behind when it is stopped in the middle of the search', async () => {
    // Python waits in the search for whoever reads its first draft.
    const held = folder.file('python');
    await writeFile(
      held,
      `#!/bin/sh\nfor word; do [ "$before" = --folder ] && mkfifo "$word/64.draft.onnx"; before=$word; done\nexec '${PYTHON}' "$@"\n`,
    );
    await chmod(held, 0o755);
    await mkdir(folder.file('models'));
    const child = startOfx(
      ['convert', wide, '--out', folder.file('models', 'm'), '--size', '64', '--precision', 'fp32,int8'],
      { env: { OFX_PYTHON: held } },
    );
    let pipe: string | undefined;
    while (pipe === undefined) {
      const found = await readdir(folder.file('models'), { recursive: true });
      pipe = found.find((name) => name.endsWith('64.draft.onnx'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const reader = await open(folder.file('models', pipe), 'r');
    child.kill('SIGINT');
    const { exitCode, signal, stderr } = await child;
    await reader.close();
    expect(exitCode ?? signal, stderr).to.be.oneOf([130, 'SIGINT']);
    expect(await readdir(folder.file('models'))).to.deep.equal([]);
  });

  // Room for float32, which the first conversion shows, and not for what int8 takes besides.
  for (const kilobytes of [1500, 2000]) {
    it(`tells of a disk of ${kilobytes} kB that it is full in the middle of int8, and leaves nothing`, async function () {
      const disk = folder.file('disk');
      await mkdir(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'none', disk], { stdio: 'ignore' });
      } catch {
        this.skip(); // Only root may mount a small disk.
      }
      try {
        reportOf(await convert(small, path.join(disk, 'm')));
        await rm(path.join(disk, 'm'), { recursive: true });
        const { exitCode, stdout, stderr } = await convert(
          small,
          path.join(disk, 'm'),
          '--precision',
          'fp32,int8',
        );
        expect(exitCode, stderr).to.equal(74);
        expect(stdout).to.contain('IO_FAILED');
        expect(stderr).not.to.contain('Traceback');
        expect(await readdir(disk)).to.deep.equal([]);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  }
}
