import { cp, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { fittedThresholdsFile } from '../../../src/lib/model/thresholds.js';
import { readThresholds, type ThresholdsFile } from '../../../src/lib/model/thresholds-file.js';
import { Analyser, type AnalyserOptions } from '../../../src/lib/predict/analyse.js';
import { validateCalibrated } from '../../../src/lib/validate/calibrate-on.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, SIDE } from '../../support/dataset.js';
import { REGISTRY } from '../../support/evidence-sources.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';
import { expectSchema } from '../../support/schema.js';
import { tinyValidation } from '../../support/validate-request.js';

describe('weights that join sources of evidence, fitted by a user', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  let home: string | undefined;

  beforeEach(async () => {
    home = process.env['XDG_DATA_HOME'];
    process.env['XDG_DATA_HOME'] = folder.file('home');
    // The network sees the area of white, "stripes" the first pixel; each errs about other images.
    const lines: string[] = [];
    for (let i = 0; i < 40; i++) {
      const tampered = i % 2 === 0;
      const isLarge = tampered !== (i % 5 === 0);
      const isBright = tampered !== (i % 7 === 0);
      await drawRectangles(data(`${i}.png`), [
        [8, 8, (isLarge ? 22 : 6) + (i % 9), 30],
        ...(isBright ? ([[0, 0, 1, 1]] as const) : []),
        [60, 60, 1 + (i % 3), 1],
      ]);
      await drawRectangles(data(`masks/${i}.png`), [[8, 8, 20, 30]]);
      lines.push(tampered ? `${i}.png\tmasks/${i}.png\t1` : `${i}.png\tNone\t0`);
    }
    await writeFile(data('split.txt'), `${lines.slice(20).join('\n')}\n`);
    await writeFile(data('fit.txt'), `${lines.slice(0, 20).join('\n')}\n`);
  });

  afterEach(() => {
    if (home === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = home;
  });

  const sessions = { size: SIDE, threads: 1, concurrency: 1, registry: REGISTRY };
  const detector = { ...sessions, evidence: ['network', 'stripes'] };

  async function request(settings: Partial<ValidateRequest> = {}): Promise<ValidateRequest> {
    return tinyValidation({
      ...{ dataset: data(), out: folder.file('run'), detector },
      ...{ calibrate: { kind: 'f1' }, fitFusion: true },
      ...settings,
    });
  }

  async function look(model: string, options: Partial<AnalyserOptions> = {}) {
    const analyser = await Analyser.open(await findModel(model), { ...sessions, ...options });
    const { prediction } = await analyser.analyse('1.png', data('1.png'), { minArea: 0 });
    await analyser.close();
    return { evidence: analyser.evidence, prediction };
  }

  it('are in force from then on, with their thresholds, where nothing is asked for', async () => {
    expect((await look(TINY_MODEL)).evidence.deciding).to.deep.equal(['network']);
    const { summary } = await validate(await request());
    const { fusion, score, mask } = summary.calibration!;
    await expectSchema('validation-summary', summary);
    expect(fusion!.sources.map(({ name }) => name)).to.deep.equal(['network', 'stripes']);
    expect(fusion!.auc.value).to.be.above(
      summary.sources!.find(({ name }) => name === 'network')!.auc.value!,
    );
    expect(mask, 'the joined map was not seen').to.equal(null);

    const { evidence, prediction } = await look(TINY_MODEL);
    expect(evidence.deciding).to.deep.equal(['network', 'stripes']);
    expect(evidence.fusion).to.deep.include({ sources: fusion!.sources, bias: fusion!.bias });
    expect(prediction.scoreThreshold).to.equal(score);
    const alone = await look(TINY_MODEL, { evidence: ['network'] });
    expect(alone.prediction.scoreThreshold, 'of the network alone').to.equal(0.5);
    // A second run scores with it, and says that it judges data that they were fitted on.
    const again = await validate(await request({ calibrate: undefined, fitFusion: false }));
    expect(again.summary.metrics['image']).to.have.nested.property('auc.value', fusion!.auc.value);
    expect(again.summary.warnings.join()).to.contain('fitted on this very data set');
  });

  it('travel in a model’s folder, and in a file that is named', async () => {
    const model = folder.file('model');
    await cp(TINY_MODEL, model, { recursive: true });
    await validate(await request({ model: await findModel(model), into: model }));
    expect((await look(model)).evidence.deciding).to.deep.equal(['network', 'stripes']);
    const file = folder.file('joined.json');
    const { summary } = await validate(await request({ into: file }));
    await expectSchema('thresholds', JSON.parse(await readFile(file, 'utf8')));
    expect((await look(TINY_MODEL)).evidence.deciding).to.deep.equal(['network']);
    const { evidence, prediction } = await look(TINY_MODEL, { thresholds: await readThresholds(file) });
    expect(evidence.deciding).to.deep.equal(['network', 'stripes']);
    expect(prediction.scoreThreshold).to.equal(summary.calibration!.score);
  });

  it('go with the thresholds that were fitted with them, never with others', async () => {
    const model = folder.file('model');
    await cp(TINY_MODEL, model, { recursive: true });
    await validate(await request({ model: await findModel(model), into: model }));
    const { fitted } = JSON.parse(await readFile(`${model}/thresholds.json`, 'utf8')) as ThresholdsFile;
    // What the user fits here goes before the folder's, weights and thresholds alike.
    await validate(
      await request({ model: await findModel(model), calibrate: { kind: 'recall', maxFpr: 0.2 }, limit: 14 }),
    );
    const { evidence, prediction } = await look(model);
    const [{ sha256, way, ...folderOwn }] = fitted as [ThresholdsFile['fitted'][number]];
    const own = JSON.parse(
      await readFile(fittedThresholdsFile('tiny', sha256, way), 'utf8'),
    ) as typeof folderOwn;
    expect(own.fusion!.bias).not.to.equal(folderOwn.fusion!.bias);
    expect(evidence.fusion!.bias).to.equal(own.fusion!.bias);
    expect(prediction.scoreThreshold).to.equal(own.score);
  });

  it('are fitted on one split and reported on another', async () => {
    const { summary } = await validateCalibrated(await request({ calibrate: undefined }), data('fit.txt'), {
      kind: 'f1',
    });
    expect(summary.dataset.list).to.equal('split.txt');
    expect(summary.model.fusionFittedOn).to.include({ samples: 20 });
    expect(summary.warnings.join()).not.to.contain('fitted on this');
  });

  it('need several sources, and data that tell which are the best', async () => {
    const alone = await rejection(
      request({ detector: { ...detector, evidence: ['network'] } }).then((one) => validate(one)),
    );
    expect(alone).to.include({ code: 'USAGE' });
    expect((alone as { suggestion?: string }).suggestion).to.contain('--evidence network,copies');
    const { summary } = await validate(await request({ limit: 4 }));
    expect(summary.calibration).to.equal(null);
    expect(summary.calibrationRefused).to.contain('more images may help');
  });
});
