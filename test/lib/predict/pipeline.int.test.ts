import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { effectiveThresholds } from '../../../src/lib/model/thresholds.js';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import { validate } from '../../../src/lib/validate/validate.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { drawRectangles, makeDataset, SIDE } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';

const SESSION = { size: SIDE, threads: 1, concurrency: 1 };

describe('the pipeline', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);
  let analyser: Analyser;

  before(async () => {
    analyser = await Analyser.open(await findModel(TINY_MODEL), SESSION);
  });
  after(async () => {
    await analyser.close();
  });

  async function run(settings: Partial<ValidateRequest> = {}): Promise<RunRecord> {
    return validate(
      await tinyValidation({
        dataset: data(),
        out: folder.file('run'),
        detector: SESSION,
        ...settings,
      }),
    );
  }

  it('gives the hash and the score of the same bytes, which it reads once', async () => {
    const [picture, other] = ['a.png', 'b.png'].map((name) => folder.file(name));
    await drawRectangles(picture!, [[0, 0, 32, 32]]);
    await drawRectangles(other!, []);
    const bytes = await readFile(picture!);
    // What goes through a pipe is there once: a second look would wait for ever, or see another picture.
    const pipe = folder.file('pipe.png');
    await promisify(execFile)('mkfifo', [pipe]);
    const [examination] = await Promise.all([analyser.examine(pipe, {}), writeFile(pipe, bytes)]);
    expect(examination.sha256).to.equal(createHash('sha256').update(bytes).digest('hex'));
    expect(examination.bytes).to.equal(bytes.length);
    expect(examination.score).to.equal((await analyser.examine(bytes, {})).score);
    expect(examination.score).not.to.equal((await analyser.examine(other!, {})).score);
  });

  it('stops any number of windows by one signal, and without a word of listeners', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const picture = folder.file('large.png');
    await drawRectangles(picture, [[0, 0, 32, 32]], [400, 400]);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 12 }, () => analyser.examine(picture, { tile: true }, signal)));
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
  });

  for (const tile of [false, true]) {
    it(`gives validate the scores of predict, ${tile ? 'through windows' : 'of the whole image'}`, async () => {
      const sizes = { 'wide.png': [200, 120], 'high.png': [90, 310], 'tiny.png': [40, 33] } as const;
      for (const [name, size] of Object.entries(sizes)) {
        await drawRectangles(data('tampered', name), [[0, 0, 30, 25]], size);
        await drawRectangles(data('masks', name), [[0, 0, 30, 25]], size);
        await drawRectangles(data('authentic', `clean-${name}`), [[3, 3, 20, 20]], size);
      }
      const { rows, summary } = await run({ tile });
      expect(rows).to.have.length(6);
      for (const { image, score, rawScore, tp, fp, fn, tn } of rows) {
        const { prediction } = await analyser.analyse(image, data(image), { minArea: 0, tile });
        expect(score, image).to.equal(prediction.score);
        expect(rawScore, image).to.equal(prediction.score);
        // What windows see is compared where it is, at the image's own size.
        const [width, height] = sizes[path.basename(image).replace('clean-', '') as keyof typeof sizes];
        const whole = tile && Math.min(width, height) >= SIDE && Math.max(width, height) > 2 * SIDE;
        expect(tp! + fp! + fn! + tn!, image).to.equal(whole ? width * height : SIDE * SIDE);
        if (whole) expect((tp! + fp!) / (width * height), image).to.equal(prediction.tamperedFraction);
      }
      expect(summary.settings.tile).to.equal(tile);
    });
  }

  it('keeps thresholds fitted through windows apart from those of the whole image', async () => {
    const home = process.env['XDG_DATA_HOME'];
    process.env['XDG_DATA_HOME'] = folder.file('home');
    try {
      await makeDataset(data(), 8);
      const { name, sha256 } = analyser.network.identity;
      const { summary } = await run({ tile: true, calibrate: { kind: 'f1' } });
      expect(path.basename(summary.calibration!.file)).to.equal(`tiny-${sha256.slice(0, 16)}-windows.json`);
      const ours = await effectiveThresholds(name, sha256, undefined, 'windows');
      expect(ours.score).to.equal(summary.calibration!.score);
      expect(await effectiveThresholds(name, sha256, undefined)).to.deep.equal({
        score: 0.5,
        mask: 0.5,
        temperature: 1,
      });
      const again = await run({ tile: true });
      expect(again.summary.settings.scoreThreshold).to.equal(summary.calibration!.score);
      expect(again.summary.warnings.join()).to.contain('fitted on this very data set');
    } finally {
      if (home === undefined) delete process.env['XDG_DATA_HOME'];
      else process.env['XDG_DATA_HOME'] = home;
    }
  });
});
