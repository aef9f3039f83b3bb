import type { TopLevelSpec } from 'vega-lite';
import { svgToPng } from '../raster.js';
import { textWidth } from './text-width.js';

/** Pixels of the PNG for each unit of the drawing: sharp on dense screens and on paper. */
const PNG_ZOOM = 2;

/** What Vega asks for the width of a text; exported by it, but missing in its types. */
interface TextMetrics {
  width: (item: Parameters<typeof textWidth>[1] & { text?: string }, text?: string) => number;
}

/** Draws a Vega-Lite chart without a browser. */
export async function renderChart(spec: TopLevelSpec): Promise<{ svg: string; png: Buffer }> {
  const svg = await renderSvg(spec);
  return { svg, png: await svgToPng(svg, PNG_ZOOM) };
}

/** The same as SVG alone. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { compile } = await import('vega-lite');
  const vega = await import('vega');
  // Without a canvas Vega guesses widths far too large, and leaves wide margins.
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
  textMetrics.width = (item, text) => textWidth(String(text ?? item.text), item);
  // Vega marks the data that it is given; the run's own must stay as they are.
  const view = new vega.View(vega.parse(compile(structuredClone(spec)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
