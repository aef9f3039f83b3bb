import { expect } from 'chai';
import type { RgbImage } from '../../../src/lib/image/decode/index.js';
import type { ProbabilityMap } from '../../../src/lib/image/probability-map.js';
import type { CopyFinding } from '../../../src/lib/predict/evidence/copies-schema.js';
import { COPIES } from '../../../src/lib/predict/evidence/copies-source.js';
import { fuse } from '../../../src/lib/predict/evidence/fusion.js';
import type { SourceReport } from '../../../src/lib/predict/evidence/source.js';
import { copyWithin, texture, withNoise } from '../copies/scenes.js';

const WIDTH = 768;
const HEIGHT = 512;
const ORIGINAL = { x: 180, y: 200 };
const COPY = { x: 522, y: 294 };

/** A photo in which an ellipse was copied; larger than the search's size, so that places have to be scaled back. */
function forged(): RgbImage {
  const { data } = copyWithin(texture(WIDTH, HEIGHT, 21, 110), {
    from: ORIGINAL,
    to: COPY,
    radius: { x: 84, y: 68 },
  });
  const noisy = withNoise({ width: WIDTH, height: HEIGHT, data }, 2, 22);
  return { ...noisy, format: 'png', warnings: [] };
}

/** A network's map that is brighter around a place. */
function networkMap(at: { x: number; y: number }): ProbabilityMap {
  const side = 96;
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const x = (((i % side) + 0.5) * WIDTH) / side;
    const y = ((Math.floor(i / side) + 0.5) * HEIGHT) / side;
    return (x - at.x) ** 2 + (y - at.y) ** 2 < 90 ** 2 ? 0.4 : 0.2;
  });
  return { width: side, height: side, data };
}

function probabilityAt({ width, height, data }: ProbabilityMap, { x, y }: { x: number; y: number }): number {
  return data[Math.floor((y * height) / HEIGHT) * width + Math.floor((x * width) / WIDTH)]!;
}

function near(place: CopyFinding['from'], centre: { x: number; y: number }): void {
  expect(place.x + place.width / 2).to.be.closeTo(centre.x, 10);
  expect(place.y + place.height / 2).to.be.closeTo(centre.y, 10);
}

describe('the source "copies"', () => {
  let said: SourceReport;
  const settled = (map?: ProbabilityMap): SourceReport => {
    const network = { output: { kind: 'logit', value: 0 } as const, ...(map && { map }) };
    return COPIES.settle!(said, new Map(map ? [['network', network]] : []));
  };
  const copiesOf = (report: SourceReport): CopyFinding[] => report.findings!['copies'] as CopyFinding[];

  before(async () => {
    // What goes to a thread and comes back is cloned.
    const { input } = COPIES.prepare(forged());
    said = structuredClone(await COPIES.examine(structuredClone(input)));
  });

  it('finds the pair, and marks both places as long as nobody tells which is the copy', () => {
    const report = settled();
    const [copy, ...others] = copiesOf(report);
    expect(others).to.be.empty;
    expect(copy!.directionKnown).to.be.false;
    expect(copy!.probability).to.be.above(0.8);
    expect(probabilityAt(report.map!, ORIGINAL)).to.be.above(0.8);
    expect(probabilityAt(report.map!, COPY)).to.be.above(0.8);
    expect(probabilityAt(report.map!, { x: 700, y: 60 })).to.equal(0);
    expect(report.strokes![0]!.shapes).to.have.length(2);
  });

  it('asks the network which is the copy, and marks that alone', () => {
    for (const [brighter, darker] of [
      [COPY, ORIGINAL],
      [ORIGINAL, COPY],
    ] as const) {
      const report = settled(networkMap(brighter));
      const [copy] = copiesOf(report);
      expect(copy!.directionKnown).to.be.true;
      near(copy!.to, brighter);
      near(copy!.from, darker);
      expect(copy!.shift.x).to.be.closeTo(brighter.x - darker.x, 2);
      expect(copy!.shift.y).to.be.closeTo(brighter.y - darker.y, 2);
      expect(probabilityAt(report.map!, brighter)).to.be.above(0.8);
      expect(probabilityAt(report.map!, darker)).to.equal(0);
      expect(report.strokes![0]!.shapes).to.have.length(1);
    }
  });

  it('marks both where the network says the same of both', () => {
    const report = settled(networkMap({ x: -500, y: -500 }));
    expect(copiesOf(report)[0]!.directionKnown).to.be.false;
    expect(probabilityAt(report.map!, ORIGINAL)).to.be.above(0.8);
  });

  it('says alone where, once it is sure enough', () => {
    const map = networkMap(COPY);
    map.data[0] = 0.9;
    const reports = new Map<string, SourceReport>([
      ['network', { output: { kind: 'logit', value: 0 }, map }],
      ['copies', settled(map)],
    ]);
    const fusion = (aloneFrom?: number): ProbabilityMap =>
      fuse(reports, {
        bias: 0,
        sources: [
          { name: 'network', weight: 1 },
          { name: 'copies', weight: 1, ...(aloneFrom !== undefined && { aloneFrom }) },
        ],
      }).map;
    expect(fusion().data[0]).to.be.closeTo(0.9, 1e-6);
    expect(fusion(99).data[0]).to.be.closeTo(0.9, 1e-6);
    expect(fusion(1).data[0]).to.equal(0);
    expect(fusion(1)).to.include({ width: 96, height: 96 });
    expect(probabilityAt(fusion(1), COPY)).to.be.above(0.8);
  });
});
