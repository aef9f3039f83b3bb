import { FONT_FILES } from '../core/paths.js';

/** An image with its pixels, RGB interleaved. */
export interface Raster {
  width: number;
  height: number;
  data: Uint8Array;
}

/** The family that all lettering asks for; its files are shipped. */
export const FONT_FAMILY = 'Inter';

const FONT = { fontFiles: FONT_FILES, loadSystemFonts: false, defaultFontFamily: FONT_FAMILY };

/**
 * Draws an SVG with the shipped font only, so that it looks the same on every machine.
 *
 * @param zoom pixels for each unit of the drawing
 */
export async function svgToPng(svg: string, zoom: number): Promise<Buffer> {
  const { Resvg } = await import('@resvg/resvg-js');
  return new Resvg(svg, { font: FONT, fitTo: { mode: 'zoom', value: zoom } }).render().asPng();
}

/** Draws an opaque SVG, one pixel a unit. */
export async function svgToRaster(svg: string): Promise<Raster> {
  const { Resvg } = await import('@resvg/resvg-js');
  const { width, height, pixels } = new Resvg(svg, { font: FONT }).render();
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    data[to++] = pixels[from]!;
    data[to++] = pixels[from + 1]!;
    data[to++] = pixels[from + 2]!;
  }
  return { width, height, data };
}
