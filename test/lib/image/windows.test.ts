import { expect } from 'chai';
import { cropWindow, eachWindow, planWindows, WindowBlend } from '../../../src/lib/image/windows.js';

describe('windows', () => {
  it('cover every pixel, end where the image ends, and overlap by a quarter at least', () => {
    for (const [width, height] of [
      [64, 64],
      [65, 100],
      [1000, 641],
      [113, 4000],
    ] as const) {
      const { columns, rows } = planWindows(width, height, 64)!;
      for (const [starts, length] of [
        [columns, width],
        [rows, height],
      ] as const) {
        expect(starts[0]).to.equal(0);
        expect(starts.at(-1)).to.equal(length - 64);
        for (let i = 1; i < starts.length; i++)
          expect(starts[i]! - starts[i - 1]!).to.be.within(1, 64 * 0.75 + 1);
      }
    }
    expect(planWindows(64, 64, 64)).to.deep.equal({ side: 64, columns: [0], rows: [0] });
    expect(planWindows(63, 1000, 64)).to.equal(undefined);
  });

  it('crop the pixels where they lie', () => {
    const data = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => i);
    const at = (x: number, y: number): number[] => [0, 1, 2].map((c) => (y * 5 + x) * 3 + c);
    expect([...cropWindow({ width: 5, data }, { x: 2, y: 1 }, 2)]).to.deep.equal([
      ...at(2, 1),
      ...at(3, 1),
      ...at(2, 2),
      ...at(3, 2),
    ]);
  });

  it('blend into what they agree on, and fade into one another where they do not', () => {
    const grid = planWindows(7, 4, 4)!;
    expect(grid.columns).to.deep.equal([0, 3]);
    const agreed = new WindowBlend(7, 4, grid);
    for (const window of eachWindow(grid)) agreed.add(window, new Float32Array(16).fill(0.3));
    for (const p of agreed.map.data) expect(p).to.be.closeTo(0.3, 1e-6);

    const blend = new WindowBlend(7, 4, { side: 4, columns: [0, 2, 3], rows: [0] });
    blend.add({ x: 0, y: 0 }, new Float32Array(16).fill(0));
    blend.add({ x: 2, y: 0 }, new Float32Array(16).fill(1));
    blend.add({ x: 3, y: 0 }, new Float32Array(16).fill(0));
    // Tents 1 2 2 1: at column 3 the three windows weigh 1, 2 and 1.
    expect([...blend.map.data.subarray(0, 7)].map((p) => Number(p.toFixed(4)))).to.deep.equal([
      0,
      0,
      Number((1 / 3).toFixed(4)),
      0.5,
      0.5,
      Number((1 / 3).toFixed(4)),
      0,
    ]);
  });
});
