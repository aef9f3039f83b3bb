import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Comparison } from '../../src/lib/run/comparison.js';
import { makeDataset } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx } from '../support/ofx.js';
import { samplesList, validateSamples } from '../support/runs.js';
import { expectSchema } from '../support/schema.js';

describe('ofx compare', () => {
  const folder = temporaryFolder();
  let runs = '';
  let old = '';
  let now = '';

  // Two runs that no test changes: each takes a start of the network.
  before(async () => {
    runs = await mkdtemp(path.join(os.tmpdir(), 'ofx-runs-'));
    const list = await samplesList(path.join(runs, 'all.txt'));
    [old, now] = [path.join(runs, 'old'), path.join(runs, 'new')];
    await validateSamples(list, old, ['--panels', 'none']);
    await validateSamples(list, now, ['--panels', 'none', '--mask-threshold', '0.8']);
  });

  after(async () => {
    await rm(runs, { recursive: true, force: true });
  });

  it('tells differences of two runs, in a document of its schema and as a table', async () => {
    const { exitCode, stdout } = await ofx(['compare', old, now, '--json']);
    expect(exitCode).to.equal(0);
    const document = JSON.parse(stdout) as Comparison;
    await expectSchema('compare', document);
    const [pair] = document.comparisons;
    const before = JSON.parse(await readFile(`${old}/summary.json`, 'utf8')) as { metrics: NestedF1 };
    const after = JSON.parse(await readFile(`${now}/summary.json`, 'utf8')) as { metrics: NestedF1 };
    const { first, second, difference } = pair!.differences['pixel.macro.f1'];
    expect(first).to.equal(before.metrics.pixel.macro.f1.value);
    expect(second).to.equal(after.metrics.pixel.macro.f1.value);
    expect(difference).to.equal(second! - first!);
    expect(difference).not.to.equal(0);
    expect(document.images).to.deep.include({ paired: 6, tampered: 4, authentic: 2, leftOut: [] });
    expect(document.notes.join()).to.contain('its own mask threshold: old 0.5, new 0.8');

    const text = await ofx(['compare', old, now]);
    expect(text.stdout).to.match(/pixel\.macro\.f1 +\d\.\d{3} +\d\.\d{3} +[+−]\d\.\d{3}/);
    expect(text.stdout).to.contain('images in pairs: 4 tampered, 2 authentic');
  });

  it('writes a page with the verdict, all differences, and the pictures where the runs keep them', async () => {
    const file = folder.file('page.html');
    const pictured = folder.file('pictured <b>');
    await validateSamples(path.join(runs, 'all.txt'), pictured, ['--mask-threshold', '0.8']);
    const { exitCode, stdout } = await ofx(['compare', old, pictured, '--html', file, '--json']);
    expect(exitCode).to.equal(0);
    const { comparisons } = JSON.parse(stdout) as Comparison;
    const page = await readFile(file, 'utf8');
    expect(page).to.contain(comparisons[0]!.sentence.slice(-40));
    expect(page).to.contain('pixel.falseAlarmArea').and.to.contain('too few images');
    expect(page).not.to.contain('pictured <b>');
    const [link] = /pictured%20%3Cb%3E\/overlays\/[^"]+\.png/.exec(page) ?? [];
    expect((await readFile(folder.file(decodeURIComponent(link!)))).length).to.be.above(1000);
  });

  it('takes more than two runs', async () => {
    const { stdout } = await ofx(['compare', old, now, old, '--json']);
    const { runs, comparisons } = JSON.parse(stdout) as Comparison;
    expect(runs).to.have.length(3);
    expect(comparisons.map(({ run }) => run)).to.deep.equal([1, 2]);
    expect(comparisons[1]!.verdict).to.equal('equal');
  });

  it('refuses runs on different data, and matches what they share where asked', async () => {
    const some = folder.file('some');
    const list = await samplesList(folder.file('some.txt'), [
      'splice-dahlia',
      'authentic-cat',
      'authentic-coffee',
      'removal-dahlia',
    ]);
    await validateSamples(list, some, ['--panels', 'none']);
    const refused = await ofx(['compare', old, some]);
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.contain('lacks 2 images that another run has');
    expect(refused.stderr).to.contain('--match');

    const matched = await ofx(['compare', old, some, '--match', '--json']);
    expect(matched.exitCode).to.equal(0);
    const { images, notes, comparisons } = JSON.parse(matched.stdout) as Comparison;
    expect(images).to.include({ paired: 4, tampered: 2, authentic: 2 });
    expect(images.leftOut).to.have.length(1);
    expect(notes.join()).to.contain('lacks 2 images');
    expect(comparisons[0]!.verdict).to.equal('equal');

    // A side with all of its images in pairs has its interval already; the other one’s is that of the same images.
    const { metrics } = JSON.parse(await readFile(`${some}/summary.json`, 'utf8')) as {
      metrics: { image: { auc: { low: number; high: number } } };
    };
    const { low, high } = metrics.image.auc;
    const judged = await ofx(
      ['compare', some, old, '--match', '--json'].concat([
        '--fail-on',
        `image.auc.low < ${low}`,
        '--fail-on',
        `image.auc.high > ${high}`,
      ]),
    );
    const { gates } = JSON.parse(judged.stdout) as Comparison;
    expect(gates.map(({ passed }) => passed)).to.deep.equal([true, true]);
    const counted = await ofx(['compare', some, old, '--match', '--fail-on', 'image.auc.n < 6']);
    expect(counted.exitCode).to.equal(2);
    expect(counted.stderr).to.contain('only some images of the runs are in pairs');
  });

  it('pairs images whose names are composed in one run and decomposed in the other', async () => {
    const runs = await Promise.all(
      ['NFC', 'NFD'].map(async (form) => {
        const data = folder.file(`data-${form}`);
        await makeDataset(data, 4);
        const split = await readFile(path.join(data, 'split.txt'), 'utf8');
        const name = '000-é-한글.png'.normalize(form);
        await rename(path.join(data, 'images/000.png'), path.join(data, 'images', name));
        await writeFile(path.join(data, 'split.txt'), split.replace('000.png', name));
        const run = folder.file(`run-${form}`);
        const flags = ['--model', TINY_MODEL, '--size', '64', '--panels', 'none', '--no-charts'];
        expect((await ofx(['validate', data, ...flags, '--out', run])).exitCode).to.equal(0);
        return run;
      }),
    );
    const { exitCode, stdout, stderr } = await ofx(['compare', ...runs, '--json']);
    expect(exitCode, stderr).to.equal(0);
    const { images, comparisons } = JSON.parse(stdout) as Comparison;
    expect(images).to.deep.include({ paired: 4, leftOut: [] });
    expect(comparisons[0]!.verdict).to.equal('equal');
  });

  it('refuses runs of other sizes, protocols and places of comparison', async () => {
    const list = path.join(runs, 'all.txt');
    for (const [args, what] of [
      [['-s', '288'], 'input size'],
      [['--protocol', 'objectformer'], 'protocol'],
      [['--score-at', 'image'], 'where masks are compared'],
    ] as const) {
      const other = folder.file('other');
      await validateSamples(list, other, ['--panels', 'none', ...args]);
      const { exitCode, stderr } = await ofx(['compare', old, other]);
      expect(exitCode, what).to.equal(2);
      expect(stderr).to.contain(what);
    }
  });

  it('exits with 3 where a gate fails, names it, and writes JUnit, Markdown and annotations', async () => {
    const [junit, markdown] = [folder.file('junit.xml'), folder.file('summary.md')];
    const { exitCode, stderr } = await ofx(
      [
        ...['compare', old, now, '--junit', junit, '--markdown', markdown],
        ...['--fail-on', 'pixel.macro.recall drops 0.001', '--fail-on', 'image.auc < 0'],
      ],
      { env: { GITHUB_ACTIONS: 'true' } },
    );
    expect(exitCode).to.equal(3);
    expect(stderr).to.contain('gate failed: fail on pixel.macro.recall drops 0.001 (new)');
    expect(stderr).not.to.contain('gate failed: fail on image.auc');
    expect(stderr).to.match(/^::error title=.*::.*pixel\.macro\.recall/m);
    const xml = await readFile(junit, 'utf8');
    expect(xml).to.contain('tests="2" failures="1"');
    expect(xml).to.contain('pixel.macro.recall drops 0.001');
    expect(await readFile(markdown, 'utf8')).to.contain('1 of 2 gates failed');
  });

  it('refuses what is no run, with the reason', async () => {
    const nothing = await ofx(['compare', old, folder.file('nothing')]);
    expect(nothing.exitCode).to.equal(66);
    const without = folder.file('without');
    await cp(now, without, { recursive: true });
    await rm(`${without}/evidence.ndjson`);
    const poor = await ofx(['compare', old, without]);
    expect(poor.exitCode).to.equal(65);
    expect(poor.stderr).to.contain('evidence.ndjson');
    const alone = await ofx(['compare', old]);
    expect(alone.exitCode).to.equal(2);
    const unknown = await ofx(['compare', old, old, '--fail-on', 'pixel.f1 < 1']);
    expect(unknown.exitCode).to.equal(2);
    expect(unknown.stderr).to.contain('Did you mean pixel.macro.f1');
  });
});

interface NestedF1 {
  pixel: { macro: { f1: { value: number } } };
}
