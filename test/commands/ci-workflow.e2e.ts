import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { makeDataset, SIDE } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ROOT } from '../support/ofx.js';

interface Step {
  name?: string;
  run?: string;
}

/** What stands for GitHub's own program, which needs GitHub: it hands the baseline out, and keeps a comment. */
const GH = `#!/bin/sh
case "$1 $2" in
  'run download') [ -d stored-baseline ] && cp -r stored-baseline baseline ;;
  'pr comment') cp reports/accuracy.md comment.md ;;
esac
`;

describe('the accuracy workflow of docs/ci.md', () => {
  const folder = temporaryFolder();

  it('runs, step by step: without a baseline, with one, and fails where accuracy drops', async () => {
    const document = await readFile(path.join(ROOT, 'docs/ci.md'), 'utf8');
    const [, text] = /<!-- accuracy workflow -->\n+```yaml\n([^]*?)```/.exec(document)!;
    const workflow = parse(text!) as {
      env: Record<string, string>;
      jobs: { accuracy: { steps: Step[] } };
    };
    await makeDataset(folder.file('data/dev'), 24);
    await cp(TINY_MODEL, folder.file('models/detector'), { recursive: true });
    await mkdir(folder.file('bin'));
    await writeFile(folder.file('bin/gh'), GH);
    await writeFile(
      folder.file('bin/ofx'),
      `#!/bin/sh\nexec '${process.execPath}' '${path.join(ROOT, 'bin/run.js')}' "$@"\n`,
    );
    for (const name of ['gh', 'ofx']) await chmod(folder.file('bin', name), 0o755);

    /** Runs the shell steps as GitHub does, `bash -e`; the ones behind a failed one are those that run all the same. */
    async function steps(settings: Record<string, string> = {}): Promise<Record<string, number>> {
      const statuses: Record<string, number> = {};
      for (const { name = '', run } of workflow.jobs.accuracy.steps) {
        // The package that is tested is the one at hand.
        if (run === undefined || name === 'Install ofx') continue;
        const { exitCode } = await execa('bash', ['-e', '-c', run], {
          cwd: folder.path,
          reject: false,
          env: {
            ...workflow.env,
            ...{ PR: '7', GITHUB_STEP_SUMMARY: 'job.md', NO_COLOR: '1', CI: '1', OFX_SIZE: String(SIDE) },
            ...settings,
            PATH: `${folder.file('bin')}:${process.env['PATH']!}`,
            XDG_DATA_HOME: folder.file('home'),
          },
        });
        statuses[name] = exitCode!;
      }
      return statuses;
    }

    const first = await steps();
    expect(Object.values(first), JSON.stringify(first)).to.deep.equal([0, 0, 0, 0, 0]);
    expect(await readFile(folder.file('comment.md'), 'utf8')).to.contain('image.auc');
    expect(await readFile(folder.file('job.md'), 'utf8')).to.contain('tiny');

    await mkdir(folder.file('stored-baseline'));
    for (const name of ['summary.json', 'evidence.ndjson'])
      await cp(folder.file('run', name), folder.file('stored-baseline', name));
    const second = await steps();
    expect(Object.values(second), JSON.stringify(second)).to.deep.equal([0, 0, 0, 0, 0]);
    expect(await readFile(folder.file('comment.md'), 'utf8')).to.contain('drops 0.02');

    // The next model marks hardly anything.
    const third = await steps({ OFX_MASK_THRESHOLD: '1' });
    expect(third['Measure']).to.equal(3);
    expect(await readFile(folder.file('reports/accuracy.xml'), 'utf8')).to.contain('failures="1"');
    expect(await readFile(folder.file('comment.md'), 'utf8')).to.contain('❌');
  });
});
