import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { expect } from 'chai';
import sharp from 'sharp';
import { logit, sigmoid } from '../../../src/lib/core/temperature.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import type { Fusion } from '../../../src/lib/model/manifest.js';
import { Analyser, type AnalyserOptions, type Examination } from '../../../src/lib/predict/analyse.js';
import type { Prediction } from '../../../src/lib/predict/result.js';
import type { Scoring } from '../../../src/lib/predict/scoring.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, makeDataset, SIDE } from '../../support/dataset.js';
import { REGISTRY, STRIPES_LOGIT } from '../../support/evidence-sources.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

const FUSION: Fusion = {
  sources: [
    { name: 'network', weight: 0.5 },
    { name: 'stripes', weight: 2, mapWeight: 0.8 },
  ],
  bias: -1,
  thresholds: { score: 0.7 },
};

describe('sources of evidence', () => {
  const folder = temporaryFolder();
  let picture: string;

  beforeEach(async () => {
    picture = folder.file('picture.png');
    await drawRectangles(picture, [
      [0, 0, 1, 1],
      [10, 10, 30, 20],
    ]);
  });

  /** The tiny model with a fusion, and thresholds of its network alone. */
  async function fusedModel(fusion: Fusion = FUSION): Promise<string> {
    const copy = folder.file('fused');
    await mkdir(copy, { recursive: true });
    await cp(TINY_MODEL, copy, { recursive: true });
    const file = path.join(copy, 'model.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
    const thresholds = { score: 0.3, mask: 0.4, temperature: 2 };
    await writeFile(file, JSON.stringify({ ...manifest, fusion, thresholds }));
    return copy;
  }

  async function open(model: string, options: Partial<AnalyserOptions> = {}): Promise<Analyser> {
    return Analyser.open(await findModel(model), {
      size: SIDE,
      threads: 1,
      concurrency: 1,
      registry: REGISTRY,
      ...options,
    });
  }

  async function look(
    model: string,
    options: Partial<AnalyserOptions> = {},
    scoring: Scoring = {},
  ): Promise<{ prediction: Prediction; examination: Examination; analyser: Analyser }> {
    const analyser = await open(model, options);
    try {
      const examination = await analyser.examine(picture, scoring);
      const map = { ...examination.map, data: examination.map.data.slice() };
      const { prediction } = await analyser.analyse(picture, picture, { ...scoring, minArea: 0 });
      return { prediction, examination: { ...examination, map }, analyser };
    } finally {
      await analyser.close();
    }
  }

  it('are the network alone where the model holds no fusion, to the last digit', async () => {
    const { prediction, analyser } = await look(TINY_MODEL);
    const { score, logit, weight } = prediction.evidence['network']!;
    expect(Object.keys(prediction.evidence)).to.deep.equal(['network']);
    expect([score, sigmoid(logit), weight]).to.deep.equal([prediction.score, prediction.score, 1]);
    expect(analyser.wayOf({})).to.equal('');
    expect(prediction).not.to.have.property('stripes');
  });

  it('come to one score and one map by the fusion of the manifest', async () => {
    const own = await look(TINY_MODEL);
    const { prediction, examination, analyser } = await look(await fusedModel());
    const network = logit(own.examination.rawScore);
    expect(prediction.score).to.be.closeTo(sigmoid(-1 + 0.5 * network + 2 * STRIPES_LOGIT(255)), 1e-12);
    const { data } = own.examination.map;
    examination.map.data.forEach((fused, i) => {
      // 0.5 in the first of four columns, between their middles linear.
      const position = ((i % SIDE) + 0.5) / 16 - 0.5;
      const stripe = 0.8 * 0.5 * Math.min(1, Math.max(0, 1 - position));
      expect(fused).to.be.closeTo(1 - (1 - data[i]!) * (1 - stripe), 1e-6);
    });
    // What the other source does not speak of keeps its very digits.
    expect(examination.map.data[SIDE - 1]).to.equal(data[SIDE - 1]);
    expect(analyser.wayOf({})).to.equal('network+stripes');
    expect([prediction.scoreThreshold, prediction.maskThreshold]).to.deep.equal([0.7, 0.4]);
    expect(Object.entries(prediction.evidence).map(([name, { weight }]) => [name, weight])).to.deep.equal([
      ['network', 0.5],
      ['stripes', 2],
    ]);
  });

  it('tell what they found, in a thread of their own, and settle it when all have spoken', async () => {
    const { prediction } = await look(await fusedModel());
    const found = prediction as unknown as { stripes: [{ threadId: number; brightness: number }] };
    expect(found.stripes[0].brightness).to.equal(255);
    expect(found.stripes[0].threadId).not.to.equal(threadId);
    expect(prediction).to.deep.include({ seenBeside: ['network', 'stripes'] });
    expect(prediction.warnings).to.include('Stripes were looked for.');
    expect(prediction.timingsMs).to.have.property('stripes').that.is.at.least(0);
  });

  it('look at the whole image while the network looks through windows', async () => {
    await drawRectangles(picture, [[0, 0, 1, 1]], [200, 130]);
    const own = await look(TINY_MODEL, {}, { tile: true });
    const { examination, analyser, prediction } = await look(await fusedModel(), {}, { tile: true });
    expect([examination.map.width, examination.map.height]).to.deep.equal([200, 130]);
    const fused = -1 + 0.5 * logit(own.examination.rawScore) + 2 * STRIPES_LOGIT(255);
    expect(examination.rawScore).to.be.closeTo(sigmoid(fused), 1e-12);
    expect(analyser.wayOf({ tile: true })).to.equal('network+stripes-windows');
    expect(prediction.warnings.join(' ')).to.contain('windows');
  });

  it('can be chosen: the network alone, with its own thresholds, or another', async () => {
    const model = await fusedModel();
    const { prediction, analyser } = await look(model, { evidence: ['network'] });
    const own = await look(TINY_MODEL);
    expect(prediction.score).to.be.closeTo(sigmoid(logit(own.examination.rawScore) / 2), 1e-7);
    expect([prediction.scoreThreshold, analyser.wayOf({})]).to.deep.equal([0.3, '']);
    expect(prediction).not.to.have.property('stripes');

    const other = await look(model, { evidence: ['stripes'] });
    expect(other.prediction.score).to.equal(sigmoid(STRIPES_LOGIT(255)));
    expect([other.prediction.scoreThreshold, other.analyser.wayOf({})]).to.deep.equal([0.5, 'stripes']);
    expect(other.examination.map.width).to.equal(4);
    expect(other.prediction.timingsMs.inference).to.equal(0);
  });

  it('only tell what they found where the model does not say how to weigh them', async () => {
    const own = await look(TINY_MODEL);
    const { prediction, examination, analyser } = await look(TINY_MODEL, {
      evidence: ['stripes', 'network'],
    });
    expect(prediction.score).to.equal(own.prediction.score);
    expect(examination.map).to.deep.equal(own.examination.map);
    expect(prediction).to.have.property('stripes');
    expect(prediction.evidence['stripes']!.weight).to.equal(0);
    expect(analyser.wayOf({})).to.equal('');
  });

  it('are refused by name', async () => {
    const unknown = await rejection(open(TINY_MODEL, { evidence: ['network', 'tea leaves'] }));
    expect(unknown).to.include({ code: 'USAGE', suggestion: 'Sources are: network, stripes.' });
    expect(unknown.message).to.contain('"tea leaves"');
    expect((await rejection(open(TINY_MODEL, { evidence: [''] }))).code).to.equal('USAGE');
    const future = await fusedModel({ ...FUSION, sources: [{ name: 'future', weight: 1 }] });
    const foreign = await rejection(open(future));
    expect([foreign.code, foreign.suggestion]).to.deep.equal([
      'MANIFEST_INVALID',
      'Install a newer ofx, or use --evidence network.',
    ]);
    expect((await look(future, { evidence: ['network'] })).prediction.score).to.be.within(0, 1);
  });

  it('are measured by validate, each alone and together', async () => {
    const data = folder.file('data');
    await makeDataset(data, 10);
    // The first pixel tells the classes apart, and the network does not see it.
    for (let i = 0; i < 10; i++) {
      const file = path.join(data, 'images', `00${i}.png`);
      const { data: pixels, info } = await sharp(file)
        .greyscale()
        .raw()
        .toBuffer({ resolveWithObject: true });
      pixels[0] = i % 2 === 0 ? 200 + i : 100 + i;
      await writeFile(
        file,
        await sharp(pixels, { raw: { ...info, channels: 1 } })
          .png()
          .toBuffer(),
      );
    }
    const { summary, rows } = await validate({
      dataset: data,
      model: await findModel(await fusedModel({ ...FUSION, fittedOn: `${path.basename(data)} (10 images)` })),
      detector: { size: SIDE, threads: 1, concurrency: 1, registry: REGISTRY },
      out: folder.file('run'),
      protocol: 'macro',
      scoreAt: 'network',
      sweepStep: 0.05,
      panels: 'none',
      charts: true,
      seed: 1,
      resume: false,
      strict: false,
      limits: {},
    });
    const [network, stripes] = summary.sources!;
    expect([network!.title, stripes!.title]).to.deep.equal(['Network', 'Stripes']);
    expect(stripes!.auc).to.include({ value: 1, low: 1, high: 1, n: 10 });
    expect(network!.auc.n).to.equal(10);
    expect(summary.settings.evidence).to.deep.equal(['network', 'stripes']);
    expect(rows[0]!.logits['stripes']).to.equal(STRIPES_LOGIT(200));
    const csv = await readFile(folder.file('run', 'metrics.csv'), 'utf8');
    expect(csv.split('\n')[0]).to.match(/,findings,logit\.network,logit\.stripes$/);
    const page = await readFile(folder.file('run', 'report.html'), 'utf8');
    expect(page).to.contain('Stripes alone').and.to.contain('Together');

    // The run's own data are named by what the weights were fitted on, and the thresholds came with them.
    expect(summary.warnings).to.have.length(1);
    expect(summary.warnings[0]).to.contain('weights that join').and.to.contain('ROC AUC');
    expect(page).to.contain('every metric of the joined score is too good');
    expect(summary.model).to.include({ fittedOn: summary.model.fusionFittedOn });
  });
});
