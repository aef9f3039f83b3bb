import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { exists } from '../../src/lib/files/exists.js';
import type { PredictReport, Prediction } from '../../src/lib/predict/result.js';
import { VALIDATION_JOURNAL } from '../../src/lib/run/journal.js';
import type { RunSummary } from '../../src/lib/run/summary.js';
import { drawRectangles, makeDataset, SIDE } from '../support/dataset.js';
import { HeldFile } from '../support/held-file.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, startOfx, type OfxRun } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';
import { describeWithSharedData, SHARED_DATA } from '../support/shared-data.js';

const tiny = ['--model', TINY_MODEL, '--size', String(SIDE)];
const plain = ['--panels', 'none', '--no-charts'];

describe('ofx validate', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  const out = (...parts: string[]): string => folder.file('run', ...parts);

  const validate = async (...more: string[]): Promise<OfxRun> =>
    ofx(['validate', data(), ...tiny, '--out', out(), ...more], {
      env: { XDG_DATA_HOME: folder.file('home') },
    });
  const summaryOf = async (run: string): Promise<RunSummary> =>
    JSON.parse(await readFile(path.join(run, 'summary.json'), 'utf8')) as RunSummary;

  beforeEach(async () => {
    await makeDataset(data(), 8);
  });

  it('does the right thing with a folder alone', async () => {
    const { exitCode, stdout, stderr } = await ofx(['validate', data(), ...tiny], { cwd: folder.path });
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.contain('4 tampered, 4 authentic').and.to.contain('headline, protocol macro');
    expect(stdout).to.match(/Image level\s+Accuracy .*\n\s+F1 .*\n\s+ROC AUC /);
    const [run] = await readdir(folder.file('reports'));
    expect(run).to.match(/^data-tiny-\d{4}-\d\d-\d\d$/);
    expect(stdout).to.contain(`open reports/${run}/report.html`);
    expect(stdout).to.contain(`ofx compare OTHER reports/${run}`);
    expect(await readdir(folder.file('reports', run!))).to.have.members([
      'charts',
      'evidence.ndjson',
      'metrics.csv',
      'metrics.parquet',
      'overlays',
      'report.html',
      'summary.csv',
      'summary.json',
      'thresholds.csv',
    ]);
    expect(await readdir(folder.file('reports', run!, 'charts'))).to.have.length(36);

    await ofx(['validate', data(), ...tiny, ...plain], { cwd: folder.path });
    expect((await readdir(folder.file('reports'))).sort()).to.deep.equal([run, `${run!}-2`]);
  });

  it('prints one JSON document that its schema describes', async () => {
    const { exitCode, stdout } = await validate('--json', ...plain, '--protocol', 'trufor');
    expect(exitCode).to.equal(0);
    const document = JSON.parse(stdout) as RunSummary & { folder: string };
    await expectSchema('validate', document);
    expect(document.folder).to.equal(out());
    expect(document.headline.path).to.equal('protocols.trufor.pixel.f1');
  });

  it('goes on past an unreadable image, says which, and exits with 4', async () => {
    await writeFile(data('images/003.png'), 'no picture');
    await appendFile(data('split.txt'), '../outside.png\tNone\t0\n');
    const { exitCode, stderr } = await validate(...plain);
    expect(exitCode).to.equal(4);
    expect(stderr).to.contain('images/003.png').and.to.contain('line 9: ../outside.png');
    expect((await summaryOf(out())).failed).to.have.length(1);
  });

  it('says what is wrong with a data set or a flag', async () => {
    expect((await ofx(['validate', folder.file('nowhere'), ...tiny])).exitCode).to.equal(66);
    await mkdir(folder.file('empty'));
    const empty = await ofx(['validate', folder.file('empty'), ...tiny]);
    expect(empty.exitCode).to.equal(65);
    expect(empty.stderr).to.contain('It holds nothing').and.to.contain('Known layouts');
    const flag = await validate('--panels', 'best:3');
    expect(flag.exitCode).to.equal(2);
    expect(flag.stderr).to.contain('worst:20');
  });

  it('is resumed after kill -9 and comes to the same numbers to the last digit', async () => {
    await rm(data(), { recursive: true });
    await makeDataset(data(), 12);
    await validate('--panels', 'worst:4', '--no-charts');
    const whole = { summary: await summaryOf(out()), pictures: await readdir(out('overlays/images')) };
    await rm(out(), { recursive: true });

    const settings = ['validate', data(), ...tiny, '--out', out(), '--panels', 'worst:4', '--no-charts'];
    const held = await HeldFile.hold(data('images/006.png'));
    const killed = startOfx(settings);
    await held.reached();
    await journalGrows(out(VALIDATION_JOURNAL), 5);
    killed.kill('SIGKILL');
    await killed;
    await held.putBack();

    const { exitCode, stderr } = await ofx([...settings, '--resume']);
    expect(exitCode, stderr).to.equal(0);
    const resumed = await summaryOf(out());
    expect(resumed.resumed).to.be.at.least(4);
    expect(resumed.metrics).to.deep.equal(whole.summary.metrics);
    expect(resumed.dataset).to.deep.equal(whole.summary.dataset);
    expect(await readdir(out('overlays/images'))).to.deep.equal(whole.pictures);
  });

  it('stops on Ctrl-C and can be resumed', async () => {
    await rm(data(), { recursive: true });
    await makeDataset(data(), 100);
    const held = await HeldFile.hold(data('images/004.png'));
    const running = startOfx(['validate', data(), ...tiny, '--out', out(), ...plain]);
    await held.reached();
    await journalGrows(out(VALIDATION_JOURNAL), 3);
    running.kill('SIGINT');
    await held.release();
    expect((await running).exitCode).to.equal(130);
    expect((await readdir(out())).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    await held.putBack();
    expect((await validate(...plain, '--resume')).exitCode).to.equal(0);
  });

  it('fits thresholds that predict uses, and says when they are judged on their own data', async () => {
    const env = { XDG_DATA_HOME: folder.file('home') };
    const fitted = await validate(...plain, '--calibrate', '--sweep-step', '0.25', '--json');
    expect(fitted.exitCode, fitted.stderr).to.equal(0);
    const { calibration, warnings, dataset } = JSON.parse(fitted.stdout) as RunSummary;
    expect(calibration!.file.startsWith(folder.file('home'))).to.equal(true);
    expect(warnings.join())
      .to.contain('Judge them on another one')
      .and.to.contain('authentic images are guesses');
    expect(JSON.parse(await readFile(calibration!.file, 'utf8'))).to.deep.include({
      score: calibration!.score,
      mask: calibration!.mask,
      temperature: calibration!.temperature,
    });

    const { stdout } = await ofx(['predict', data('images/000.png'), ...tiny, '--json'], { env });
    const [prediction] = (JSON.parse(stdout) as PredictReport).results as [Prediction];
    expect(prediction.scoreThreshold).to.equal(calibration!.score);
    expect(prediction.maskThreshold).to.equal(calibration!.mask);

    const again = await validate(...plain, '--json');
    const summary = JSON.parse(again.stdout) as RunSummary;
    expect(summary.warnings.join()).to.contain('fitted on this very data set');
    expect(summary.model.fittedOn).to.deep.include({ dataset: 'data', sha256: dataset.sha256, samples: 8 });
    expect(summary.settings.scoreThreshold).to.equal(calibration!.score);
  });

  it('keeps no thresholds of a model that tells nothing apart, and says why; the run stands', async () => {
    const env = { XDG_DATA_HOME: folder.file('home') };
    // Tampered and authentic images alike: what is white in one is white in the other.
    await rm(data(), { recursive: true });
    const lines: string[] = [];
    for (let i = 0; i < 12; i++) {
      const name = `images/${i}.png`;
      await drawRectangles(data(name), [[4 + (i >> 1), 4, 20, 20]]);
      await drawRectangles(data(`masks/${i}.png`), [[30, 30, 20, 20]]);
      lines.push(`${name}\tmasks/${i}.png\t${i % 2}`);
    }
    await writeFile(data('split.txt'), lines.join('\n'));
    const { exitCode, stdout, stderr } = await validate(...plain, '--calibrate', '--json');
    expect(exitCode).to.equal(65);
    expect(stderr).to.contain('--calibrate kept no thresholds').and.to.contain('no better');
    const summary = JSON.parse(stdout) as RunSummary;
    await expectSchema('validate', summary);
    expect(summary.calibration).to.equal(null);
    expect(summary.calibrationRefused).to.contain('ROC AUC');
    expect(await exists(env.XDG_DATA_HOME)).to.equal(false);
  });

  it('takes --max-fpr alone for recall, and tells the thresholds for fixed rates', async () => {
    const { stdout, exitCode, stderr } = await validate(
      ...plain,
      '--calibrate',
      '--max-fpr',
      '0.25',
      '--json',
    );
    expect(exitCode, stderr).to.equal(0);
    const { calibration, operatingPoints } = JSON.parse(stdout) as RunSummary;
    expect(calibration!.objective).to.contain('recall').and.to.contain('0.25');
    expect(operatingPoints!.map(({ maxFpr }) => maxFpr)).to.deep.equal([0.01, 0.05, 0.1]);
    const rows = (await readFile(out('thresholds.csv'), 'utf8')).trim().split('\n');
    expect(rows[0]).to.match(/imageTpr,imageFpr,maxFpr$/);
    for (const [index, { threshold, tpr, fpr, maxFpr }] of operatingPoints!.entries()) {
      const cells = rows.slice(-3)[index]!.split(',');
      expect([cells[0], ...cells.slice(-3)].map(Number)).to.deep.equal([threshold, tpr, fpr, maxFpr]);
    }
  });

  it('cannot fit thresholds on one class', async () => {
    await rm(data(), { recursive: true });
    await drawRectangles(data('authentic/a.png'), []);
    await mkdir(data('tampered'));
    const { exitCode, stderr } = await validate(...plain, '--calibrate');
    expect(exitCode).to.equal(65);
    expect(stderr).to.contain('one class');
  });

  it('measures the shipped samples', async () => {
    const samples = path.join(ROOT, 'samples');
    const names = (await readdir(samples)).filter((name) => name.endsWith('.jpg'));
    const masks = new Set(await readdir(samples));
    const lines = names.map((name) => {
      const mask = name.replace('.jpg', '_mask.png');
      return masks.has(mask) ? `${name}\t${mask}\t1` : `${name}\tNone\t0`;
    });
    await writeFile(folder.file('samples.txt'), lines.join('\r\n'));
    const { exitCode, stdout, stderr } = await ofx([
      ...['validate', samples, '--split', folder.file('samples.txt'), ...tiny],
      ...['--out', out(), '--json', '--no-charts', '--score-at', 'image'],
    ]);
    expect(exitCode, stderr).to.equal(0);
    const { dataset, failed } = JSON.parse(stdout) as RunSummary;
    expect([dataset.samples, failed.length]).to.deep.equal([6, 0]);
    expect(await readdir(out('overlays'))).to.have.length(6);
  });
});

describeWithSharedData('ofx validate on the shared data', () => {
  const folder = temporaryFolder();

  it('reads odd formats and masks', async () => {
    const { exitCode, stdout, stderr } = await ofx([
      ...['validate', path.join(SHARED_DATA, 'mixed-formats'), ...tiny, '--out', folder.file('run')],
      ...['--json', '--panels', 'worst:2', '--no-charts', '--score-at', 'image', '--strict'],
    ]);
    expect(exitCode, stderr).to.equal(0);
    const { dataset, failed } = JSON.parse(stdout) as RunSummary;
    expect([dataset.samples, failed.length]).to.deep.equal([16, 0]);
    expect(dataset.findings.map(({ code }) => code)).to.include('grey-truth');
  });
});

/** Waits until a journal holds so many lines. */
async function journalGrows(file: string, lines: number): Promise<void> {
  for (;;) {
    const there = await stat(file).catch(() => undefined);
    if (there && (await readFile(file, 'utf8')).split('\n').length > lines) return;
    await sleep(10);
  }
}
