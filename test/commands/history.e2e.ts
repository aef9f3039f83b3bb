import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { makeDataset, SIDE } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';

describe('ofx history', () => {
  const folder = temporaryFolder();

  it('shows a metric over runs, as a table, a document and a page', async () => {
    await makeDataset(folder.file('data'), 6);
    const plain = ['--model', TINY_MODEL, '--size', String(SIDE), '--panels', 'none', '--no-charts'];
    for (const [out, threshold] of [
      ['reports/one', '0.5'],
      ['reports/deep/two', '0.01'],
    ] as const)
      await ofx(['validate', 'data', ...plain, '--out', out, '--threshold', threshold], { cwd: folder.path });
    await writeFile(folder.file('reports/summary.json'), '{"of": "something else"}');
    const { exitCode, stdout, stderr } = await ofx(
      ['history', 'reports', '--metric', 'Image.Accuracy', '--html', 'history.html', '--json'],
      { cwd: folder.path },
    );
    expect(exitCode, stderr).to.equal(0);
    expect(stderr).to.contain('is left out');
    const document = JSON.parse(stdout) as { runs: { folder: string; metrics: object }[] };
    await expectSchema('history', document);
    expect(document.runs.map((run) => run.folder)).to.deep.equal(['one', 'deep/two']);
    expect(document.runs[0]!.metrics).to.have.all.keys('image.accuracy');
    const page = await readFile(folder.file('history.html'), 'utf8');
    expect(page).to.contain('2 runs').and.to.contain('<svg');

    const table = await ofx(['history', 'reports'], { cwd: folder.path });
    expect(table.stdout).to.match(/one +tiny .* data .*\n.*deep\/two/);
    const typo = await ofx(['history', 'reports', '--metric', 'image.aux'], { cwd: folder.path });
    expect(typo.exitCode).to.equal(2);
    expect(typo.stderr).to.contain('image.auc');
    expect((await ofx(['history', 'data'], { cwd: folder.path })).exitCode).to.equal(66);
  });
});
