import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect } from 'chai';
import { openDataset } from '../../../src/lib/dataset/open.js';
import { parseMetricCondition } from '../../../src/lib/run/metric-gates.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { categoryOf, metricAt } from '../../../src/lib/run/summary.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, SIDE } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';
import { expectSchema } from '../../support/schema.js';

describe('categories', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);

  async function run(settings: Partial<ValidateRequest> = {}): Promise<RunRecord> {
    return validate(
      await tinyValidation({
        dataset: data(),
        out: folder.file('run'),
        ...settings,
      }),
    );
  }

  /** Splices are found wholly, copy-moves not at all, and of removals there is one. */
  async function makeKinds(): Promise<void> {
    const lines: string[] = [];
    for (let i = 0; i < 6; i++) {
      await drawRectangles(data(`splice-${i}.png`), [[0, 0, 32, 20 + i]]);
      await drawRectangles(data(`masks/splice-${i}.png`), [[0, 0, 32, 20 + i]]);
      lines.push(`splice-${i}.png\tmasks/splice-${i}.png\t1\tsplice`);
      await drawRectangles(data(`copy-${i}.png`), []);
      await drawRectangles(data(`masks/copy-${i}.png`), [[0, 0, 32, 20 + i]]);
      lines.push(`copy-${i}.png\tmasks/copy-${i}.png\t1\tcopy-move`);
      await drawRectangles(data(`plain-${i}.png`), [[0, 0, i, i]]);
      lines.push(`plain-${i}.png\tNone\t0`);
    }
    await drawRectangles(data('removal.png'), [[0, 0, 32, 32]]);
    await drawRectangles(data('masks/removal.png'), [[0, 0, 32, 16]]);
    lines.push('removal.png\tmasks/removal.png\t1\tremoval');
    await writeFile(data('split.txt'), `${lines.join('\n')}\n`);
  }

  const numberOf = ({ summary }: RunRecord, category: string, metric: string) =>
    metricAt(categoryOf(summary, category)!.metrics, metric)!;

  it('have every number with its count and interval', async () => {
    await makeKinds();
    const record = await run({ charts: true });
    expect(record.summary.categories!.map(({ name }) => name)).to.deep.equal([
      'copy-move',
      'removal',
      'splice',
    ]);
    expect(numberOf(record, 'splice', 'pixel.macro.f1')).to.deep.equal({ value: 1, low: 1, high: 1, n: 6 });
    expect(numberOf(record, 'copy-move', 'pixel.macro.f1')).to.include({ value: 0, n: 6 });
    expect(numberOf(record, 'splice', 'counts.tampered').value).to.equal(6);
    expect(categoryOf(record.summary, 'splice')).to.include({ tampered: 6, authentic: 0, borrowed: 6 });
    expect(numberOf(record, 'splice', 'image.auc')).to.include({ value: 1, n: 12 });
    await expectSchema(
      'validation-summary',
      JSON.parse(await readFile(folder.file('run/summary.json'), 'utf8')),
    );
    expect(record.rows.find(({ image }) => image === 'copy-3.png')!.category).to.equal('copy-move');
    expect(record.summary.charts.map(({ name }) => name)).to.include.members([
      'categories',
      'category-scores',
    ]);
    const page = await readFile(folder.file('run/report.html'), 'utf8');
    expect(page).to.contain('By category').and.to.contain('held against the 6 authentic images');
  });

  it('of one image have its numbers without an interval', async () => {
    await makeKinds();
    const record = await run({ charts: true });
    const f1 = numberOf(record, 'removal', 'pixel.macro.f1');
    expect(f1).to.deep.equal({ value: 2 / 3, low: null, high: null, n: 1 });
    expect(numberOf(record, 'removal', 'image.recall')).to.include({ low: null, high: null, n: 1 });
    expect(numberOf(record, 'removal', 'image.auc')).to.include({ value: 1, low: null, high: null });
  });

  it('stand in summary.csv beside the numbers of all images', async () => {
    await makeKinds();
    const record = await run();
    const rows: Record<string, string>[] = parse(await readFile(folder.file('run/summary.csv'), 'utf8'), {
      columns: true,
    });
    expect(Object.keys(rows[0]!)).to.deep.equal(['path', 'value', 'low', 'high', 'n']);
    const find = (name: string) => rows.find((row) => row['path'] === name)!;
    expect(find('pixel.macro.f1[category=splice]')).to.include({ value: '1', n: '6' });
    expect(find('image.auc')['value']).to.equal(String(metricAt(record.summary.metrics, 'image.auc')!.value));
    expect(find('pixel.macro.f1[category=removal]')).to.include({ low: '', high: '' });
  });

  it('can be gated, and one that the data do not have fails', async () => {
    await makeKinds();
    const failOn = [
      'pixel.macro.f1[category=splice] < .4',
      'pixel.macro.f1[category=Copy-Move] < .4',
      'image.recall[category=inpainting] < .1',
    ].map(parseMetricCondition);
    const { summary } = await run({ failOn });
    expect(summary.gates!.map(({ passed }) => passed)).to.deep.equal([true, false, false]);
    expect(summary.gates![2]!.detail).to.contain(
      'no category inpainting; there are copy-move, removal, splice',
    );
  });

  it('use authentic images of their own where they have some', async () => {
    await makeKinds();
    await drawRectangles(data('own.png'), [[0, 0, SIDE, SIDE]]);
    await writeFile(
      data('split.txt'),
      `${await readFile(data('split.txt'), 'utf8')}own.png\tNone\t0\tsplice\n`,
    );
    const record = await run();
    expect(categoryOf(record.summary, 'splice')).to.include({ authentic: 1, borrowed: 0 });
    expect(numberOf(record, 'splice', 'image.auc').value).to.equal(0);
    expect(numberOf(record, 'copy-move', 'counts.authentic').value).to.equal(6);
  });

  it('of which there is but one, or far too many, are no table', async () => {
    await makeKinds();
    const text = await readFile(data('split.txt'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 3).join('\t'));
    await writeFile(data('split.txt'), `${lines.map((line) => `${line}\tall`).join('\n')}\n`);
    expect((await run()).summary.categories).to.equal(undefined);
    const many: string[] = [];
    for (let i = 0; i < 65; i++) {
      await drawRectangles(data(`many/${i}.png`), [[0, 0, 32, 32]]);
      many[i] = `many/${i}.png\tmasks/splice-0.png\t1\tkind ${i}`;
    }
    await writeFile(data('split.txt'), `${many.join('\n')}\n`);
    const { summary } = await run();
    expect(summary.categories).to.equal(undefined);
    expect(summary.warnings.join()).to.contain('65 categories');
  });

  describe('are read', () => {
    const kinds = async (dataset: string): Promise<Record<string, string | null>> =>
      Object.fromEntries(
        (await openDataset(dataset)).samples.map(({ image, category }) => [path.basename(image), category]),
      );

    beforeEach(async () => {
      for (const name of ['a', 'b', 'c']) await drawRectangles(data(`${name}.png`), []);
      await drawRectangles(data('m.png'), [[0, 0, 9, 9]]);
    });

    it('from the fourth column, or the one that a heading calls so', async () => {
      await writeFile(data('split.txt'), 'a.png\tm.png\t1\tsplice\nb.png\tm.png\t1\t\nc.png\tNone\t0\t-\n');
      expect(await kinds(data())).to.deep.equal({ 'a.png': 'splice', 'b.png': null, 'c.png': null });
      await writeFile(
        data('split.txt'),
        'image\tmask\tlabel\tauthor\tcategory\na.png\tm.png\t1\tme\tremoval\nb.png\tm.png\t1\tyou\n',
      );
      expect(await kinds(data())).to.deep.equal({ 'a.png': 'removal', 'b.png': null });
      await writeFile(data('split.txt'), 'image\tmask\tlabel\tauthor\na.png\tm.png\t1\tme\n');
      expect(await kinds(data())).to.deep.equal({ 'a.png': null });
    });

    it('from a key of a JSON list', async () => {
      const list = [
        { image: 'a.png', mask: 'm.png', category: 'splice' },
        { image: 'b.png', mask: null, label: 'tampered', category: 'removal' },
        { image: 'c.png', mask: 'Negative' },
      ];
      await writeFile(data('list.json'), JSON.stringify(list));
      const { samples } = await openDataset(data());
      expect(samples.map(({ label, category }) => [label, category])).to.deep.equal([
        [1, 'splice'],
        [1, 'removal'],
        [0, null],
      ]);
    });

    it('never make an image authentic whose mask was forgotten', async () => {
      await writeFile(
        data('list.json'),
        JSON.stringify([
          { image: 'a.png', mask: 'm.png' },
          { image: 'b.png', category: 'splice' },
        ]),
      );
      const { samples, findings, leftOut } = await openDataset(data());
      expect(samples).to.have.length(1);
      expect(leftOut).to.equal(1);
      expect(findings[0]).to.include({ code: 'bad-line', severity: 'error' });
    });

    it('from sub-folders', async () => {
      const other = folder.file('other');
      await mkdir(other);
      await drawRectangles(path.join(other, 'Tp/splice/x.png'), []);
      await drawRectangles(path.join(other, 'Tp/removal/deep/y.png'), []);
      await drawRectangles(path.join(other, 'Tp/z.png'), []);
      for (const name of ['x', 'y', 'z'])
        await drawRectangles(path.join(other, `Gt/${name}.png`), [[0, 0, 9, 9]]);
      await drawRectangles(path.join(other, 'Au/nature/w.png'), []);
      expect(await kinds(other)).to.deep.equal({
        'x.png': 'splice',
        'y.png': 'removal',
        'z.png': null,
        'w.png': 'nature',
      });
    });
  });
});
