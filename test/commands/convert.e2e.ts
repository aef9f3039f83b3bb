import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { ConvertReport } from '../../src/lib/convert/result.js';
import type { PredictReport, Prediction } from '../../src/lib/predict/result.js';
import { readModel } from '../../src/lib/model/catalogue.js';
import { temporaryFolder } from '../support/folder.js';
import { ofx, ROOT, startOfx } from '../support/ofx.js';
import { describeWithPython, PYTHON, python } from '../support/python.js';

const FIXTURES = path.join(ROOT, 'test/fixtures/checkpoints');

/** Runs a command that must fail in both modes alike, and leave nothing at `out`. */
async function fails(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: string; stderr: string; exit: number }> {
  const plain = await ofx(['convert', ...args], { env });
  const json = await ofx(['convert', ...args, '--json'], { env });
  expect(plain.exitCode).to.equal(json.exitCode);
  expect(plain.stdout).to.equal('');
  const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
  const stderr = plain.stderr;
  expect(stderr).to.contain(error.message);
  expect(stderr).not.to.match(/Traceback|^\s+at /m);
  return { code: error.code, stderr, exit: plain.exitCode! };
}

describe('ofx convert', function () {
  this.timeout(600_000); // Each conversion starts Python and loads PyTorch.
  const folder = temporaryFolder();

  describe('without what it needs', () => {
    const nowhere = (): NodeJS.ProcessEnv => ({
      XDG_DATA_HOME: folder.file('data'),
      OFX_PYTHON: undefined,
      VIRTUAL_ENV: undefined,
      CONDA_PREFIX: undefined,
    });
    beforeEach(async () => writeFile(folder.file('c.pth'), 'anything'));

    it('says how to get a Python with PyTorch', async () => {
      const { code, exit, stderr } = await fails(
        [folder.file('c.pth'), '--out', folder.file('m')],
        nowhere(),
      );
      expect([code, exit]).to.deep.equal(['PYTHON_MISSING', 69]);
      expect(stderr).to.contain('ofx convert --setup').and.to.contain(folder.file('data'));
      expect(await readdir(folder.path)).not.to.include('m');
    });

    it('takes OFX_PYTHON at its word', async () => {
      const { code, exit, stderr } = await fails([folder.file('c.pth'), '--out', folder.file('m')], {
        ...nowhere(),
        OFX_PYTHON: folder.file('no-python'),
      });
      expect([code, exit]).to.deep.equal(['PYTHON_MISSING', 69]);
      expect(stderr).to.contain(folder.file('no-python'));
    });

    it('needs a checkpoint and a place for the model', async () => {
      expect((await fails([], nowhere())).exit).to.equal(2);
      expect((await fails([folder.file('c.pth')], nowhere())).exit).to.equal(2);
      const { code, exit } = await fails([folder.file('none.pth'), '--out', folder.file('m')], nowhere());
      expect([code, exit]).to.deep.equal(['INPUT_MISSING', 66]);
    });

    it('does not write over what is no model', async () => {
      await mkdir(folder.file('photos'));
      await writeFile(folder.file('photos', 'a.jpg'), 'a');
      for (const force of [[], ['--force']]) {
        const { code, exit } = await fails(
          [folder.file('c.pth'), '--out', folder.file('photos'), ...force],
          nowhere(),
        );
        expect([code, exit]).to.deep.equal(['OUTPUT_UNWRITABLE', 73]);
      }
      expect(
        (await fails([folder.file('c.pth'), '--out', folder.file('c.pth', 'm')], nowhere())).exit,
      ).to.equal(73);
      expect(await readdir(folder.file('photos'))).to.deep.equal(['a.jpg']);
    });
  });

  describeWithPython('with PyTorch', () => {
    const env = { OFX_PYTHON: PYTHON };
    const checkpoint = (): string => folder.file('ckpt_epoch_00031.pyth');
    const model = (): string => folder.file('models', 'mine');

    describe('on a training checkpoint', () => {
      let made: Buffer;
      before(async () => {
        const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'ofx-checkpoint-')), 'made.pyth');
        python(path.join(FIXTURES, 'make.py'), file);
        made = await readFile(file);
        await rm(path.dirname(file), { recursive: true });
      });
      beforeEach(async () => writeFile(checkpoint(), made));

      it('makes int8 and fp16 beside float32, and says what they cost', async () => {
        const args = [
          'convert',
          checkpoint(),
          '--out',
          model(),
          '--size',
          '64',
          '--precision',
          'fp32,int8,fp16',
          // Of a network that small, int8 saves no bytes.
          '--force',
        ];
        const { exitCode, stdout, stderr } = await ofx([...args, '--json'], { env });
        expect(exitCode, stderr).to.equal(0);
        const { variants, int8 } = JSON.parse(stdout) as ConvertReport;
        expect(variants.map(({ precision }) => precision)).to.deep.equal(['fp32', 'int8', 'fp16']);
        expect(int8!.cost).to.be.at.most(int8!.limit);
        expect(variants[1]!.accuracy).to.equal('not measured');
        expect(variants[1]!.difference!.map.mean).to.be.within(1e-9, 0.02);
        const photo = path.join(ROOT, 'samples/splice-astronaut.jpg');
        for (const precision of ['int8', 'fp16']) {
          const run = await ofx(['predict', photo, '--model', model(), '--precision', precision, '--json']);
          const [result] = (JSON.parse(run.stdout) as PredictReport).results as Prediction[];
          expect(result!.model.precision).to.equal(precision);
        }
        expect((await ofx(['models', 'verify', model()])).exitCode).to.equal(0);
      });

      it('refuses calibration without a photo that can be read, and writes nothing', async () => {
        await mkdir(folder.file('empty'));
        await mkdir(folder.file('broken'));
        await writeFile(folder.file('broken', 'a.jpg'), 'no photo');
        for (const photos of ['empty', 'broken']) {
          const { code, exit } = await fails(
            [checkpoint(), '--out', model(), '--precision', 'int8', '--calibration', folder.file(photos)],
            env,
          );
          expect([code, exit], photos).to.deep.equal(['NO_IMAGES', 66]);
        }
        expect(await readdir(folder.file('models')).catch(() => [])).to.deep.equal([]);
      });

      it('makes a model that predicts what PyTorch predicts', async () => {
        const { exitCode, stdout, stderr } = await ofx(
          ['convert', '--size', '64', checkpoint(), '--out', model(), '--size', '100', '--json'],
          { env },
        );
        expect(exitCode, stderr).to.equal(0);
        const schema = JSON.parse(
          await readFile(path.join(ROOT, 'schemas/convert.schema.json'), 'utf8'),
        ) as object;
        expect(new Ajv({ strict: false }).validate(schema, JSON.parse(stdout))).to.equal(true);
        const report = JSON.parse(stdout) as ConvertReport;
        expect(report.parity.variants.map(({ inputSize }) => inputSize)).to.deep.equal([64, 100]);
        expect(report.parity).to.include({ tolerance: 1e-5, noise: 2 });
        expect(report.parity.photos).to.be.at.least(4);

        expect((await readdir(folder.file('models'))).sort()).to.deep.equal(['mine']);
        expect((await readdir(model())).sort()).to.deep.equal([
          'mine-100.onnx',
          'mine-64.onnx',
          'mine.onnx.data',
          'model.json',
          'parity.html',
          'parity.json',
        ]);
        const parityFile = JSON.parse(await readFile(path.join(model(), 'parity.json'), 'utf8')) as object;
        const paritySchema = JSON.parse(
          await readFile(path.join(ROOT, 'schemas/parity.schema.json'), 'utf8'),
        ) as object;
        expect(new Ajv({ strict: false }).validate(paritySchema, parityFile)).to.equal(true);
        expect(parityFile).to.deep.include({ layers: report.layers });
        expect(report.layers.task.map(({ photos, within }) => [photos, within])).to.deep.equal([
          [4, true],
          [4, true],
        ]);
        expect(report.layers.images).to.have.length(2 * report.parity.photos);
        for (const pixels of report.layers.pixels) {
          // Bit-exact, where that Python has OpenCV; and said, where it has none.
          expect(pixels).to.include(
            pixels.opencv === null ? { photos: 0 } : { photos: report.parity.photos, differing: 0 },
          );
        }
        const page = await readFile(path.join(model(), 'parity.html'), 'utf8');
        expect(page)
          .to.contain('splice-astronaut.jpg')
          .and.to.contain('Difference × ')
          .and.to.contain('<svg');
        expect(page).not.to.match(/(src|href)="https?:/);
        const { manifest } = await readModel(model());
        expect(manifest).to.deep.include({
          name: 'mine',
          architecture: 'objectformer',
          parity: report.parity,
        });
        expect(manifest.provenance?.checkpoint).to.deep.equal({
          name: 'ckpt_epoch_00031.pyth',
          sha256: report.checkpoint.sha256,
        });

        const photo = path.join(ROOT, 'samples/splice-astronaut.jpg');
        for (const size of ['64', '100']) {
          const npy = folder.file('map.npy');
          const result = await ofx([
            'predict',
            photo,
            '--model',
            model(),
            '--size',
            size,
            '--probability',
            npy,
            '--json',
          ]);
          const { score } = (JSON.parse(result.stdout) as PredictReport).results[0] as Prediction;
          const reference = folder.file('reference.npy');
          const expected = Number(
            python(path.join(FIXTURES, 'predict.py'), checkpoint(), photo, size, reference),
          );
          expect(score).to.be.closeTo(expected, 1e-5);
          const [map, expectedMap] = await Promise.all([readMap(npy), readMap(reference)]);
          expect(map).to.have.length(Number(size) ** 2);
          expect(largestDifference(map, expectedMap)).to.be.at.most(1e-5);
          expect(Math.max(...map) - Math.min(...map), 'a flat map would prove nothing').to.be.above(0.01);
        }
      });

      it('makes the same bytes of the same checkpoint', async () => {
        const made = async (out: string): Promise<Buffer[]> => {
          const args = ['convert', checkpoint(), '--out', out, '--name', 'm', '--size', '64'];
          expect((await ofx(args, { env })).exitCode).to.equal(0);
          return Promise.all((await readdir(out)).sort().map((name) => readFile(path.join(out, name))));
        };
        const [a, b] = [await made(folder.file('a')), await made(folder.file('b'))];
        // The manifest, the network, its weights, and how near it is, with a page.
        expect(a).to.have.length(5);
        a.forEach((content, index) => expect(content.equals(b[index]!)).to.equal(true));
      });

      it('replaces a model only when asked to', async () => {
        const args = [checkpoint(), '--out', model(), '--size', '64'];
        expect((await ofx(['convert', ...args], { env })).exitCode).to.equal(0);
        const before = await stat(model());
        const { code, exit, stderr } = await fails(args, env);
        expect([code, exit]).to.deep.equal(['OUTPUT_UNWRITABLE', 73]);
        expect(stderr).to.contain('--force');
        const again = await ofx(['convert', ...args, '--force', '--name', 'other'], { env });
        expect(again.exitCode).to.equal(0);
        expect((await stat(model())).ino).not.to.equal(before.ino);
        expect((await readdir(model())).sort()).to.deep.equal([
          'model.json',
          'other-64.onnx',
          'other.onnx.data',
          'parity.html',
          'parity.json',
        ]);
        expect(await readdir(folder.file('models'))).to.deep.equal(['mine']);
      });

      it('leaves nothing behind when it is stopped', async () => {
        const child = startOfx(['convert', checkpoint(), '--out', model()], { env });
        for (;;) {
          if ((await readdir(folder.file('models')).catch(() => [])).length > 0) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        child.kill('SIGINT');
        const { exitCode, signal } = await child;
        // By itself, or cut off by the signal where that takes too long; a shell shows 130 for both.
        expect(exitCode ?? signal).to.be.oneOf([130, 'SIGINT']);
        expect(await readdir(folder.file('models'))).to.deep.equal([]);
      });

      it('exports no free shapes of a network that takes squares only', async () => {
        const { code, stderr, exit } = await fails(
          [checkpoint(), '--out', model(), '--size', '64', '--fit', 'free'],
          env,
        );
        expect([code, exit]).to.deep.equal(['SIZE_NOT_AVAILABLE', 2]);
        expect(stderr).to.contain('squares of one side').and.to.contain('Leave --fit out');
        expect(await readdir(folder.file('models'))).to.deep.equal([]);
      });

      it('says where it cannot write', async () => {
        await mkdir(folder.file('shut'), { mode: 0o555 });
        const { exitCode, stderr } = await ofx(
          ['convert', checkpoint(), '--out', folder.file('shut', 'm'), '--size', '64'],
          { env, unprivileged: true },
        );
        expect(exitCode).to.equal(73);
        expect(stderr).to.contain('shut');
      });

      // The first has no room for the inputs, the second none for what Python exports.
      for (const kilobytes of [8, 700]) {
        it(`tells of a disk of ${kilobytes} kB that it is full, and leaves nothing`, async function () {
          await mkdir(folder.file('small'));
          try {
            const size = `size=${kilobytes}k`;
            execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'none', folder.file('small')], {
              stdio: 'ignore',
            });
          } catch {
            this.skip(); // Only root may mount a small disk.
          }
          try {
            const args = ['convert', checkpoint(), '--out', folder.file('small', 'm'), '--size', '64'];
            const { exitCode, stderr } = await ofx(args, { env });
            expect(exitCode, stderr).to.equal(74);
            expect(stderr).not.to.contain('Traceback');
            expect(await readdir(folder.file('small'))).to.deep.equal([]);
          } finally {
            execFileSync('umount', [folder.file('small')]);
          }
        });
      }

      it('refuses a truncated file in one sentence', async () => {
        await truncate(checkpoint(), 50_000);
        const { code, exit, stderr } = await fails([checkpoint(), '--out', model()], env);
        expect([code, exit]).to.deep.equal(['CHECKPOINT_INVALID', 65]);
        expect(stderr).to.contain('cut short');
        expect(await readdir(folder.file('models'))).to.deep.equal([]);
      });
    });

    it('makes a model that sees photos in their own shape', async () => {
      python(path.join(FIXTURES, 'make_lite.py'), checkpoint());
      const args = [
        'convert',
        checkpoint(),
        '--out',
        model(),
        '--size',
        '128,160',
        '--fit',
        'free',
        '--json',
      ];
      const { exitCode, stdout, stderr } = await ofx(args, { env });
      expect(exitCode, stderr).to.equal(0);
      const { parity } = JSON.parse(stdout) as ConvertReport;
      const { manifest } = await readModel(model());
      expect(manifest.input.fit).to.equal('free');
      const photos = parity.photos;
      for (const { inputSize, pixels } of parity.variants) {
        // Shapes have about the square's area, and are no squares.
        expect(pixels / (photos + parity.noise)).to.be.closeTo(inputSize ** 2, 0.15 * inputSize ** 2);
        expect(pixels).not.to.equal((photos + parity.noise) * inputSize ** 2);
      }
      const npy = folder.file('map.npy');
      const photo = path.join(ROOT, 'samples/splice-astronaut.jpg');
      const predict = ['predict', photo, '--model', model(), '--size', '128', '--probability', npy];
      const said = await ofx(predict);
      expect(said.stdout).to.contain('at free shapes with the area of 128 × 128');
      const report = JSON.parse((await ofx([...predict, '--json'])).stdout) as PredictReport;
      expect((report.results[0] as Prediction).model.fit).to.equal('free');
    });

    it('finds the weights under any wrapper, and asks which of two is meant', async () => {
      python(path.join(FIXTURES, 'wrap.py'), checkpoint());
      const args = [checkpoint(), '--out', model(), '--size', '64'];
      const { code, exit, stderr } = await fails(args, env);
      expect([code, exit]).to.deep.equal(['CHECKPOINT_INVALID', 65]);
      expect(stderr).to.contain('--weights state_dict/model._orig_mod');
      const made = await ofx(['convert', ...args, '--weights', 'state_dict/model._orig_mod', '--json'], {
        env,
      });
      expect(made.exitCode, made.stderr).to.equal(0);
      const { warnings } = JSON.parse(made.stdout) as ConvertReport;
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.contain('criterion.weight');
    });

    it('says how to save the weights alone of a file that needs code to be loaded', async () => {
      python(path.join(FIXTURES, 'wrap.py'), checkpoint(), 'namespace');
      const { code, stderr } = await fails([checkpoint(), '--out', model(), '--size', '64'], env);
      expect(code).to.equal('CHECKPOINT_INVALID');
      expect(stderr).to.contain('argparse.Namespace').and.to.contain("python -c 'import torch;");
    });

    it('ships nothing that differs from PyTorch in float64', async () => {
      python(path.join(FIXTURES, 'make.py'), checkpoint());
      const broken = { ...env, PYTHONPATH: path.join(ROOT, 'test/fixtures/broken-exporter') };
      const args = [checkpoint(), '--out', model(), '--size', '64'];
      const refused = await ofx(['convert', ...args, '--bisect'], { env: broken });
      expect(refused.exitCode).to.equal(3);
      expect(refused.stderr).to.contain('At size 64').and.to.contain('1e-5');
      // GELU follows the stem in that network.
      expect(refused.stderr)
        .to.contain('The graph itself differs')
        .and.to.contain('after stem, which agrees');
      expect(await readdir(folder.file('models'))).to.deep.equal([]);
      const allowed = await ofx(['convert', ...args, '--tolerance', '0.1'], { env: broken });
      expect(allowed.exitCode, allowed.stderr).to.equal(0);
    });

    it('judges a network whose float32 results are uncertain by how uncertain PyTorch is, and says so', async () => {
      python(path.join(FIXTURES, 'make.py'), checkpoint(), '6');
      const args = ['convert', checkpoint(), '--out', model(), '--size', '64', '--json'];
      const { exitCode, stdout, stderr } = await ofx(args, { env });
      expect(exitCode, stderr).to.equal(0);
      const { parity, warnings } = JSON.parse(stdout) as ConvertReport;
      const [{ map, pytorch }] = parity.variants as [ConvertReport['parity']['variants'][0]];
      expect(map.max).to.be.above(1e-5);
      expect(map.max).to.be.at.most(2 * pytorch.map.max);
      expect(warnings.join(' ').includes('diverged')).to.equal(pytorch.map.max > 1e-3);
    });

    it('takes no name that would lead out of the folder, and no tolerance that is none', async () => {
      await writeFile(checkpoint(), 'x');
      const args = [checkpoint(), '--out', model()];
      for (const wrong of [
        ['--name', '../x'],
        ['--tolerance', 'abc'],
        ['--tolerance', '-1'],
      ]) {
        expect((await fails([...args, ...wrong], env)).exit, wrong.join(' ')).to.equal(2);
      }
    });
  });
});

/** A square map that NumPy wrote; its header ends at a multiple of 64. */
async function readMap(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}
