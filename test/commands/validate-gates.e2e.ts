import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { RunSummary } from '../../src/lib/run/summary.js';
import { temporaryFolder } from '../support/folder.js';
import { ofx } from '../support/ofx.js';
import { samplesList, validateSamples } from '../support/runs.js';
import { expectSchema } from '../support/schema.js';

describe('ofx validate in CI', () => {
  const folder = temporaryFolder();

  it('exits with 3 where a gate fails, names it, and writes it into every form of the report', async () => {
    const list = await samplesList(folder.file('all.txt'));
    const [run, baseline] = [folder.file('run'), folder.file('baseline')];
    await validateSamples(list, baseline, ['--panels', 'none']);
    const { exitCode, stderr } = await validateSamples(list, run, [
      ...['--panels', 'none', '--baseline', baseline, '--mask-threshold', '0.8'],
      ...['--fail-on', 'pixel.macro.recall drops 0.001', '--fail-on', 'image.auc < 0'],
      ...['--junit', folder.file('junit.xml'), '--markdown', folder.file('run.md')],
    ]);
    expect(exitCode).to.equal(3);
    expect(stderr).to.contain('gate failed: fail on pixel.macro.recall drops 0.001');
    const summary = JSON.parse(await readFile(`${run}/summary.json`, 'utf8')) as RunSummary;
    await expectSchema('validation-summary', summary);
    expect(summary.gates?.map(({ passed }) => passed)).to.deep.equal([false, true]);
    expect(await readFile(folder.file('junit.xml'), 'utf8')).to.contain('tests="2" failures="1"');
    expect(await readFile(folder.file('run.md'), 'utf8')).to.contain('1 of 2 gates failed');
    expect(await readFile(`${run}/report.html`, 'utf8')).to.contain('✗ failed');
  });

  it('asks for a baseline before any work where a gate needs one', async () => {
    const list = await samplesList(folder.file('all.txt'));
    const { exitCode, stderr } = await validateSamples(list, folder.file('run'), [
      '--fail-on',
      'image.auc drops 0.01',
    ]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('--baseline');
  });

  it('measures robustness: a row for each distortion, and charts', async () => {
    const list = await samplesList(folder.file('some.txt'), ['splice-dahlia', 'authentic-cat']);
    const run = folder.file('run');
    const { exitCode } = await validateSamples(list, run, ['--robustness']);
    expect(exitCode).to.equal(0);
    const [head, untouched, ...rows] = (await readFile(`${run}/robustness.csv`, 'utf8')).trim().split('\n');
    expect(head).to.match(/^distortion,level,imageAuc,/);
    expect(rows).to.have.length(20);
    const summary = JSON.parse(await readFile(`${run}/summary.json`, 'utf8')) as {
      metrics: { image: { auc: { value: number } }; pixel: { macro: { f1: { value: number } } } };
    };
    const [kind, , auc, , , f1] = untouched!.split(',');
    expect(kind).to.equal('none');
    expect(Number(auc)).to.equal(summary.metrics.image.auc.value);
    expect(Number(f1)).to.equal(summary.metrics.pixel.macro.f1.value);
    // All passes found their photos, and the quarter-size one differs from the untouched.
    for (const row of rows) expect(row.split(',').slice(-2)).to.deep.equal(['2', '0']);
    expect(Number(rows.at(-1)!.split(',')[5])).not.to.equal(Number(f1));
    expect(await readFile(`${run}/report.html`, 'utf8')).to.contain('Gaussian blur');
    expect((await ofx(['compare', run, run])).exitCode).to.equal(0);
  });
});
