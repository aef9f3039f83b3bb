import { expect } from 'chai';
import { PanelKeeper, type PanelChoice } from '../../../src/lib/validate/panels.js';
import { failedRow, severity, type ImageRow } from '../../../src/lib/run/rows.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';

/** Rows of tampered and authentic images in turn, whose masks are good and bad in no order. */
function rowsOf(images: number): ImageRow[] {
  const random = seededRandom(7);
  return Array.from({ length: images }, (_, i) => {
    const label = i % 2 === 0 ? 1 : 0;
    if (i % 97 === 0) return failedRow(`${i}.png`, label, 'damaged');
    const wrong = random();
    const shares = { f1: 1 - wrong, tp: 50, fp: 10, fn: 10, tn: 30, tamperedFraction: wrong };
    return { ...failedRow(`${i}.png`, label, ''), error: null, score: 0.7, predicted: 1, ...shares };
  });
}

/** The panels that lie in the folder at the end, and the most that ever did. */
function keep(choice: PanelChoice, rows: readonly ImageRow[], seed = 1) {
  const keeper = new PanelKeeper(
    choice,
    rows.map(({ image }) => image),
    seed,
  );
  const files = new Set<string>();
  let most = 0;
  for (const row of rows) {
    const { draw, remove } = keeper.decide(row);
    if (draw) files.add(row.image);
    for (const image of remove) expect(files.delete(image), `${image} is there`).to.equal(true);
    most = Math.max(most, files.size);
  }
  for (const row of rows) expect(keeper.keeps(row), row.image).to.equal(files.has(row.image));
  return { files, most, described: keeper.describe() };
}

describe('the choice of panels', () => {
  it('is all of them up to 1,000 images', () => {
    const rows = rowsOf(1000);
    const { files, described } = keep('auto', rows);
    expect(files.size).to.equal(rows.filter(({ error }) => error === null).length);
    expect(described).to.equal(undefined);
  });

  it('is the worst, the best and a sample of more, and says so', () => {
    const rows = rowsOf(5000);
    const { files, most, described } = keep('auto', rows);
    expect(described).to.equal('the 500 worst, the 250 best, 250 drawn by chance');
    // Of the sample, images that could not be read have none.
    expect(files.size).to.be.within(980, 1000);
    expect(most).to.be.at.most(1000);
    const scored = rows.filter(({ error }) => error === null).sort((a, b) => severity(b) - severity(a));
    expect(scored.slice(0, 500).every(({ image }) => files.has(image))).to.equal(true);
    const tampered = scored.filter(({ label }) => label === 1);
    expect(tampered.slice(-250).every(({ image }) => files.has(image))).to.equal(true);
    expect(keep('auto', rows).files, 'the same again').to.deep.equal(files);
    expect(keep('auto', rows, 2).files, 'another seed').not.to.deep.equal(files);
  });

  it('is all of any number where that is asked for', () => {
    expect(keep('all', rowsOf(1500)).files.size).to.be.above(1400);
    expect(keep('none', rowsOf(1500)).files.size).to.equal(0);
    const some = keep({ worst: 20 }, rowsOf(1500));
    expect([some.files.size, some.most, some.described]).to.deep.equal([20, 20, 'the 20 worst']);
  });

  it('needs no tampered image, and fewer images than are to be kept', () => {
    const rows = rowsOf(40).filter(({ label }) => label === 0);
    const { files, described } = keep({ worst: 3, best: 3, sample: 2 }, rows);
    expect(described).to.equal('the 3 worst, the 0 best, 2 drawn by chance');
    expect(files.size).to.equal(5);
    expect(keep({ worst: 30, best: 30, sample: 30 }, rowsOf(20)).files.size).to.equal(19);
  });
});
