import { expect } from 'chai';
import { resizeLinearOpenCv } from '../../../src/lib/image/resize.js';
import { eachWindow, planWindows, WindowBlend, windowPixels } from '../../../src/lib/image/windows.js';

describe('windows', () => {
  it('cover every pixel of the canvas, end where it ends, and overlap by a quarter at least', () => {
    for (const [width, height] of [
      [129, 64],
      [150, 100],
      [1000, 641],
      [113, 4000],
      [8000, 6000],
      [90_000, 64],
    ] as const) {
      const { columns, rows, canvas } = planWindows(width, height, 64)!;
      expect(columns.length * rows.length).to.be.within(2, 64);
      for (const [starts, length] of [
        [columns, canvas.width],
        [rows, canvas.height],
      ] as const) {
        expect(starts[0]).to.equal(0);
        expect(starts.at(-1)).to.equal(length - 64);
        for (let i = 1; i < starts.length; i++)
          expect(starts[i]! - starts[i - 1]!).to.be.within(1, 64 * 0.75 + 1);
      }
    }
  });

  it('are for large images only, and shrink nothing where 64 suffice', () => {
    expect(planWindows(128, 128, 64)).to.equal(undefined);
    expect(planWindows(63, 1000, 64)).to.equal(undefined);
    expect(planWindows(129, 64, 64)!.columns).to.have.length(3);
    expect(planWindows(400, 400, 64)!.canvas).to.deep.equal({ width: 400, height: 400 });
    const { canvas, columns, rows } = planWindows(8000, 6000, 380)!;
    expect(columns.length * rows.length).to.be.within(50, 64);
    expect(canvas.width / canvas.height).to.be.closeTo(8 / 6, 0.01);
  });

  it('show the pixels where they lie, shrunk as the whole would be', () => {
    const data = Uint8Array.from({ length: 9 * 4 * 3 }, (_, i) => i);
    const at = (x: number, y: number): number[] => [0, 1, 2].map((c) => (y * 9 + x) * 3 + c);
    const image = { width: 9, height: 4, data };
    const full = { side: 2, canvas: { width: 9, height: 4 }, columns: [], rows: [] };
    expect([...windowPixels(image, full, { x: 2, y: 1 })]).to.deep.equal([
      ...at(2, 1),
      ...at(3, 1),
      ...at(2, 2),
      ...at(3, 2),
    ]);
    const part = {
      width: 4,
      height: 4,
      data: Uint8Array.from([0, 1, 2, 3].flatMap((y) => [4, 5, 6, 7].flatMap((x) => at(x, y)))),
    };
    const halved = { side: 2, canvas: { width: 4, height: 2 }, columns: [], rows: [] };
    expect([
      ...windowPixels(
        { ...image, width: 9 },
        { ...halved, canvas: { width: 4.5, height: 2 } },
        { x: 2, y: 0 },
      ),
    ]).to.deep.equal([...resizeLinearOpenCv(part, 2, 2)]);
  });

  it('blend into what they agree on, and fade into one another where they do not', () => {
    const grid = { side: 4, canvas: { width: 7, height: 4 }, columns: [0, 3], rows: [0] };
    const agreed = new WindowBlend(grid);
    for (const window of eachWindow(grid)) agreed.add(window, new Float32Array(16).fill(0.3));
    for (const p of agreed.map.data) expect(p).to.be.closeTo(0.3, 1e-6);

    const blend = new WindowBlend({ ...grid, columns: [0, 2, 3] });
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
