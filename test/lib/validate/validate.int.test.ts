import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { isOwnOutput } from '../../../src/lib/image/mark.js';
import { checkDataset } from '../../../src/lib/dataset/check.js';
import { validate } from '../../../src/lib/validate/validate.js';
import type { ValidateEvents, ValidateRequest } from '../../../src/lib/validate/request.js';
import { VALIDATION_JOURNAL } from '../../../src/lib/run/journal.js';
import type { ImageRow } from '../../../src/lib/run/rows.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { describeScoring, metricAt } from '../../../src/lib/run/summary.js';
import { OFX_VERSION } from '../../../src/lib/core/version.js';
import { drawRectangles, makeDataset, SIDE } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';
import { expectSchema } from '../../support/schema.js';

describe('validate', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  const out = (...parts: string[]): string => folder.file('run', ...parts);

  async function run(
    settings: Partial<ValidateRequest> = {},
    events: ValidateEvents = {},
    signal?: AbortSignal,
  ): Promise<RunRecord> {
    const request: ValidateRequest = await tinyValidation({
      dataset: data(),
      out: out(),
      ...settings,
    });
    return validate(request, events, signal);
  }

  const value = ({ summary }: RunRecord, metric: string): number | null =>
    metricAt(summary.metrics, metric)!.value;
  const codes = ({ summary }: RunRecord): string[] => summary.dataset.findings.map(({ code }) => code);

  describe('numbers', () => {
    beforeEach(async () => {
      // Found wholly; missed wholly with a false alarm of the same size; authentic without and with a false alarm.
      await drawRectangles(data('tampered/found.png'), [[0, 0, 32, 32]]);
      await drawRectangles(data('masks/found.png'), [[0, 0, 32, 32]]);
      await drawRectangles(data('tampered/missed.png'), [[0, 0, 32, 32]]);
      await drawRectangles(data('masks/missed_gt.png'), [[32, 32, 32, 32]]);
      await drawRectangles(data('authentic/dark.png'), []);
      await drawRectangles(data('authentic/bright.png'), [[0, 0, SIDE, SIDE / 2]]);
    });

    it('are the same of a network without left and right that sees the mirror image, too, which is told', async () => {
      const [once, both] = [await run(), await run({ mirror: true, out: out('both') })];
      expect(value(both, 'pixel.macro.f1')).to.equal(value(once, 'pixel.macro.f1'));
      expect(value(both, 'image.auc')).to.equal(value(once, 'image.auc'));
      expect(once.summary.settings).not.to.have.property('mirror');
      expect(both.summary.settings.mirror).to.equal(true);
      expect(describeScoring(both.summary.settings)).to.equal('as a whole and mirrored');
    });

    it('are what one computes by hand', async () => {
      const record = await run();
      expect(value(record, 'pixel.macro.f1')).to.equal(0.5);
      expect(value(record, 'pixel.macro.iou')).to.equal(0.5);
      expect(value(record, 'pixel.micro.f1')).to.equal((2 * 1024) / (2 * 1024 + 1024 + 2048 + 1024));
      expect(value(record, 'pixel.micro.accuracy')).to.equal(1 - (1024 + 1024 + 2048) / (4 * 4096));
      expect(value(record, 'pixel.falseAlarmArea')).to.equal(0.25);
      expect(value(record, 'protocols.macro.pixel.f1')).to.equal(0.5);
      expect(value(record, 'protocols.objectformer.pixel.f1')).to.equal(value(record, 'pixel.micro.f1'));
      expect(value(record, 'counts.tampered')).to.equal(2);
      expect(record.summary.headline.path).to.equal('protocols.macro.pixel.f1');
      expect(record.summary.headline.value).to.equal(0.5);
    });

    it('stand in files that the schemas describe', async () => {
      const record = await run({ panels: 'all', charts: true });
      const summary = JSON.parse(await readFile(out('summary.json'), 'utf8')) as RunRecord['summary'];
      expect(summary).to.deep.equal(record.summary);
      await expectSchema('validation-summary', summary);
      for (const row of record.rows) await expectSchema('validation-row', row);

      const [header, first] = (await readFile(out('metrics.csv'), 'utf8')).split('\n');
      expect(header).to.match(
        /^image,label,score,predicted,f1,iou,precision,recall,auc,tamperedFraction,truthFraction,ms,error,/,
      );
      expect(first).to.match(/^tampered\/found.png,1,0\.\d+,0,1,1,1,1,1,0.25,0.25,/);
      const thresholds = (await readFile(out('thresholds.csv'), 'utf8')).trim().split('\n');
      const columns = thresholds[0]!.split(',');
      for (const line of thresholds.slice(1)) {
        const cells = line.split(',').map((cell) => (cell === '' ? null : Number(cell)));
        const row = Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
        await expectSchema('validation-threshold', row);
      }
      expect(thresholds[0]).to.equal(
        'threshold,pixelMacroF1,pixelMacroIou,pixelMacroPrecision,pixelMacroRecall,pixelMicroF1,pixelMicroIou,' +
          'pixelMicroPrecision,pixelMicroRecall,imageF1,imageBalancedAccuracy,imageTpr,imageFpr,maxFpr',
      );
      expect(thresholds).to.have.length(1 + record.curves.sweep.length + summary.operatingPoints!.length);
      for (const chart of summary.charts) {
        expect(await readFile(out(chart.svg), 'utf8')).to.match(/^<svg/);
        expect((await readFile(out(chart.png))).subarray(1, 4).toString()).to.equal('PNG');
        expect(JSON.parse(await readFile(out(chart.spec), 'utf8'))).to.include.keys('$schema', 'title');
      }
      for (const { panel } of record.rows) {
        const picture = await readFile(out(panel!));
        expect(picture.subarray(1, 4).toString()).to.equal('PNG');
        expect(isOwnOutput(picture), 'says that ofx made it').to.equal(true);
      }
      expect(await readdir(out())).to.have.members([
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
    });

    it('need two classes only where they compare them', async () => {
      await rm(data('authentic'), { recursive: true });
      await mkdir(data('authentic'));
      const record = await run();
      expect(value(record, 'image.auc')).to.equal(null);
      expect(metricAt(record.summary.metrics, 'image.auc')!.reason).to.equal('no authentic image');
      expect(value(record, 'pixel.falseAlarmArea')).to.equal(null);
      expect(value(record, 'pixel.macro.f1')).to.equal(0.5);
      expect(codes(record)).to.include('one-class');
    });

    it('of masks need tampered images', async () => {
      await rm(data('tampered'), { recursive: true });
      await mkdir(data('tampered'));
      const record = await run({ charts: true });
      expect(metricAt(record.summary.metrics, 'pixel.micro.f1')!.reason).to.equal('no tampered pixel');
      for (const metric of ['pixel.macro.f1', 'image.recall', 'protocols.trufor.pixel.f1']) {
        expect(metricAt(record.summary.metrics, metric), metric).to.include({
          value: null,
          reason: 'no tampered image',
        });
      }
      expect(value(record, 'pixel.falseAlarmArea')).to.equal(0.25);
      expect(record.summary.charts).to.have.length(12);
    });

    it('can be compared at the size of the image', async () => {
      await drawRectangles(data('tampered/found.png'), [[0, 0, 100, 60]], [200, 120]);
      await drawRectangles(data('masks/found.png'), [[0, 0, 100, 60]], [200, 120]);
      const { rows } = await run({ scoreAt: 'image' });
      const row = rows.find(({ image }) => image === 'tampered/found.png')!;
      expect(row.tp! + row.fp! + row.fn! + row.tn!).to.equal(200 * 120);
      expect(row.f1).to.be.within(0.9, 1);
    });
  });

  describe('data that are not as they should be', () => {
    beforeEach(async () => {
      await makeDataset(data(), 6);
    });

    it('leaves out what cannot be read, and goes on', async () => {
      await writeFile(data('images/002.png'), 'no picture');
      await rm(data('masks/4.png'));
      const record = await run();
      expect(record.summary.failed.map(({ image, code }) => [image, code])).to.deep.equal([
        ['images/002.png', 'IMAGE_UNRECOGNISED'],
        ['images/004.png', 'INPUT_MISSING'],
      ]);
      expect(record.summary.failed[1]!.message).to.match(/^Its ground truth: /);
      expect(value(record, 'counts.failed')).to.equal(2);
      expect(value(record, 'counts.tampered')).to.equal(1);
      expect(record.rows).to.have.length(6);
      const row = record.rows[2]!;
      expect(row.error).to.contain('not an image');
      expect([row.score, row.predicted, row.f1]).to.deep.equal([null, null, null]);
    });

    it('is no result where nothing can be scored', async () => {
      for (const name of await readdir(data('images'))) await writeFile(data('images', name), 'no picture');
      expect((await rejection(run())).code).to.equal('DATASET_INVALID');
    });

    it('leaves tampered images with an empty mask out of pixel metrics', async () => {
      await drawRectangles(data('masks/2.png'), []);
      const record = await run();
      expect(value(record, 'counts.emptyTruth')).to.equal(1);
      expect(value(record, 'counts.tampered')).to.equal(3);
      expect(metricAt(record.summary.metrics, 'pixel.macro.f1')!.n).to.equal(2);
      expect(codes(record)).to.include('empty-truth');
    });

    it('notes a mask of another size, and refuses it when strict', async () => {
      await drawRectangles(data('masks/2.png'), [[4, 4, 20, 20]], [32, 32]);
      expect(codes(await run())).to.include('size-differs');
      const strict = await run({ strict: true });
      expect(strict.summary.failed.map(({ image }) => image)).to.deep.equal(['images/002.png']);
    });

    it('notes the same picture twice, and under two labels', async () => {
      await writeFile(data('images/002.png'), await readFile(data('images/000.png')));
      await writeFile(data('images/003.png'), await readFile(data('images/000.png')));
      expect(codes(await run())).to.include.members(['duplicate-image', 'contradicting-labels']);
    });

    it('counts no image as authentic because of how its mask is written, and says of which', async () => {
      await rm(data('split.txt'));
      await rm(data('masks'), { recursive: true });
      // White marks, class numbers, a palette, the alpha channel, 16 bits, noise that means nothing, and black.
      const draw = async (name: string, channels: 1 | 3 | 4, background: number[], mark: number[]) => {
        const pixels = new Uint8Array(SIDE * SIDE * channels);
        for (let i = 0; i < SIDE * SIDE; i++) pixels.set(i % SIDE < 20 ? mark : background, i * channels);
        const picture = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels } });
        if (channels === 1) picture.toColourspace('b-w');
        await mkdir(data('masks'), { recursive: true });
        const colours = channels === 3;
        await writeFile(data(`masks/${name}.png`), await picture.png({ palette: colours }).toBuffer());
      };
      await draw('000', 1, [0], [255]);
      await draw('001', 1, [0], [1]);
      await draw('002', 3, [0, 0, 0], [128, 0, 0]);
      await draw('003', 4, [0, 0, 0, 0], [0, 0, 0, 255]);
      await draw('004', 1, [1], [2]);
      await draw('005', 1, [0], [0]);
      const record = await run();
      expect(record.rows.map(({ label }) => label)).to.deep.equal([1, 1, 1, 1, null, 0]);
      for (const { truthFraction, label } of record.rows) {
        if (label === 1) expect(truthFraction).to.equal(20 / SIDE);
      }
      expect(record.summary.failed.map(({ image }) => image)).to.deep.equal(['images/004.png']);
      const named = Object.fromEntries(
        record.summary.dataset.findings.map(({ code, examples }) => [code, examples]),
      );
      expect(named).to.deep.include({
        'dark-truth': ['images/001.png'],
        'colour-truth': ['images/002.png'],
        'alpha-truth': ['images/003.png'],
      });
      expect(named['mixed-truth']).to.have.length(4);
      const checked = await checkDataset({ dataset: data(), networkSize: SIDE });
      expect(checked.counts).to.deep.include({ tampered: 4, authentic: 1, withTruth: 4, unreadable: 1 });
      for (const code of ['dark-truth', 'colour-truth', 'alpha-truth', 'mixed-truth']) {
        expect(checked.findings.find((one) => one.code === code)?.examples).to.deep.equal(named[code]);
      }
    });

    it('takes labels from masks where the layout has none', async () => {
      await rm(data('split.txt'));
      await drawRectangles(data('masks/5.png'), []);
      for (const name of ['000', '002', '004']) {
        await writeFile(data(`masks/${name}_gt.png`), await readFile(data(`masks/${Number(name)}.png`)));
        await rm(data(`masks/${Number(name)}.png`));
      }
      await writeFile(data('masks/005.png'), await readFile(data('masks/5.png')));
      await rm(data('masks/5.png'));
      const record = await run();
      expect(record.rows.map(({ label }) => label)).to.deep.equal([1, 0, 1, 0, 1, 0]);
      expect(codes(record)).to.include('label-from-mask');
    });
  });

  describe('long runs', () => {
    const IMAGES = 14;
    beforeEach(async () => {
      await makeDataset(data(), IMAGES);
      await writeFile(data('images/003.png'), 'no picture');
    });

    /** Numbers and rows, without what the clock says. */
    function lasting({ summary, rows, curves }: RunRecord): unknown {
      return {
        metrics: summary.metrics,
        findings: summary.dataset,
        failed: summary.failed,
        curves,
        rows: rows.map((row): ImageRow => ({ ...row, ms: null })),
      };
    }

    async function interruptAfter(images: number, settings: Partial<ValidateRequest>): Promise<void> {
      const stop = new AbortController();
      const onProgress = (done: number): void => {
        if (done === images) stop.abort(new Error('stopped'));
      };
      const stopped = await run(settings, { onProgress }, stop.signal).catch((error: unknown) => error);
      expect((stopped as Error).message).to.equal('stopped');
    }

    for (const panels of ['none', 'all', { worst: 3 }, { worst: 2, best: 2, sample: 3 }] as const) {
      it(`come to the same numbers when interrupted, with panels ${JSON.stringify(panels)}`, async () => {
        const masks = typeof panels !== 'string';
        const whole = await run({ panels, masks });
        const pictures = panels === 'none' ? [] : await readdir(out('overlays/images'));
        await rm(out(), { recursive: true });

        await interruptAfter(4, { panels, masks });
        // What a crash in the middle of a line leaves.
        await appendFile(out(VALIDATION_JOURNAL), '{"kind":"scored","evidence":{"image":"images/0');
        await interruptAfter(9, { panels, masks, resume: true });
        const resumed = await run({ panels, masks, resume: true });

        expect(resumed.summary.resumed).to.be.at.least(9);
        expect(lasting(resumed)).to.deep.equal(lasting(whole));
        if (panels !== 'none') {
          expect(await readdir(out('overlays/images'))).to.deep.equal(pictures);
          const kept = panels === 'all' ? IMAGES - 1 : 'best' in panels ? 7 : 3;
          const ofMasks = pictures.filter((name) => name.endsWith('.mask.png'));
          expect(pictures.length - ofMasks.length).to.equal(kept);
          expect(ofMasks).to.have.length(masks ? kept : 0);
          if (masks) expect(whole.summary.panels!.kept).to.equal(kept);
        }
        expect(await readdir(out())).not.to.include(VALIDATION_JOURNAL);
      });
    }

    it('keep the pictures of the worst images', async () => {
      await run({ panels: { worst: 3 } });
      // The largest false alarms, and the mask of which most is missed.
      expect(await readdir(out('overlays/images'))).to.have.members(['011.png', '012.png', '013.png']);
    });

    it('write the bare mask beside each picture: 0 and 255, at the size of the image, marked as ofx’s own', async () => {
      // Of another size than the network's, and named like the mask of its neighbour.
      await drawRectangles(data('images/000.png'), [[0, 0, 100, 60]], [200, 120]);
      await drawRectangles(data('images/000.mask.png'), [[0, 0, 64, 20]]);
      await appendFile(data('split.txt'), 'images/000.mask.png\tNone\t0\n');
      await run({ panels: 'all', masks: true });
      const mask = sharp(out('overlays/images/000.mask.png'));
      const { width, height, channels, bitsPerSample } = await mask.metadata();
      expect([width, height, channels, bitsPerSample]).to.deep.equal([200, 120, 1, 8]);
      const pixels = await mask.toColourspace('b-w').raw().toBuffer();
      expect([...new Set(pixels)].sort()).to.deep.equal([0, 255]);
      expect([pixels[30 * 200 + 40], pixels[100 * 200 + 180]]).to.deep.equal([255, 0]);
      const files = await readdir(out('overlays/images'));
      expect(files).to.include.members(['000.png', '000.mask.png.png', '000.mask.png.mask.png']);
      expect(files).to.have.length(2 * IMAGES);
      for (const name of files)
        expect(isOwnOutput(await readFile(out('overlays/images', name))), name).to.equal(true);
    });

    it('cannot be resumed under other settings, or when they are finished', async () => {
      await interruptAfter(4, {});
      const other = await rejection(run({ resume: true, maskThreshold: 0.25 }));
      expect(other.code).to.equal('USAGE');
      expect(other.message).to.contain('mask-threshold was 0.5 and is 0.25');
      const smaller = await rejection(run({ resume: true, limits: { maxPixels: 10_000 } }));
      expect(smaller.message).to.contain('max-pixels was 100000000 and is 10000');
      const journal = await readFile(out(VALIDATION_JOURNAL), 'utf8');
      await writeFile(out(VALIDATION_JOURNAL), journal.replace(`"ofx":"${OFX_VERSION}"`, '"ofx":"0.0.1"'));
      const older = await rejection(run({ resume: true }));
      expect(older.message).to.contain(`ofx was 0.0.1 and is ${OFX_VERSION}`);
      await writeFile(out(VALIDATION_JOURNAL), journal);
      await run({ resume: true });
      expect((await rejection(run({ resume: true }))).message).to.contain('finished');
    });

    it('give the same numbers for the same seed, whatever is scored side by side', async () => {
      const one = await run({ sample: 9 });
      const two = await run({ sample: 9, detector: { size: SIDE, threads: 1, concurrency: 3 } });
      expect(lasting(two)).to.deep.equal(lasting(one));
      expect(one.rows).to.have.length(9);
      const other = await run({ sample: 9, seed: 2 });
      expect(other.rows.map(({ image }) => image)).not.to.deep.equal(one.rows.map(({ image }) => image));
      expect(other.summary.dataset.sha256).not.to.equal(one.summary.dataset.sha256);
    });

    it('leave nothing of an earlier run in the same folder', async () => {
      await run({ panels: 'all', charts: true, limit: 3 });
      const mine = ['mine.txt', 'charts/mine.csv', 'overlays/images/mine.psd'];
      for (const name of mine) await writeFile(out(name), 'of the user');
      await run({ panels: { worst: 1 }, limit: 3 });
      expect(await readdir(out('overlays/images'))).to.have.length(2);
      expect(await readdir(out('charts'))).to.deep.equal(['mine.csv']);
      for (const name of mine) expect(await readFile(out(name), 'utf8')).to.equal('of the user');
    });

    it('touch no folder that holds the summary of something else', async () => {
      const files = { 'summary.json': '{"total": 7}', 'charts/a.png': 'mine', 'overlays/a.jpg': 'mine' };
      for (const [name, content] of Object.entries(files)) {
        await mkdir(path.dirname(out(name)), { recursive: true });
        await writeFile(out(name), content);
      }
      const error = await rejection(run({ limit: 3 }));
      expect([error.code, error.suggestion]).to.deep.equal(['OUTPUT_UNWRITABLE', 'Choose another --out.']);
      for (const [name, content] of Object.entries(files)) {
        expect(await readFile(out(name), 'utf8')).to.equal(content);
      }
      expect(await readdir(out())).to.have.members(['charts', 'overlays', 'summary.json']);
    });

    it('can be cut to the first images', async () => {
      const { rows, summary } = await run({ limit: 4 });
      expect(rows.map(({ image }) => path.basename(image))).to.deep.equal([
        '000.png',
        '001.png',
        '002.png',
        '003.png',
      ]);
      expect(summary.dataset.available).to.equal(IMAGES);
    });
  });
});
