import { expect } from 'chai';
import sharp from 'sharp';
import { failedRow, type ImageRow } from '../../../src/lib/run/rows.js';
import { drawPanel } from '../../../src/lib/report/panel.js';
import { panelHeader } from '../../../src/lib/report/panel-header.js';
import { PANEL_COLOURS, panelGeometry } from '../../../src/lib/report/panel-style.js';
import { panelTiles } from '../../../src/lib/report/panel-tiles.js';

const THRESHOLDS = { score: 0.5, mask: 0.5 };

function row(fields: Partial<ImageRow>): ImageRow {
  return { ...failedRow('photos/one.jpg', 1, ''), error: null, score: 0.7, predicted: 1, ...fields };
}

/** A white photo of four quarters: tampered above, found on the left. */
async function tilesOf(width: number, height: number): Promise<Awaited<ReturnType<typeof panelTiles>>> {
  const photo = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const truth = Uint8Array.from({ length: width * height }, (_, i) => (i < (width * height) / 2 ? 255 : 0));
  const map = { width: 2, height: 1, data: Float32Array.of(1, 0) };
  return panelTiles(photo, { width, height, data: truth }, map, 0.5);
}

describe('panels', () => {
  it('show truth in blue, prediction in orange, and both in white', async () => {
    const tiles = await tilesOf(200, 100);
    const png = await drawPanel(tiles, row({ f1: 0.5, iou: 0.33 }), THRESHOLDS);
    expect((await sharp(png).metadata()).format).to.equal('png');
    for (const format of ['jpeg', 'webp'] as const) {
      const other = await drawPanel(tiles, row({ f1: 0.5, iou: 0.33 }), THRESHOLDS, format);
      expect((await sharp(other).metadata()).format).to.equal(format);
    }
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const geometry = panelGeometry(tiles);
    expect([info.width, info.height]).to.deep.equal([geometry.width, geometry.height]);
    /** The mean colour around a place of a tile, in shares of its size. */
    const at = (tile: number, x: number, y: number): number[] => {
      const left = geometry.tileLeft[tile]! + Math.round(x * tiles.width);
      const top = geometry.tileTop + Math.round(y * tiles.height);
      const offset = (top * info.width + left) * info.channels;
      return [...data.subarray(offset, offset + 3)];
    };
    const share = (colour: readonly number[]): number[] => colour.map((level) => level * 0.55 + 255 * 0.45);
    const close = (found: number[], wanted: readonly number[], what: string): void => {
      found.forEach((level, channel) => expect(level, what).to.be.closeTo(wanted[channel]!, 12));
    };
    close(at(0, 0.25, 0.25), [255, 255, 255], 'photo');
    close(at(1, 0.5, 0.25), [255, 255, 255], 'truth, tampered');
    close(at(1, 0.5, 0.75), [0, 0, 0], 'truth, authentic');
    close(at(2, 0.05, 0.5), [255, 255, 255], 'probability 1');
    close(at(3, 0.1, 0.25), share(PANEL_COLOURS.both), 'found');
    close(at(3, 0.9, 0.25), share(PANEL_COLOURS.truth), 'missed');
    close(at(3, 0.1, 0.75), share(PANEL_COLOURS.called), 'false');
    close(at(3, 0.9, 0.75), [168, 168, 168], 'neither');
    close(at(3, 0.9, 0.495), PANEL_COLOURS.truth, 'contour of the truth');
    close(at(3, 0.497, 0.75), PANEL_COLOURS.called, 'contour of the prediction');
  });

  it('show in the overlay what other evidence drew on the photo', async () => {
    const photo = { width: 800, height: 400, data: new Uint8Array(800 * 400 * 3) };
    const map = { width: 2, height: 1, data: Float32Array.of(0, 0) };
    const line = [
      { x: 100, y: 200 },
      { x: 700, y: 200 },
    ];
    const strokes = [
      { width: 4, lines: [line], shapes: [], colour: [86, 196, 255], rim: [8, 20, 40] } as const,
    ];
    const tiles = await panelTiles(photo, null, map, 0.5, strokes);
    const { data, info } = await sharp(await drawPanel(tiles, row({ label: 0 }), THRESHOLDS))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { tileLeft, tileTop } = panelGeometry(tiles);
    const at = (tile: number, x: number, y: number): number[] => {
      const offset = ((tileTop + y) * info.width + tileLeft[tile]! + x) * 3;
      return [...data.subarray(offset, offset + 3)];
    };
    expect(at(3, 200, 100)).to.deep.equal([86, 196, 255]);
    expect(at(3, 20, 100), 'left of the line').to.deep.equal([0, 0, 0]);
    expect(at(0, 200, 100), 'the photo').to.deep.equal([0, 0, 0]);
  });

  it('take any shape of image', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 3000],
      [3000, 1],
      [37, 53],
    ] as const) {
      const tiles = await tilesOf(width, height);
      const { width: wide } = await sharp(await drawPanel(tiles, row({}), THRESHOLDS)).metadata();
      expect(wide, `${width} x ${height}`).to.be.at.least(1220);
    }
  });

  it('say in words what the verdict was, and what the mask is worth', () => {
    const header = (fields: Partial<ImageRow>): string =>
      panelHeader(row(fields), THRESHOLDS, 1220, [0, 1, 2, 3]);
    const found = header({ f1: 0.5, iou: 0.333, tamperedFraction: 0.1, truthFraction: 0.2 });
    expect(found)
      .to.contain('✓ is tampered, predicted tampered')
      .and.to.contain('IoU 0.33')
      .and.to.contain('score 0.70');
    expect(header({ f1: 0.3, iou: 0.19 })).to.contain('✗ is tampered, predicted tampered, wrong place');
    expect(header({ predicted: 0 }))
      .to.contain('✗ is tampered, not predicted tampered')
      .and.to.contain('no ground truth');
    expect(header({ predicted: 0, verdict: 'suspicious' })).to.contain('✗ is tampered, verdict suspicious');
    expect(header({ label: 0, predicted: 0, verdict: 'no-finding' })).to.contain(
      '✓ is authentic, verdict no finding',
    );
    expect(header({ label: 0, tamperedFraction: 0.25 }))
      .to.contain('predicted tampered')
      .and.to.contain('false-alarm area 25.0 %');
  });

  it('say what else is drawn, where something is', () => {
    const note = { text: 'outlined: copies', colour: [86, 196, 255] };
    expect(panelHeader(row({}), THRESHOLDS, 1220, [0, 1, 2, 3], note)).to.contain(
      'fill="rgb(86 196 255)">outlined: copies',
    );
    expect(panelHeader(row({}), THRESHOLDS, 1220, [0, 1, 2, 3])).not.to.contain('outlined');
  });

  it('survive any name', () => {
    const name = `<&"'>${'very-long-'.repeat(30)}end.jpg`;
    const header = panelHeader(row({ image: name }), THRESHOLDS, 1220, [0, 1, 2, 3]);
    expect(header).not.to.contain('<&');
    expect(header).to.contain('end.jpg').and.to.contain('…');
  });
});
