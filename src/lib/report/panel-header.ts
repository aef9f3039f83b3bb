import { VERDICT_WORDS } from '../core/verdict.js';
import { outcomeOf, type ImageRow } from '../run/rows.js';
import { PANEL, PANEL_COLOURS } from './panel-style.js';
import { escapeXml } from '../text/escape.js';
import { shortenedName } from '../text/names.js';
import { percent } from '../text/numbers.js';
import { FONT_FAMILY } from './raster.js';

/** Mean width of a character of Inter, in units of the font's size; generous, so that nothing runs over. */
const CHARACTER_WIDTH = 0.6;

const NAME_SIZE = 17;
const FACT_SIZE = 15;
const CAPTION_SIZE = 14;

const RIGHT = '#4fd1a5';
const WRONG = '#ff9f5a';
const TEXT = '#f4f4f5';
const MUTED = '#a6a8ad';

/**
 * The lettering above a panel's tiles, as an opaque SVG.
 *
 * @param note what else is drawn on the overlay, in its colour
 */
export function panelHeader(
  row: ImageRow,
  thresholds: { score: number; mask: number },
  width: number,
  tileLeft: readonly number[],
  note?: { text: string; colour: readonly number[] },
): string {
  const { margin, header } = PANEL;
  const verdict = describeVerdict(row);
  const facts = describeFacts(row, thresholds);
  const room = Math.floor((width - 2 * margin) / (NAME_SIZE * CHARACTER_WIDTH));
  const captions = ['Photo', 'Ground truth', `Probability, contour at ${thresholds.mask}`];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${header}" font-family="${FONT_FAMILY}">`,
    `<rect width="100%" height="100%" fill="rgb(${PANEL_COLOURS.background.join(' ')})"/>`,
    text(margin, 28, NAME_SIZE, TEXT, shortenedName(row.image, room), 600),
    `<text x="${margin}" y="54" font-size="${FACT_SIZE}" fill="${TEXT}">` +
      `<tspan fill="${verdict.isRight ? RIGHT : WRONG}" font-weight="600">${verdict.text}</tspan>` +
      facts.map((fact) => `<tspan dx="22">${escapeXml(fact)}</tspan>`).join('') +
      (note ? `<tspan dx="22" fill="rgb(${note.colour.join(' ')})">${escapeXml(note.text)}</tspan>` : '') +
      '</text>',
    ...captions.map((caption, index) => text(tileLeft[index]!, header - 8, CAPTION_SIZE, MUTED, caption)),
    legend(tileLeft[3]!, header - 8),
    '</svg>',
  ].join('');
}

/** The verdict in words that need no colour. */
function describeVerdict(row: ImageRow): { text: string; isRight: boolean } {
  const outcome = outcomeOf(row);
  const isRight = outcome === 'found' || outcome === 'left-alone';
  const truth = row.label === 1 ? 'tampered' : 'authentic';
  const place = outcome === 'elsewhere' ? ', wrong place' : '';
  return { text: `${isRight ? '✓' : '✗'} is ${truth}, ${verdictText(row)}${place}`, isRight };
}

/** As `ofx predict` says it; without what stands out it is known only on which side of the threshold the score is. */
function verdictText({ verdict, predicted }: ImageRow): string {
  if (verdict !== null) return `verdict ${VERDICT_WORDS[verdict].title.toLowerCase()}`;
  return predicted === 1 ? 'predicted tampered' : 'not predicted tampered';
}

function describeFacts(row: ImageRow, thresholds: { score: number }): string[] {
  const facts = [`score ${number(row.score)} (threshold ${Number(thresholds.score.toFixed(3))})`];
  if (row.iou !== null) {
    facts.push(`IoU ${number(row.iou)}`, `F1 ${number(row.f1)}`);
    facts.push(`marked ${percent(row.tamperedFraction)}, tampered ${percent(row.truthFraction)}`);
  } else if (row.label === 0) {
    facts.push(`false-alarm area ${percent(row.tamperedFraction)}`);
  } else {
    facts.push('no ground truth');
  }
  return facts;
}

function legend(left: number, baseline: number): string {
  const entries = [
    ['truth', 'truth only', 0],
    ['called', 'prediction only', 98],
    ['both', 'both', 230],
  ] as const;
  const parts = entries.map(([key, label, offset]) => {
    const x = left + offset;
    const fill = `rgb(${PANEL_COLOURS[key].join(' ')})`;
    return (
      `<rect x="${x}" y="${baseline - 11}" width="12" height="12" rx="2" fill="${fill}"/>` +
      text(x + 18, baseline, CAPTION_SIZE, MUTED, label)
    );
  });
  return parts.join('');
}

function text(x: number, y: number, size: number, fill: string, content: string, weight = 400): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escapeXml(content)}</text>`;
}

function number(value: number | null): string {
  return value === null ? 'n/a' : value.toFixed(2);
}
