import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sharp from 'sharp';
import { compare } from '../../../src/lib/compare/compare.js';
import type { MapManifest } from '../../../src/lib/run/maps.js';
import { parseMetricCondition } from '../../../src/lib/run/metric-gates.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { metricAt } from '../../../src/lib/run/summary.js';
import { matchPredictions } from '../../../src/lib/validate/predictions/match.js';
import { readPrediction } from '../../../src/lib/validate/predictions/read-map.js';
import { readScores } from '../../../src/lib/validate/predictions/scores.js';
import { remeasure, type RemeasureRequest } from '../../../src/lib/validate/remeasure.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, makeDataset } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';
import { expectSchema } from '../../support/schema.js';

const FIXTURES = fileURLToPath(new URL('../../fixtures/predictions/', import.meta.url));

describe('predictions on disk', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  const maps = (...parts: string[]): string => folder.file('maps', ...parts);
  const out = (...parts: string[]): string => folder.file('run', ...parts);

  async function run(settings: Partial<ValidateRequest> = {}): Promise<RunRecord> {
    return validate(
      await tinyValidation({
        dataset: data(),
        out: out(),
        ...settings,
      }),
    );
  }

  const measure = (settings: Partial<ValidateRequest> = {}): Promise<RunRecord> =>
    run({ predictions: maps(), out: folder.file('measured'), ...settings });
  const value = ({ summary }: RunRecord, metric: string): number | null =>
    metricAt(summary.metrics, metric)!.value;
  const codes = ({ summary }: RunRecord): string[] => summary.dataset.findings.map(({ code }) => code);

  describe('of a run with --save-maps', () => {
    beforeEach(async () => {
      await makeDataset(data(), 8);
    });

    it('are listed with their hashes, and give the numbers of the run', async () => {
      for (const saveMaps of ['float16', 'png16'] as const) {
        await rm(out(), { recursive: true, force: true });
        await rm(folder.file('measured'), { recursive: true, force: true });
        const first = await run({ saveMaps });
        const manifest = JSON.parse(await readFile(out('maps/manifest.json'), 'utf8')) as MapManifest;
        await expectSchema('validation-maps', manifest);
        expect(manifest.maps).to.have.length(8);
        for (const { map, sha256, image, imageSha256 } of manifest.maps) {
          const hash = async (file: string): Promise<string> =>
            createHash('sha256')
              .update(await readFile(file))
              .digest('hex');
          expect(await hash(out('maps', map))).to.equal(sha256);
          expect(await hash(data(image))).to.equal(imageSha256);
        }
        const again = await measure({ predictions: out() });
        expect(again.summary.model.name).to.equal(first.summary.model.name);
        for (const metric of ['image.auc', 'image.brier', 'pixel.macro.f1', 'pixel.micro.iou']) {
          expect(value(again, metric), `${saveMaps} ${metric}`).to.be.closeTo(value(first, metric)!, 2e-4);
        }
        expect(again.rows.map(({ score }) => score)).to.deep.equal(first.rows.map(({ score }) => score));
      }
    });

    it('are held to the images that they were made of', async () => {
      await run({ saveMaps: 'float16' });
      await drawRectangles(data('images/003.png'), [[1, 1, 9, 9]]);
      const record = await measure({ predictions: out('maps') });
      expect(record.summary.failed).to.have.length(1);
      expect(record.summary.failed[0]!.message).to.contain('was made of another image');
    });

    it('leave no old maps behind', async () => {
      await run({ saveMaps: 'float16' });
      await run();
      expect(await readdir(out())).not.to.include('maps');
    });
  });

  describe('of other programs', () => {
    beforeEach(async () => {
      await drawRectangles(data('Tp/a.png'), [[0, 0, 32, 32]]);
      await drawRectangles(data('Gt/a.png'), [[0, 0, 32, 32]]);
      await drawRectangles(data('Au/b.png'), []);
      await mkdir(maps(), { recursive: true });
    });

    const lay = async (fixture: string, ...names: string[]): Promise<void> => {
      for (const name of names) {
        await mkdir(path.dirname(maps(name)), { recursive: true });
        await cp(path.join(FIXTURES, fixture), maps(name));
      }
    };

    it('are read as TruFor and photoholmes write them', async () => {
      await lay('trufor.npz', 'a.png.npz', 'b.png.npz');
      const trufor = await measure();
      await rm(maps(), { recursive: true });
      await lay('photoholmes.npz', 'a/output.npz', 'b/output.npz');
      const photoholmes = await measure();
      for (const record of [trufor, photoholmes]) {
        expect(value(record, 'pixel.macro.f1')).to.equal(1);
        expect(value(record, 'pixel.falseAlarmArea')).to.equal(0.25);
        expect(record.rows.map(({ score }) => score)).to.deep.equal([Math.fround(0.9), Math.fround(0.9)]);
        expect(codes(record)).not.to.include('score-from-map');
        expect(record.summary.model).to.include({ name: 'maps', inputSize: 0 });
      }
    });

    it('may be masks; then the largest value is the score, and that is said', async () => {
      await drawRectangles(maps('a_mask.png'), [[0, 0, 32, 32]]);
      await drawRectangles(maps('b_mask.png'), []);
      await drawRectangles(maps('c_mask.png'), []);
      const record = await measure({ panels: 'all', charts: true });
      expect(value(record, 'image.auc')).to.equal(1);
      expect(value(record, 'pixel.macro.iou')).to.equal(1);
      expect(codes(record)).to.include.members(['score-from-map', 'unmatched-prediction']);
      expect(await readFile(folder.file('measured/report.html'), 'utf8')).to.contain(
        'the size of its predictions',
      );
    });

    it('have scores in a file beside them', async () => {
      await lay('half.npy', 'a.npy', 'b.npy');
      await writeFile(folder.file('scores.csv'), 'image,score\nTp/a.png,0.8\nAu/b.png,0.3\n');
      const record = await measure({ scores: folder.file('scores.csv') });
      expect(record.rows.map(({ score }) => score)).to.deep.equal([0.8, 0.3]);
      expect(value(record, 'image.accuracy')).to.equal(1);
      await writeFile(folder.file('scores.csv'), 'image,score\nTp/a.png,0.8\n');
      const { summary } = await measure({ scores: folder.file('scores.csv') });
      expect(summary.failed[0]).to.include({ image: 'Au/b.png', code: 'PREDICTION_MISSING' });
      await writeFile(folder.file('scores.csv'), 'image,score\nq.png,0.8\n');
      const error = await rejection(measure({ scores: folder.file('scores.csv') }));
      expect(error).to.include({ code: 'DATASET_INVALID' });
    });

    it('that are missing, of another size, NaN or logits fail their image by name, and nothing else', async () => {
      await lay('half.npy', 'a.npy');
      const missing = await measure();
      expect(missing.summary.failed).to.deep.include({
        image: 'Au/b.png',
        code: 'PREDICTION_MISSING',
        message: `There is no prediction of Au/b.png in ${maps()}.`,
      });
      expect(value(missing, 'counts.failed')).to.equal(1);
      expect(value(missing, 'pixel.macro.f1')).to.equal(1);
      const says: Record<string, string> = {
        'nan.npy': 'not a number (NaN)',
        'logits.npy': 'the value 3.5, which is not a probability',
        'other-size.npy': 'has 40 x 50 pixels, the image 64 x 64',
        'classes.npy': 'its shape (2, 64, 64) is not (height, width)',
      };
      for (const [fixture, text] of Object.entries(says)) {
        await lay(fixture, 'b.npy');
        const { summary } = await measure();
        expect(summary.failed, fixture).to.have.length(1);
        expect(summary.failed[0]!.message, fixture).to.contain(text);
      }
      await rm(maps('b.npy'));
      await lay('no-map.npz', 'b.npz');
      expect((await measure()).summary.failed[0]!.message).to.contain('it has no map; it has a, b');
    });

    it('for another data set are refused', async () => {
      await lay('half.npy', 'photo-1.npy', 'photo-2.npy');
      const error = await rejection(measure());
      expect(error).to.include({ code: 'DATASET_INVALID' });
      expect((error as Error).message)
        .to.contain('None of 2 images')
        .and.to.contain('photo-1.npy');
    });

    it('compare with a run of a model', async () => {
      await lay('half.npy', 'a.npy', 'b.npy');
      await run();
      await measure();
      const { comparisons, notes } = await compare({
        runs: [out(), folder.file('measured')],
        match: true,
        seed: 1,
        images: 5,
        failOn: [],
      });
      expect(comparisons[0]!.differences['pixel.falseAlarmArea'].second).to.equal(0.25);
      expect(notes.join()).to.contain('input size');
    });
  });

  describe('files', () => {
    it('of every kind give the same map', async () => {
      for (const name of ['half.npy', 'fortran.npy', 'big-endian.npy', 'trufor.npz', 'photoholmes.npz']) {
        const { map } = await readPrediction(path.join(FIXTURES, name));
        expect([map.width, map.height, map.data[0], map.data[31], map.data[32]], name).to.deep.equal([
          64, 64, 0.75, 0.75, 0,
        ]);
        expect(map.data[32 * 64], name).to.equal(0);
      }
      for (const name of ['mask.npy', 'boolean.npy']) {
        const { map } = await readPrediction(path.join(FIXTURES, name));
        expect([map.data[0], map.data[32]], name).to.deep.equal([1, 0]);
      }
    });

    it('that hold classes in few levels are told, of 8 and of 16 bits', async () => {
      const file = folder.file('dark.png');
      for (const [level, wide, isDark] of [
        [1, false, true],
        [2, false, false],
        [0, false, false],
        [1, true, true],
        [255, true, true],
        [256, true, false],
      ] as const) {
        const samples = new (wide ? Uint16Array : Uint8Array)(64).fill(level, 0, 9);
        const picture = sharp(samples, { raw: { width: 8, height: 8, channels: 1 } });
        await picture
          .toColourspace(wide ? 'grey16' : 'b-w')
          .png()
          .toFile(file);
        expect((await readPrediction(file)).isDark, `${level} ${wide}`).to.equal(isDark);
      }
    });

    it('that are no map are invalid, by their own name', async () => {
      const file = folder.file('map.png');
      const alpha = Buffer.alloc(64 * 4);
      for (let at = 3; at < 100; at += 4) alpha[at] = 255;
      await sharp(alpha, { raw: { width: 8, height: 8, channels: 4 } })
        .png()
        .toFile(file);
      expect((await rejection(readPrediction(file))).message).to.match(/Its prediction .*map.png .*alpha/);
      const float = fileURLToPath(
        new URL('../../fixtures/oddities/unsupported-float64.tif', import.meta.url),
      );
      const error = await rejection(readPrediction(float));
      expect([error.code, error.message.startsWith('Its prediction ')]).to.deep.equal([
        'RESULT_INVALID',
        true,
      ]);
      expect(error.message).to.contain('floating-point').and.to.contain('unsupported-float64.tif');
    });

    it('of scores come as CSV, TSV and JSON', async () => {
      const file = folder.file('scores');
      const texts = [
        'file;prob\na.jpg;0.25\n',
        '\ufeffimage\tlabel\tscore\na.jpg\t1\t0.25\n',
        '{"a.jpg": 0.25}',
        '[{"image": "a.jpg", "score": 0.25}]',
        '{"schemaVersion": 1, "predictions": [{"image": "a.jpg", "score": 0.25}]}',
      ];
      for (const text of texts) {
        await writeFile(file, text);
        expect([...(await readScores(file))], text).to.deep.equal([['a.jpg', 0.25]]);
      }
      for (const text of [
        'a.jpg,0.2\n',
        '{"a.jpg": 1.5}',
        'image,score\na.jpg,x\n',
        '[]',
        'image,score\na,0\na,1\n',
      ]) {
        await writeFile(file, text);
        expect(await rejection(readScores(file)), text).to.include({ code: 'RESULT_INVALID' });
      }
    });
  });

  it('are matched by name', () => {
    const match = (images: string[], files: string[]) => {
      const { found, ambiguous, unmatched } = matchPredictions(
        images,
        new Map(files.map((file) => [file, file])),
      );
      return { found: Object.fromEntries(found), ambiguous: [...ambiguous], unmatched };
    };
    expect(match(['Tp/a.jpg', 'Tp/city_map.jpg'], ['tp/A.PNG', 'city_map.npy']).found).to.deep.equal({
      'Tp/a.jpg': 'tp/A.PNG',
      'Tp/city_map.jpg': 'city_map.npy',
    });
    // Two images of one name need folders; the better kind of file goes first.
    expect(match(['x/a.jpg', 'y/a.jpg'], ['a.png']).ambiguous).to.deep.equal(['x/a.jpg', 'y/a.jpg']);
    expect(match(['x/a.jpg', 'y/a.jpg'], ['x/a.png', 'y/a.png']).ambiguous).to.deep.equal([]);
    expect(match(['x/a.jpg', 'y/a.jpg'], ['x/a.png'])).to.deep.equal({
      found: { 'x/a.jpg': 'x/a.png' },
      ambiguous: [],
      unmatched: [],
    });
    expect(match(['a.jpg'], ['a.jpg.npz', 'a.png', 'a_mask.png'])).to.deep.equal({
      found: { 'a.jpg': 'a.jpg.npz' },
      ambiguous: [],
      unmatched: ['a.png', 'a_mask.png'],
    });
  });

  describe('of a finished run', () => {
    const again = (settings: Partial<RemeasureRequest> = {}): Promise<RunRecord> =>
      remeasure({
        from: out(),
        out: folder.file('again'),
        charts: false,
        strict: false,
        limits: {},
        ...settings,
      });

    beforeEach(async () => {
      await makeDataset(data(), 12);
    });

    it('are measured again to the last digit', async () => {
      const first = await run({ saveMaps: 'float16' });
      const second = await again();
      expect(second.summary.metrics).to.deep.equal(first.summary.metrics);
      expect(second.summary.remeasuredFrom).to.equal(out());
      await expectSchema('validation-summary', second.summary);
      expect(await readdir(folder.file('again'))).to.include.members(['metrics.csv', 'summary.json']);
    });

    it('give at other thresholds what a run at those gives', async () => {
      await run({ saveMaps: 'float16' });
      for (const settings of [
        { scoreThreshold: 0.01, maskThreshold: 0.3 },
        { maskThreshold: 0.337, sweepStep: 0.1, protocol: 'trufor', seed: 7 },
      ] as const) {
        const expected = await run({ out: folder.file('expected'), ...settings });
        const record = await again({ ...settings, failOn: [parseMetricCondition('image.auc < 0.1')] });
        expect(record.summary.headline).to.deep.equal(expected.summary.headline);
        // Which regions stand out at another mask threshold, the maps would have to be read again for.
        for (const path of ['image.suspicious.authentic', 'image.suspicious.tampered']) {
          const unknown = metricAt(record.summary.metrics, path)!;
          expect(unknown).to.include({ value: null, n: 0 });
          Object.assign(metricAt(expected.summary.metrics, path)!, { ...unknown });
        }
        expect(record.rows.map(({ verdict }) => verdict)).to.deep.equal(record.rows.map(() => null));
        expect(record.summary.metrics).to.deep.equal(expected.summary.metrics);
        expect(record.summary.gates).to.have.length(1);
      }
    });

    it('are measured at another size from their maps', async () => {
      await drawRectangles(data('images/000.png'), [[8, 8, 40, 40]], [80, 72]);
      await drawRectangles(data('masks/0.png'), [[8, 8, 40, 40]], [80, 72]);
      await run({ saveMaps: 'float16' });
      const expected = await run({ out: folder.file('expected'), scoreAt: 'image' });
      const record = await again({ scoreAt: 'image' });
      expect(record.summary.settings.scoreAt).to.equal('image');
      expect(value(record, 'pixel.macro.f1')).to.be.closeTo(value(expected, 'pixel.macro.f1')!, 1e-3);
    });

    it('need maps that were kept', async () => {
      await run();
      const error = await rejection(again());
      expect(error).to.include({ code: 'USAGE' });
      expect((error as { suggestion?: string }).suggestion).to.contain('--save-maps');
      await run({ saveMaps: 'float16' });
      expect(await rejection(again({ out: out() }))).to.include({ code: 'USAGE' });
    });
  });
});
