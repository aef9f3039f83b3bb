import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import sharp from 'sharp';
import { jpegQuality } from '../../../src/lib/image/decode/jpeg-quality.js';
import { writeFileAtomic } from '../../../src/lib/files/write.js';
import { trivialBaselines } from '../../../src/lib/metrics/baselines.js';
import { failureOf, failureTables } from '../../../src/lib/run/failure-groups.js';
import { parseMetricCondition } from '../../../src/lib/run/metric-gates.js';
import { failedRow, type ImageRow } from '../../../src/lib/run/rows.js';
import { metricAt } from '../../../src/lib/run/summary.js';
import { parseDistortions } from '../../../src/lib/validate/distortions.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { makeDataset } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';

const row = (values: Partial<ImageRow>): ImageRow => ({
  ...failedRow('a.jpg', 1, ''),
  error: null,
  predicted: 1,
  width: 100,
  height: 100,
  ...values,
});

describe('what goes wrong', () => {
  const folder = temporaryFolder();

  it('is told by verdict, and by what the mask covers', () => {
    expect(failureOf(row({ predicted: 0 }))).to.equal('missed');
    expect(failureOf(row({ label: 0 }))).to.equal('false-alarm');
    expect(failureOf(row({ label: 0, predicted: 0 }))).to.equal(null);
    expect(failureOf(row({ iou: 0.8, recall: 1, precision: 0.8 }))).to.equal(null);
    expect(failureOf(row({ iou: 0.1, recall: 0.9, precision: 0.1 }))).to.equal('too-large');
    expect(failureOf(row({ iou: 0.1, recall: 0.1, precision: 0.9 }))).to.equal('too-small');
    expect(failureOf(row({ iou: 0.1, recall: 0.2, precision: 0.2 }))).to.equal('wrong-place');
    expect(failureOf(row({ error: 'damaged' }))).to.equal(null);
  });

  it('is counted by what images share', () => {
    const tables = failureTables([
      row({ category: 'splice', truthFraction: 0.01, format: 'JPEG', jpegQuality: 75, predicted: 0 }),
      row({ category: 'removal', truthFraction: 0.2, format: 'PNG', iou: 0.9 }),
      row({ label: 0, predicted: 1, format: 'PNG', truthFraction: 0 }),
    ]);
    expect(tables.map(({ by }) => by)).to.deep.equal(['Category', 'Tampered area', 'Format']);
    expect(tables[0]!.groups.map(({ name, failures }) => [name, failures.missed])).to.deep.equal([
      ['removal', 0],
      ['splice', 1],
    ]);
    expect(tables[1]!.groups.map(({ name }) => name)).to.deep.equal(['below 2 %', '10 to 30 %']);
    expect(tables[2]!.groups[1]).to.deep.include({ name: 'PNG', tampered: 1, authentic: 1 });
    expect(tables[2]!.groups[1]!.failures['false-alarm']).to.equal(1);
  });

  it('knows the quality of a JPEG file by its table', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    for (const quality of [10, 49, 50, 70, 75, 90, 95, 100]) {
      const file = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
        .jpeg({ quality })
        .toBuffer();
      expect(jpegQuality(file)).to.equal(quality);
    }
    expect(
      jpegQuality(
        await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    ).to.equal(null);
    expect(jpegQuality(new Uint8Array([0xff, 0xd8, 0xff, 0xdb, 0, 67, 0]))).to.equal(null);
  });

  it('stands beside what is reached without looking', async () => {
    const baselines = trivialBaselines([
      { label: 1, pixels: 100, positives: 20 },
      { label: 1, pixels: 100, positives: 100 },
      { label: 0, pixels: 200, positives: 0 },
    ]);
    const value = (path: string, answer: string): number =>
      baselines.find((one) => one.path === path && one.answer === answer)!.value;
    expect(value('image.accuracy', 'largest-class')).to.equal(2 / 3);
    expect(value('image.f1', 'all')).to.equal(4 / 5);
    expect(value('pixel.macro.f1', 'all')).to.equal((40 / 120 + 1) / 2);
    expect(value('pixel.macro.iou', 'all')).to.equal((0.2 + 1) / 2);
    expect(value('pixel.micro.f1', 'all')).to.equal(240 / (240 + 280));
    expect(value('pixel.micro.accuracy', 'none')).to.equal(280 / 400);
    expect(trivialBaselines([])).to.deep.equal([]);

    await makeDataset(folder.file('data'), 12);
    const png = folder.file('data/images/000.png');
    await writeFileAtomic(
      png,
      await sharp(await readFile(png))
        .jpeg({ quality: 60 })
        .toBuffer(),
    );
    const record = await validate(
      await tinyValidation({
        dataset: folder.file('data'),
        out: folder.file('run'),
        charts: true,
        robustness: parseDistortions(['jpeg:70,50', 'resize:0.5']),
        failOn: [
          'robustness.image.auc[distortion=jpeg,level=50] < 2',
          'robustness.pixel.macro.f1 < 0',
          'robustness.image.auc[distortion=blur] < 0.1',
          'image.auc[level=50] < 0.1',
        ].map(parseMetricCondition),
      }),
    );
    expect(record.rows[0]).to.include({ format: 'JPEG', jpegQuality: 60 });
    expect(record.rows[1]).to.include({ format: 'PNG', jpegQuality: null });
    expect(record.robustness!.map(({ distortion, level }) => [distortion, level])).to.deep.equal([
      ['none', null],
      ['jpeg', 70],
      ['jpeg', 50],
      ['resize', 0.5],
    ]);
    const { gates, robustness, charts } = record.summary;
    expect(robustness).to.have.length(4);
    expect(gates!.map(({ passed }) => passed)).to.deep.equal([false, true, true, true, false, false]);
    expect(gates![0]!.subject).to.contain('jpeg 50');
    expect(gates![4]!.detail).to.contain('no such distortion was measured');
    expect(charts.map(({ name }) => name)).to.include.members(['robustness-jpeg', 'robustness-resize']);
    expect(charts.map(({ name }) => name)).not.to.include('robustness-blur');
    expect(metricAt(record.summary.metrics, 'image.auc')!.n).to.equal(12);
    const page = await readFile(folder.file('run/report.html'), 'utf8');
    expect(page).to.contain('What goes wrong').and.to.contain('marking everything: ');
  });

  it('takes distortions by kind and level', () => {
    expect(parseDistortions(['all'])).to.have.length(20);
    expect(parseDistortions(['blur'])).to.have.length(6);
    expect(parseDistortions(['jpeg:50', 'jpeg:50,60'])).to.deep.equal([
      { kind: 'jpeg', level: 50 },
      { kind: 'jpeg', level: 60 },
    ]);
    for (const word of ['jpeg:0', 'jpeg:', 'blur:4', 'resize:1', 'rotate:5', 'noise:x'])
      expect(() => parseDistortions([word]), word).to.throw('is not a valid distortion');
  });
});
