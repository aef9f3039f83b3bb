import type { TopLevelSpec } from 'vega-lite';
import { svgToPng } from '../raster.js';

/** Pixels of the PNG for each unit of the drawing: sharp on dense screens and on paper. */
const PNG_ZOOM = 2;

/** Draws a Vega-Lite chart without a browser. */
export async function renderChart(spec: TopLevelSpec): Promise<{ svg: string; png: Buffer }> {
  const { compile } = await import('vega-lite');
  const vega = await import('vega');
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    return { svg, png: await svgToPng(svg, PNG_ZOOM) };
  } finally {
    view.finalize();
  }
}
