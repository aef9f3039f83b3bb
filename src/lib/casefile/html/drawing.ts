import type { Region } from '../../image/segment.js';
import { html, trusted, type Html } from '../../report/html/html.js';
import type { KeptExhibit } from '../entry.js';

/** So many places are numbered and listed; the rest is counted. */
export const MOST_PLACES = 12;
/** Share of the picture below which a place is a speck: there is nothing to look at. */
const SPECK = 0.001;

interface Size {
  width: number;
  height: number;
}

/** The places that are numbered, largest first. */
export function numbered<T extends Pick<Region, 'area'>>(
  regions: readonly T[],
  { width, height }: Size,
): T[] {
  return regions.filter(({ area }) => area >= SPECK * width * height).slice(0, MOST_PLACES);
}

/** The photo with numbered places and arrows; `id` is what the second picture refers to it by. */
export function photoDrawing(
  id: string,
  size: Size,
  { pictures, drawings }: KeptExhibit,
  regions: readonly Region[],
  label: string,
): Html {
  const line = Math.max(size.width, size.height) / 260;
  return svg(
    size,
    label,
    html`<image
        id="${id}"
        href="${pictures.photo}"
        width="${size.width}"
        height="${size.height}"
        preserveAspectRatio="none"
      />${regions.map((region, i) => box(region, i + 1, line, size))}${drawings.map(strokes)}`,
  );
}

/** The same photo below the map of probabilities. */
export function mapDrawing(id: string, size: Size, { pictures }: KeptExhibit, label: string): Html {
  return svg(
    size,
    label,
    html`<use href="#${id}" /><image
        href="${pictures.heat}"
        width="${size.width}"
        height="${size.height}"
        preserveAspectRatio="none"
      />`,
  );
}

function svg({ width, height }: Size, label: string, content: Html): Html {
  return html`<svg
    role="img"
    aria-label="${label}"
    viewBox="0 0 ${width} ${height}"
    xmlns="http://www.w3.org/2000/svg"
  >
    ${content}
  </svg>`;
}

/** White between dark lines is seen on any picture. */
function box({ x, y, width, height }: Region, number: number, line: number, size: Size): Html {
  const side = 9 * line;
  const wide = number < 10 ? side : 1.5 * side;
  const top = y >= side ? y - side : y;
  const left = Math.min(x, size.width - wide);
  const frame = (colour: string, strokeWidth: number): Html =>
    html`<rect
      x="${x}"
      y="${y}"
      width="${width}"
      height="${height}"
      fill="none"
      stroke="${colour}"
      stroke-width="${rounded(strokeWidth)}"
    />`;
  return html`${frame('#14171f', 2.4 * line)}${frame('#ffffff', 1.2 * line)}<rect
      x="${rounded(left)}"
      y="${rounded(top)}"
      width="${rounded(wide)}"
      height="${rounded(side)}"
      fill="#14171f"
    /><text
      x="${rounded(left + wide / 2)}"
      y="${rounded(top + 0.78 * side)}"
      font-size="${rounded(0.8 * side)}"
      font-family="Helvetica, Arial, sans-serif"
      font-weight="bold"
      fill="#ffffff"
      text-anchor="middle"
      >${number}</text
    >`;
}

function strokes({ width, colour, rim, lines, shapes }: KeptExhibit['drawings'][number]): Html {
  const drawn = (stroke: string, wider: number): Html =>
    html`<path
        d="${lines}"
        fill="none"
        stroke="${stroke}"
        stroke-width="${rounded(width * wider)}"
        stroke-linecap="round"
        stroke-linejoin="round"
      /><path
        d="${shapes}"
        fill="${stroke}"
        stroke="${stroke}"
        stroke-width="${rounded(width * (wider - 1))}"
        stroke-linejoin="round"
      />`;
  return html`${drawn(rim, 2.1)}${drawn(colour, 1)}`;
}

function rounded(value: number): Html {
  return trusted(String(Number(value.toFixed(2))));
}
