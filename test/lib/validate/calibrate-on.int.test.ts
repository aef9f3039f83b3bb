import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import {
  readThresholds,
  thresholdsFor,
  type ThresholdsFile,
} from '../../../src/lib/model/thresholds-file.js';
import { exportModel, resetModel } from '../../../src/lib/models/travel.js';
import { shownModel } from '../../../src/lib/models/models.js';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import { validateCalibrated } from '../../../src/lib/validate/calibrate-on.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, SIDE } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';
import { expectSchema } from '../../support/schema.js';

describe('thresholds that travel', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  let home: string | undefined;

  beforeEach(async () => {
    home = process.env['XDG_DATA_HOME'];
    process.env['XDG_DATA_HOME'] = folder.file('home');
    // Tampered images have a larger white square than authentic ones: scores part them well, and overlap once.
    const lines: Record<'fit' | 'report', string[]> = { fit: [], report: [] };
    for (let i = 0; i < 24; i++) {
      const part = i < 12 ? 'fit' : 'report';
      const tampered = i % 2 === 0;
      const side = tampered ? 30 + (i % 12) : 4 + (i % 12);
      // A pixel in the corner tells the two parts' files apart.
      await drawRectangles(data(`${i}.png`), [
        [0, 0, side, side],
        [60, 60, part === 'fit' ? 1 : 2, 1],
      ]);
      await drawRectangles(data(`masks/${i}.png`), [[0, 0, side - 4, side]]);
      lines[part].push(tampered ? `${i}.png\tmasks/${i}.png\t1` : `${i}.png\tNone\t0`);
    }
    await writeFile(data('fit.txt'), `${lines.fit.join('\n')}\n`);
    await writeFile(data('split.txt'), `${lines.report.join('\n')}\n`);
  });

  afterEach(() => {
    if (home === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = home;
  });

  async function request(settings: Partial<ValidateRequest> = {}): Promise<ValidateRequest> {
    return tinyValidation({
      dataset: data(),
      out: folder.file('run'),
      ...settings,
    });
  }

  it('are fitted on one split and reported on another, in one call', async () => {
    const record = await validateCalibrated(await request(), data('fit.txt'), { kind: 'f1' });
    const { settings, warnings, model, dataset } = record.summary;
    const { fitted } = JSON.parse(
      await readFile(folder.file('run/calibration/thresholds.json'), 'utf8'),
    ) as ThresholdsFile;
    expect(fitted).to.have.length(1);
    expect(settings.scoreThreshold).to.equal(fitted[0]!.score);
    expect(settings.temperature).to.equal(fitted[0]!.temperature);
    expect(dataset.list).to.equal('split.txt');
    expect(model.fittedOn).to.include({ list: 'fit.txt', samples: 12 });
    expect(warnings.join()).not.to.contain('fitted on');
    expect(await readdir(folder.file('home')).catch(() => []), 'nothing is kept elsewhere').to.deep.equal([]);
  });

  it('say so where the same images are in both splits', async () => {
    const both = `${await readFile(data('split.txt'), 'utf8')}0.png\tmasks/0.png\t1\n`;
    await writeFile(data('split.txt'), both);
    const { summary } = await validateCalibrated(await request(), data('fit.txt'), { kind: 'f1' });
    expect(summary.warnings.join()).to.contain('1 image of this data set is among those');
  });

  it('go into a file, and hold for the network and the way that they were fitted for alone', async () => {
    const file = folder.file('thresholds.json');
    const { summary } = await validate(
      await request({ split: data('fit.txt'), calibrate: { kind: 'f1' }, into: file }),
    );
    expect(summary.calibration!.file).to.equal(file);
    const given = await readThresholds(file);
    await expectSchema('thresholds', JSON.parse(await readFile(file, 'utf8')));
    const analyser = await Analyser.open(await findModel(TINY_MODEL), {
      size: SIDE,
      threads: 1,
      concurrency: 1,
      thresholds: given,
    });
    try {
      expect((await analyser.thresholds({})).score).to.equal(summary.calibration!.score);
      const error = await rejection(analyser.thresholds({ tile: true }));
      expect(error).to.include({ code: 'USAGE' });
      expect((error as Error).message).to.contain(
        'has no thresholds for tiny at 64 (windows), but for tiny at 64',
      );
    } finally {
      await analyser.close();
    }
    const other = { name: 'other', sha256: 'f'.repeat(64), inputSize: 64 };
    expect(() => thresholdsFor(given, other, '')).to.throw('has no thresholds for other at 64');
  });

  it('go into the model’s folder, and are in force for whoever uses it', async () => {
    const model = folder.file('my-model');
    await cp(TINY_MODEL, model, { recursive: true });
    const { summary } = await validate(
      await request({
        model: await findModel(model),
        split: data('fit.txt'),
        calibrate: { kind: 'f1' },
        into: model,
      }),
    );
    expect(summary.calibration!.file).to.equal(path.join(model, 'thresholds.json'));
    const shown = await shownModel(model);
    const at = shown.thresholds.find(({ inputSize }) => inputSize === SIDE)!;
    expect(at.score).to.equal(summary.calibration!.score);
    const again = await validate(await request({ model: await findModel(model) }));
    expect(again.summary.settings.scoreThreshold).to.equal(summary.calibration!.score);
  });

  it('are exported with the model and its card, and can be reset', async () => {
    const { summary } = await validate(await request({ split: data('fit.txt'), calibrate: { kind: 'f1' } }));
    const out = folder.file('exported');
    const exported = await exportModel(TINY_MODEL, out);
    expect(exported).to.include({ name: 'tiny', fitted: 1 });
    expect(await readdir(out)).to.include.members(['model.json', 'thresholds.json']);
    expect(await rejection(exportModel(TINY_MODEL, out))).to.include({ code: 'OUTPUT_UNWRITABLE' });

    const { removed } = await resetModel(TINY_MODEL);
    expect(removed).to.deep.equal([summary.calibration!.file]);
    expect((await resetModel(TINY_MODEL)).removed).to.deep.equal([]);
    // Here the model's own are in force again; in the exported folder those that were fitted.
    const own = await validate(await request());
    const travelled = await validate(await request({ model: await findModel(out) }));
    expect(own.summary.settings.scoreThreshold).not.to.equal(summary.calibration!.score);
    expect(travelled.summary.settings.scoreThreshold).to.equal(summary.calibration!.score);
  });

  it('are refused into what is neither', async () => {
    const settings = { calibrate: { kind: 'f1' }, split: data('fit.txt') } as const;
    expect(await rejection(validate(await request({ ...settings, into: data() })))).to.include({
      code: 'USAGE',
    });
    expect(await rejection(validate(await request({ ...settings, into: data('x.txt') })))).to.include({
      code: 'USAGE',
    });
    await writeFile(data('x.json'), '[1]');
    expect(await rejection(validate(await request({ ...settings, into: data('x.json') })))).to.include({
      code: 'MANIFEST_INVALID',
    });
  });
});
