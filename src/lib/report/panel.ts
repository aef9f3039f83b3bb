import { markPng } from '../image/mark.js';
import { loadSharp } from '../image/sharp.js';
import { drawStrokes } from '../image/strokes.js';
import type { PanelFormat } from '../run/files.js';
import type { ImageRow } from '../run/rows.js';
import { panelHeader } from './panel-header.js';
import { PANEL_COLOURS, panelGeometry } from './panel-style.js';
import type { PanelTiles } from './panel-tiles.js';
import { svgToRaster, type Raster } from './raster.js';

type Colour = readonly [number, number, number];

/** Share of the marking colour in the overlay, and of the photo where nothing is marked: dark enough for white to stand out. */
const MARK_SHARE = 0.55;
const PHOTO_SHARE = 0.66;

/** Half the width of a contour, in pixels. */
const CONTOUR_REACH = 1;

/**
 * What the model did with an image, at a glance: photo, ground truth, probability map and overlay side by
 * side, under a line with score, verdict and IoU.
 */
export async function drawPanel(
  tiles: PanelTiles,
  row: ImageRow,
  thresholds: { score: number; mask: number },
  format: PanelFormat = 'png',
): Promise<Buffer> {
  const { width, height, tileLeft, tileTop } = panelGeometry(tiles);
  const panel: Raster = { width, height, data: new Uint8Array(width * height * 3) };
  const [red, green, blue] = PANEL_COLOURS.background;
  for (let i = 0; i < panel.data.length;) {
    panel.data[i++] = red;
    panel.data[i++] = green;
    panel.data[i++] = blue;
  }
  paste(await svgToRaster(panelHeader(row, thresholds, width, tileLeft, noteOf(tiles))), panel, 0, 0);
  const pictures = [tiles.photo, greyToRgb(tiles.truth, 255), drawMap(tiles), drawOverlay(tiles)];
  pictures.forEach((data, index) => {
    paste({ width: tiles.width, height: tiles.height, data }, panel, tileLeft[index]!, tileTop);
  });
  const sharp = await loadSharp();
  const picture = sharp(panel.data, { raw: { width, height, channels: 3 } });
  // Drawing must not hold up inference: a stronger compression takes several times as long, and saves little.
  if (format === 'png')
    return markPng(await picture.png({ compressionLevel: 2, adaptiveFiltering: true }).toBuffer(), 'panel');
  if (format === 'webp') return picture.webp({ quality: 90, effort: 1 }).toBuffer();
  // Huffman tables of its own for each image would take longer than drawing it, and save five per cent.
  return picture.jpeg({ quality: 90, chromaSubsampling: '4:4:4', optimizeCoding: false }).toBuffer();
}

/** Its blue is not that of the ground truth, which a reader has to be told. */
function noteOf({ strokes: [first] }: PanelTiles): { text: string; colour: Colour } | undefined {
  return first && { text: 'outlined: places that look copied', colour: first.colour };
}

/** The probability map in grey, white being 1, with the border of what is predicted tampered. */
function drawMap(tiles: PanelTiles): Uint8Array {
  const data = greyToRgb(tiles.probability, 255);
  drawContour(data, tiles.called, tiles.width, tiles.height, PANEL_COLOURS.called);
  return data;
}

/** The photo with truth and prediction in colours that can be told apart, their contours, and what other evidence drew. */
function drawOverlay({ photo, truth, called, strokes, width, height }: PanelTiles): Uint8Array {
  const data = new Uint8Array(photo.length);
  for (let pixel = 0, at = 0; pixel < truth.length; pixel++) {
    const colour = markOf(truth[pixel]!, called[pixel]!);
    for (let channel = 0; channel < 3; channel++, at++) {
      data[at] = colour
        ? photo[at]! * (1 - MARK_SHARE) + colour[channel]! * MARK_SHARE
        : photo[at]! * PHOTO_SHARE;
    }
  }
  drawContour(data, truth, width, height, PANEL_COLOURS.truth);
  drawContour(data, called, width, height, PANEL_COLOURS.called);
  for (const pair of strokes) drawStrokes(data, width, height, pair);
  return data;
}

function markOf(truth: number, called: number): Colour | undefined {
  if (truth === 1) return called === 1 ? PANEL_COLOURS.both : PANEL_COLOURS.truth;
  return called === 1 ? PANEL_COLOURS.called : undefined;
}

/** A line along the inner side of a mask's border; the image's own edge is no border. */
function drawContour(rgb: Uint8Array, mask: Uint8Array, width: number, height: number, colour: Colour): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0 || !isNearUnset(mask, width, height, x, y)) continue;
      const at = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) rgb[at + channel] = colour[channel]!;
    }
  }
}

function isNearUnset(mask: Uint8Array, width: number, height: number, x: number, y: number): boolean {
  for (let ny = Math.max(0, y - CONTOUR_REACH); ny <= Math.min(height - 1, y + CONTOUR_REACH); ny++) {
    for (let nx = Math.max(0, x - CONTOUR_REACH); nx <= Math.min(width - 1, x + CONTOUR_REACH); nx++) {
      if (mask[ny * width + nx] === 0) return true;
    }
  }
  return false;
}

/** @param scale grey level of the value 1 */
function greyToRgb(values: Uint8Array | Float32Array, scale: number): Uint8Array {
  const rgb = new Uint8Array(values.length * 3);
  for (let i = 0, to = 0; i < values.length; i++) {
    const level = Math.round(values[i]! * scale);
    rgb[to++] = level;
    rgb[to++] = level;
    rgb[to++] = level;
  }
  return rgb;
}

function paste(from: Raster, to: Raster, left: number, top: number): void {
  for (let y = 0; y < from.height; y++) {
    const line = from.data.subarray(y * from.width * 3, (y + 1) * from.width * 3);
    to.data.set(line, ((top + y) * to.width + left) * 3);
  }
}
