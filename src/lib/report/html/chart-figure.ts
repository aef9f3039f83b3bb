import type { Chart } from '../charts/chart.js';
import { renderSvg } from '../charts/render.js';
import { COLOURS } from '../charts/theme.js';
import { html, trusted, type Html } from './html.js';

/** Colours of the charts' theme by the page's variable that takes their place, so that charts follow light and dark. */
const THEMED: Readonly<Record<string, string>> = {
  '#ffffff': 'surface',
  '#e7e9ec': 'grid',
  '#b9bec5': 'axis',
  '#4b5058': 'text-soft',
  [COLOURS.ink]: 'text',
  [COLOURS.authentic]: 'blue',
  [COLOURS.tampered]: 'orange',
  [COLOURS.accent]: 'green',
  [COLOURS.second]: 'pink',
};

/** Points on a line that can be pointed at. */
const MOST_POINTS = 60;

interface Layer {
  data?: { values?: object[] };
  mark?: string | { type: string; tooltip?: boolean };
  encoding?: Record<string, unknown>;
  layer?: Layer[];
}

/**
 * A chart as part of a page: the same specification that is drawn into files, with points on its lines that show their values
 * when they are pointed at or walked through by keyboard.
 */
export async function chartFigure({ name, title, spec }: Chart): Promise<Html> {
  const svg = await renderSvg(withPoints(spec as Layer) as Chart['spec']);
  return html`<figure class="chart" tabindex="0" aria-label="${title}. Arrow keys walk through its values.">
    ${trusted(themed(svg, name))}
  </figure>`;
}

function withPoints(spec: Layer): Layer {
  if (!spec.layer) return spec;
  return { ...spec, layer: spec.layer.flatMap((layer) => [layer, ...pointsOf(layer)]) };
}

/** Invisible points along a line: a line alone has one description for all of its course. */
function pointsOf(layer: Layer): Layer[] {
  const { data, mark, encoding } = layer;
  const isLine = typeof mark === 'object' && mark.type === 'line' && mark.tooltip !== false;
  if (!isLine || !data?.values) return [];
  const step = Math.ceil(data.values.length / MOST_POINTS);
  const point = { type: 'point', filled: true, size: 160, opacity: 0, tooltip: false };
  return [
    {
      data: { values: data.values.filter((_, index) => index % step === 0) },
      mark: point,
      encoding: Object.fromEntries(
        Object.entries(encoding ?? {}).filter(
          ([channel]) => channel === 'x' || channel === 'y' || channel === 'color',
        ),
      ),
    },
  ];
}

/** Colours become the page's; identifiers get a prefix, as several drawings stand in one document. */
function themed(svg: string, name: string): string {
  return svg
    .replace(/#[0-9a-f]{6}\b/gi, (colour) => {
      const variable = THEMED[colour.toLowerCase()];
      return variable === undefined ? colour : `var(--${variable})`;
    })
    .replace(/(id="|url\(#|href="#)(clip|gradient)/g, `$1${name}-$2`)
    .replace(/^<svg /, '<svg role="presentation" ')
    .replace(/ width="[\d.]+" height="[\d.]+" viewBox/, ' viewBox');
}
