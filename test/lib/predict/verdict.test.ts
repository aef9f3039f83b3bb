import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { VERDICT_WORDS, verdictFrom, VERDICTS } from '../../../src/lib/core/verdict.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import { PredictionSchema, summarisePredictions, type Prediction } from '../../../src/lib/predict/result.js';
import { regionStandsOut } from '../../../src/lib/predict/verdict.js';
import { checkSchema } from '../../../src/lib/core/schema.js';
import { drawRectangles, SIDE } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { ROOT } from '../../support/ofx.js';

describe('a verdict', () => {
  const folder = temporaryFolder();
  const region = (area: number, meanProbability: number) => ({
    ...{ x: 0, y: 0, width: 100, height: 100 },
    ...{ area, meanProbability },
  });
  const judge = (score: number, ...regions: ReturnType<typeof region>[]) =>
    verdictFrom(score, 0.4, regionStandsOut(regions, { width: 100, height: 100 }));

  it('is manipulated above the threshold only, whatever is marked', () => {
    expect([judge(0.41), judge(0.4), judge(0.9, region(5000, 0.99))]).to.deep.equal([
      'manipulated',
      'no-finding',
      'manipulated',
    ]);
  });

  it('is suspicious below it where regions stand out, together', () => {
    expect(judge(0.4, region(100, 0.7))).to.equal('suspicious');
    expect(judge(0.1, region(50, 0.9), region(50, 0.7))).to.equal('suspicious');
    expect(judge(0.4, region(99, 0.99))).to.equal('no-finding');
    expect(judge(0.4, region(9000, 0.69))).to.equal('no-finding');
  });

  it('is told in the same words on the page, which never clear an image', async () => {
    const page = await readFile(`${ROOT}/web/verdict.js`, 'utf8');
    for (const verdict of VERDICTS) {
      const { title, meaning } = VERDICT_WORDS[verdict];
      for (const sentence of meaning.split(/(?<=\.) /)) expect(page, verdict).to.contain(sentence);
      expect(page).to.contain(`'${title}'`);
      expect(title.toLowerCase()).not.to.contain('authentic');
    }
  });

  it('stands in a result with what was examined, when, and by what', async () => {
    const file = folder.file('photo.png');
    await drawRectangles(file, [[0, 0, 40, 20]]);
    const analyser = await Analyser.open(await findModel(TINY_MODEL), {
      size: SIDE,
      threads: 1,
      concurrency: 1,
    });
    const before = new Date().toISOString();
    const { prediction } = await analyser.analyse('photo.png', file, { minArea: 0 });
    const low = await analyser.analyse('photo.png', file, { minArea: 0, scoreThreshold: 0 });
    await analyser.close();
    const bytes = await readFile(file);
    expect(prediction.sha256).to.equal(createHash('sha256').update(bytes).digest('hex'));
    expect(prediction.bytes).to.equal(bytes.length);
    expect(prediction.examinedAt).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(prediction.examinedAt >= before).to.equal(true);
    // Sources that run without a build are nobody's commit.
    expect(prediction.software).to.include({ name: 'ofx', build: 'modified' });
    expect([prediction.verdict, prediction.tampered]).to.deep.equal(['suspicious', false]);
    expect([low.prediction.verdict, low.prediction.tampered]).to.deep.equal(['manipulated', true]);
    expect(checkSchema(PredictionSchema, prediction)).to.deep.include({ ok: true });
  });

  it('is counted, and a failure is not one', () => {
    const results = VERDICTS.map((verdict, index) => ({ verdict, score: index / 10 }) as Prediction);
    const failed = { image: 'x', error: { code: 'IMAGE_EMPTY', message: 'x is empty.' } };
    expect(summarisePredictions([...results, failed], 2)).to.deep.equal({
      ...{ inputs: 4, manipulated: 1, suspicious: 1, noFinding: 1, failed: 1, resumed: 0, seconds: 2 },
      highestScore: 0.2,
    });
  });
});
