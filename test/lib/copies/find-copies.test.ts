import { expect } from 'chai';
import { NO_EVIDENCE } from '../../../src/lib/copies/evidence.js';
import { findCopies, type CopyPair } from '../../../src/lib/copies/find-copies.js';
import { copyWithin, paint, texture, withNoise, type Move } from './scenes.js';

const MOVE: Move = { from: { x: 90, y: 100 }, to: { x: 261, y: 147 }, radius: { x: 42, y: 34 } };

/** The pair in the order of a move: where from, where to. */
function ordered(pair: CopyPair, { from }: Move): CopyPair {
  const distance = ({ box }: CopyPair['places'][0]): number =>
    (box.x + box.width / 2 - from.x) ** 2 + (box.y + box.height / 2 - from.y) ** 2;
  const [a, b] = pair.places;
  if (distance(a) <= distance(b)) return pair;
  return {
    ...pair,
    places: [b, a],
    shift: { x: -pair.shift.x, y: -pair.shift.y },
    rotation: -pair.rotation,
    scale: 1 / pair.scale,
  };
}

describe('findCopies', () => {
  it('finds both places of a copy, their shift and their extent', () => {
    const picture = withNoise(copyWithin(texture(384, 256, 1), MOVE), 1, 2);
    const { score, pairs } = findCopies(picture);
    expect(pairs).to.have.length(1);
    expect(score).to.equal(pairs[0]!.evidence).and.above(2);
    const { places, shift, rotation, scale, similarity } = ordered(pairs[0]!, MOVE);
    expect(shift.x).to.be.closeTo(171, 0.2);
    expect(shift.y).to.be.closeTo(47, 0.2);
    expect(rotation).to.be.closeTo(0, 0.2);
    expect(scale).to.be.closeTo(1, 0.01);
    expect(similarity).to.be.above(0.95);
    for (const [i, centre] of [MOVE.from, MOVE.to].entries()) {
      const { box, area } = places[i]!;
      expect(box.x).to.be.closeTo(centre.x - 42, 5);
      expect(box.y).to.be.closeTo(centre.y - 34, 5);
      expect(box.width).to.be.closeTo(85, 9);
      expect(box.height).to.be.closeTo(69, 9);
      expect(area).to.be.within(0.8 * Math.PI * 42 * 34, 1.15 * Math.PI * 42 * 34);
    }
  });

  for (const [angle, scale] of [
    [8, 1],
    [-14, 1],
    [0, 1.15],
    [0, 0.87],
    [6, 1.1],
  ] as const) {
    it(`finds a copy turned by ${angle}° and scaled by ${scale}, and tells both`, () => {
      const move = { ...MOVE, angle, scale };
      const { pairs } = findCopies(withNoise(copyWithin(texture(384, 256, 3), move), 1, 4));
      expect(pairs).to.have.length(1);
      const pair = ordered(pairs[0]!, move);
      expect(pair.rotation).to.be.closeTo(angle, 1);
      expect(pair.scale).to.be.closeTo(scale, 0.03);
    });
  }

  it('finds it in grey and in colour alike, and through different noise', () => {
    const picture = withNoise(copyWithin(texture(384, 256, 5), MOVE), 3, 6);
    const grey = picture.data.filter((_, i) => i % 3 === 1);
    expect(findCopies({ ...picture, data: grey }).pairs).to.have.length(1);
    expect(findCopies(picture).pairs).to.have.length(1);
  });

  it('tells places in pixels of the image, however large that is', () => {
    const move: Move = { from: { x: 700, y: 500 }, to: { x: 1500, y: 901 }, radius: { x: 300, y: 220 } };
    const { width, height, pairs } = findCopies(copyWithin(texture(1920, 1280, 7, 200), move));
    expect({ width, height }).to.deep.equal({ width: 465, height: 310 });
    const { places, shift } = ordered(pairs[0]!, move);
    expect(shift.x).to.be.closeTo(800, 2);
    expect(shift.y).to.be.closeTo(401, 2);
    expect(places[1].box.x).to.be.closeTo(1200, 20);
    expect(places[1].box.width).to.be.closeTo(601, 40);
    for (const { outline, box } of places) {
      for (const { x, y } of outline) {
        expect(x).to.be.within(box.x, box.x + box.width);
        expect(y).to.be.within(box.y, box.y + box.height);
      }
    }
  });

  it('finds what was put down twice', () => {
    const once = copyWithin(texture(480, 320, 11), MOVE);
    const twice = copyWithin(once, { ...MOVE, to: { x: 400, y: 230 } });
    expect(findCopies(withNoise(twice, 1, 12)).pairs).to.not.be.empty;
  });

  it('finds nothing where nothing was copied', () => {
    for (let seed = 10; seed < 16; seed++) {
      const { score, pairs } = findCopies(texture(384, 256, seed));
      expect(pairs, `seed ${seed}`).to.be.empty;
      expect(score, `seed ${seed}`).to.be.below(1);
    }
  });

  it('finds nothing in flat, clipped and tiny images', () => {
    const nothing = (width: number, height: number, value: number): void => {
      const result = findCopies(paint(width, height, () => value));
      expect(result.pairs).to.be.empty;
      expect(result.score).to.equal(NO_EVIDENCE);
    };
    nothing(384, 256, 0);
    nothing(384, 256, 255);
    nothing(200, 200, 128);
    for (const side of [1, 2, 15, 16, 17, 40]) nothing(side, side, 90);
    nothing(5000, 3, 90);
    nothing(1, 4000, 90);
  });

  it('gives the same digits again', () => {
    const picture = withNoise(
      copyWithin(texture(300, 260, 8), { ...MOVE, to: { x: 220, y: 180 }, angle: 5 }),
      2,
      9,
    );
    const [once, again] = [findCopies(picture), findCopies(picture)];
    expect({ ...again, timingsMs: undefined }).to.deep.equal({ ...once, timingsMs: undefined });
  });

  it('leaves the image as it is', () => {
    const picture = texture(200, 150, 9);
    const before = picture.data.slice();
    findCopies(picture);
    expect(picture.data).to.deep.equal(before);
  });
});
