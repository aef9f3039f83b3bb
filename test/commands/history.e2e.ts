import { readdir, readFile, writeFile } from 'node:fs/promises';
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

  it('sends runs to trackers: what one does not take is said, with the command that sends it later', async () => {
    await makeDataset(folder.file('data'), 6);
    const plain = ['--model', TINY_MODEL, '--size', String(SIDE), '--panels', 'none', '--no-charts'];
    // Nothing listens on port 1.
    const run = await ofx(
      ['validate', 'data', ...plain, '--out', 'run', '--log', 'mlflow=http://127.0.0.1:1', '--json'],
      { cwd: folder.path },
    );
    expect(run.exitCode).to.equal(75);
    expect(run.stderr).to.contain('ofx history run --log mlflow=http://127.0.0.1:1');
    await expectSchema('validate', JSON.parse(run.stdout));

    const later = await ofx(['history', 'run', '--log', 'tensorboard=logs'], { cwd: folder.path });
    expect(later.exitCode, later.stderr).to.equal(0);
    expect(await readdir(folder.file('logs/run'))).to.have.length(1);
    const wrong = await ofx(['validate', 'data', '--log', 'wandb'], { cwd: folder.path });
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.stderr).to.contain('mlflow or tensorboard');
  });
});
