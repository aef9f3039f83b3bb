import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Suite } from '../../src/lib/run/suite.js';
import type { Variants } from '../../src/lib/run/variants.js';
import { metricAt } from '../../src/lib/run/summary.js';
import { makeDataset, SIDE } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, type OfxRun } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';

const plain = ['--model', TINY_MODEL, '--size', String(SIDE), '--panels', 'none', '--no-charts'];

describe('ofx validate of several sizes', () => {
  const folder = temporaryFolder();
  const validate = (...words: string[]): Promise<OfxRun> =>
    ofx(['validate', ...words, '--model', TINY_MODEL, '--panels', 'none', '--no-charts', '--out', 'all'], {
      cwd: folder.path,
    });

  beforeEach(async () => {
    await makeDataset(folder.file('data'), 8);
  });

  it('holds them against each other in one call', async () => {
    const { exitCode, stdout, stderr } = await validate(
      ...['data', '--size', '64,288', '--max-latency', '1min', '--json', '--markdown', 'note.md'],
      ...['--fail-on', 'image.auc[size=288] < -1'],
    );
    expect(exitCode, stderr).to.equal(0);
    const variants = JSON.parse(stdout) as Variants;
    await expectSchema('validate-variants', variants);
    expect(variants.variants.map(({ inputSize }) => inputSize)).to.have.members([64, 288]);
    expect(variants.recommendation.text).to.contain('is the most accurate within 60.0 s');
    expect(stderr).to.contain('64-fp32 (1 of 2)');
    expect(await readFile(folder.file('note.md'), 'utf8')).to.contain(variants.recommendation.text);
    expect(await readdir(folder.file('all'))).to.have.members([
      ...['64-fp32', '288-fp32', 'variants.csv', 'variants.html', 'variants.json'],
    ]);
  });

  it('says what cannot be asked of them', async () => {
    const refused = async (...words: string[]): Promise<string> => {
      const { exitCode, stderr } = await validate(...words);
      expect(exitCode).to.equal(2);
      return stderr;
    };
    await makeDataset(folder.file('other'), 4);
    expect(await refused('data', 'other', '--size', '64,288')).to.contain('name one of them alone');
    expect(await refused('data', '--size', '64', '--max-latency', '1s')).to.contain(
      '--max-latency has no effect without several sizes or precisions',
    );
    expect(await refused('data', '--size', '64,288', '--max-latency', '300')).to.contain('--max-latency 30s');
    expect(await refused('data', '--size', '64,288', '--calibrate')).to.contain('--calibrate has no effect');
    expect(await readdir(folder.path)).to.have.members(['data', 'other']);
  });
});

describe('ofx validate of several data sets', () => {
  const folder = temporaryFolder();
  const validate = (...words: string[]): Promise<OfxRun> =>
    ofx(['validate', ...words, ...plain, '--out', 'all'], { cwd: folder.path });

  beforeEach(async () => {
    await makeDataset(folder.file('first'), 8);
    await makeDataset(folder.file('second'), 4);
  });

  it('puts them side by side, with their average and gates by data set', async () => {
    const { exitCode, stdout, stderr } = await validate(
      ...['first', 'second', '--json'],
      ...['--fail-on', 'pixel.macro.f1[dataset=first] < 0.1', '--fail-on', 'image.auc > 2'],
      ...['--fail-on', 'pixel.macro.f1[dataset=average] > 0.1', '--fail-on', 'image.auc[dataset=third] < 0'],
    );
    expect(exitCode, stderr).to.equal(3);
    const suite = JSON.parse(stdout) as Suite;
    await expectSchema('validate-suite', suite);
    expect(suite.datasets.map(({ name, samples }) => [name, samples])).to.deep.equal([
      ['first', 8],
      ['second', 4],
    ]);
    const values = suite.datasets.map(({ metrics }) => metricAt(metrics, 'pixel.macro.f1')!.value!);
    expect(suite.averages.find(({ path: metric }) => metric === 'pixel.macro.f1')).to.deep.equal({
      path: 'pixel.macro.f1',
      value: (values[0]! + values[1]!) / 2,
      datasets: 2,
    });
    expect(suite.gates.map(({ name, passed }) => [name, passed])).to.deep.equal([
      ['fail on pixel.macro.f1[dataset=first] < 0.1', true],
      ['fail on image.auc > 2', true],
      ['fail on image.auc > 2', true],
      ['fail on pixel.macro.f1[dataset=average] > 0.1', false],
      ['fail on image.auc[dataset=third] < 0', false],
    ]);
    expect(await readdir(folder.file('all'))).to.have.members([
      ...['first', 'second', 'suite.csv', 'suite.html', 'suite.json'],
    ]);
    expect(await readFile(folder.file('all/suite.csv'), 'utf8')).to.contain('average,pixel.macro.f1,');
  });

  it('reads them from a YAML or JSON file, and tells two of one name apart', async () => {
    await makeDataset(folder.file('other/first'), 4);
    await writeFile(folder.file('suite.yaml'), 'datasets:\n  - first\n  - path: other/first\n');
    const { exitCode, stdout, stderr } = await validate('suite.yaml');
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.contain('on 2 data sets').and.to.contain('other-first');
    const names = (await readdir(folder.file('all'))).filter((name) => !path.extname(name));
    expect(names).to.have.length(2);

    await writeFile(folder.file('suite.json'), '{"datasets": [{"paths": "first"}]}');
    const wrong = await validate('suite.json');
    expect(wrong.exitCode).to.equal(65);
    expect(wrong.stderr).to.contain('is not a valid suite');
    const twice = await validate('first', './first');
    expect(twice.exitCode).to.equal(2);
    expect(twice.stderr).to.contain('is named twice');
  });

  it('takes an interrupted suite up where it was', async () => {
    await validate('first', 'second');
    await rm(folder.file('all/second'), { recursive: true });
    const before = await readFile(folder.file('all/first/summary.json'), 'utf8');
    const { exitCode, stderr } = await validate('first', 'second', '--resume');
    expect(exitCode, stderr).to.equal(0);
    expect(await readFile(folder.file('all/first/summary.json'), 'utf8')).to.equal(before);
    expect(await readdir(folder.file('all/second'))).to.include('summary.json');
  });
});
