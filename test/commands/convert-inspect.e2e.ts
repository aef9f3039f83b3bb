import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { ConvertReport } from '../../src/lib/convert/result.js';
import { readModel } from '../../src/lib/model/catalogue.js';
import type { PredictReport, Prediction } from '../../src/lib/predict/result.js';
import type { Inspection } from '../../src/lib/python/inspection.js';
import { temporaryFolder } from '../support/folder.js';
import { ofx, ROOT } from '../support/ofx.js';
import { describeWithPython, PYTHON, python } from '../support/python.js';

const FIXTURES = path.join(ROOT, 'test/fixtures/checkpoints');
const OWN = path.join(FIXTURES, 'own.py');

describeWithPython('ofx convert: what a checkpoint is, and networks of one’s own', () => {
  const folder = temporaryFolder();
  const env = { OFX_PYTHON: PYTHON };
  const checkpoint = (): string => folder.file('ckpt.pyth');
  const run = (...args: string[]) => ofx(['convert', ...args], { env });

  /** Fails, and leaves nothing; what is said to people is in the document, too. */
  async function fails(...args: string[]): Promise<{ code: string; exit: number; said: string }> {
    const before = await readdir(folder.path);
    const { exitCode, stdout } = await run(...args, '--json');
    expect(await readdir(folder.path)).to.deep.equal(before);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; suggestion?: string } };
    return { code: error.code, exit: exitCode!, said: `${error.message}\n${error.suggestion ?? ''}` };
  }

  describe('--inspect', () => {
    it('says what a training file holds, in words and as a document, and writes nothing', async () => {
      python(path.join(FIXTURES, 'make.py'), checkpoint());
      const { exitCode, stdout, stderr } = await run(checkpoint(), '--inspect', '--json');
      expect(exitCode, stderr).to.equal(0);
      const schema = JSON.parse(
        await readFile(path.join(ROOT, 'schemas/convert.schema.json'), 'utf8'),
      ) as object;
      expect(new Ajv({ strict: false }).validate(schema, JSON.parse(stdout))).to.equal(true);
      const found = JSON.parse(stdout) as Inspection;
      expect(found).to.deep.include({ convertible: true, problem: null, epoch: 31, warnings: [] });
      expect(found.networks[0]).to.deep.include({
        name: 'model_state/module',
        architecture: 'objectformer',
        parameters: 50742,
      });
      expect(found.networks[0]!.configuration).to.deep.include({ channels: [8, 12, 16, 24] });
      const words = await run(checkpoint(), '--inspect');
      expect(words.exitCode).to.equal(0);
      for (const part of [
        /objectformer under model_state\/module/,
        /parameters +50,742/,
        /channels +8, 12, 16, 24/,
        /module \(parallel training\)/,
        /epoch +31/,
        /left out +optimizer_state \(optimizer\), scaler_state/,
        /It can be converted/,
      ]) {
        expect(words.stdout).to.match(part);
      }
      expect(await readdir(folder.path)).to.deep.equal(['ckpt.pyth']);
    });

    it('tells of several networks, and of the one that is asked for', async () => {
      python(path.join(FIXTURES, 'wrap.py'), checkpoint());
      const both = await run(checkpoint(), '--inspect');
      expect(both.exitCode).to.equal(0);
      expect(both.stdout)
        .to.contain('It cannot be converted')
        .and.to.contain('--weights state_dict/model._orig_mod');
      const one = await run(checkpoint(), '--inspect', '--weights', 'state_dict/teacher', '--json');
      const { networks, convertible } = JSON.parse(one.stdout) as Inspection;
      expect(convertible).to.equal(true);
      expect(networks.map(({ chosen }) => chosen)).to.deep.equal([false, true]);
    });

    it('refuses what is no checkpoint, what is a model, and flags that would make one', async () => {
      python(path.join(FIXTURES, 'make.py'), checkpoint());
      await truncate(checkpoint(), 50_000);
      expect((await fails(checkpoint(), '--inspect')).code).to.equal('CHECKPOINT_INVALID');
      expect((await fails(folder.file('none.pth'), '--inspect')).exit).to.equal(66);
      const model = await fails(path.join(ROOT, 'models/objectformer-lite'), '--inspect');
      expect([model.code, model.exit]).to.deep.equal(['USAGE', 2]);
      expect(model.said).to.contain('ofx models show');
      const idle = await fails(checkpoint(), '--inspect', '--out', folder.file('m'), '--size', '64');
      expect(idle.exit).to.equal(2);
      expect(idle.said).to.contain('--out, --size');
      expect((await fails('--inspect')).exit).to.equal(2);
    });
  });

  describe('--arch', () => {
    const model = (): string => folder.file('mine');
    const args = (name: string): string[] => [checkpoint(), '--out', model(), '--size', '64', '--arch', name];

    it('takes a network of one’s own through export, parity and manifest', async () => {
      python(OWN, checkpoint());
      const made = await run(
        ...args(`${OWN}:build`),
        '--trust-code',
        '--precision',
        'fp32,fp16',
        '--force',
        '--json',
      );
      expect(made.exitCode, made.stderr).to.equal(0);
      const report = JSON.parse(made.stdout) as ConvertReport;
      expect(report.architecture).to.equal('own.py:build');
      expect(report.parity.variants[0]!.map.max).to.be.at.most(1e-5);
      const { manifest } = await readModel(model());
      expect(manifest.provenance!.code).to.include({ file: 'own.py', callable: 'build' });
      const photo = path.join(ROOT, 'samples/splice-astronaut.jpg');
      const run64 = await ofx(['predict', photo, '--model', model(), '--json']);
      const [result] = (JSON.parse(run64.stdout) as PredictReport).results as Prediction[];
      expect(result!.score).to.be.within(0, 1);
      // The parity of free shapes is of photos in their own shape.
      const free = await run(
        ...args(`${OWN}:MaskAlone`),
        '--trust-code',
        '--fit',
        'free',
        '--force',
        '--json',
      );
      expect(free.exitCode, free.stderr).to.equal(0);
    });

    it('runs no code that is not trusted', async () => {
      await writeFile(folder.file('net.py'), `open(${JSON.stringify(folder.file('ran'))}, 'w')`);
      await writeFile(checkpoint(), 'x');
      for (const more of [[], ['--inspect']]) {
        const way =
          more.length > 0
            ? [checkpoint(), '--arch', `${folder.file('net.py')}:a`, ...more]
            : args(`${folder.file('net.py')}:a`);
        const { code, exit, said } = await fails(...way);
        expect([code, exit]).to.deep.equal(['USAGE', 2]);
        expect(said).to.contain('runs the code in').and.to.contain('--trust-code');
      }
      expect((await fails(checkpoint(), '--out', model(), '--trust-code')).exit).to.equal(2);
      expect((await fails(...args('net.py'), '--trust-code')).exit).to.equal(2);
      expect((await fails(...args(`${folder.file('no.py')}:a`), '--trust-code')).exit).to.equal(66);
    });

    it('tells errors of the code with their line, and which outputs are expected', async () => {
      python(OWN, checkpoint());
      const fault = await fails(...args(`${OWN}:raises`), '--trust-code');
      expect([fault.code, fault.exit]).to.deep.equal(['NETWORK_INVALID', 65]);
      expect(fault.said).to.match(
        /own\.py, line \d+, building the network: ValueError: weights of the backbone/,
      );
      const shape = await fails(...args(`${OWN}:Smaller`), '--trust-code');
      expect(shape.code).to.equal('NETWORK_INVALID');
      expect(shape.said).to.contain('(1, 1, 32, 32)').and.to.contain('(1, 1, 64, 64)');
      const branch = await fails(...args(`${OWN}:Branches`), '--trust-code');
      expect([branch.code, branch.exit]).to.deep.equal(['PARITY_FAILED', 3]);
      expect(branch.said).to.contain('branch').and.not.to.contain('report it');
    });

    it('says what a checkpoint lacks for it, and what has another shape', async () => {
      await mkdir(folder.file('a'));
      for (const [how, words] of [
        ['lacking', /missing +last\.bias/],
        ['other', /other shapes +first\.weight 8 × 3 × 5 × 5 for 8 × 3 × 3 × 3/],
      ] as const) {
        python(OWN, checkpoint(), how);
        const { exitCode, stdout } = await run(
          checkpoint(),
          '--inspect',
          '--arch',
          `${OWN}:build`,
          '--trust-code',
        );
        expect(exitCode).to.equal(0);
        expect(stdout).to.match(words).and.to.contain('It cannot be converted');
      }
    });
  });
});
