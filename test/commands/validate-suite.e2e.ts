import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Suite } from '../../src/lib/run/suite.js';
import { metricAt } from '../../src/lib/run/summary.js';
import { makeDataset, SIDE } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, type OfxRun } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';

const plain = ['--model', TINY_MODEL, '--size', String(SIDE), '--panels', 'none', '--no-charts'];

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
