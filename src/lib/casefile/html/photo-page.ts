import { VERDICT_WORDS } from '../../core/verdict.js';
import type { CopyFinding } from '../../predict/evidence/copies-schema.js';
import { worthSentences } from '../../predict/worth.js';
import { html, type Html } from '../../report/html/html.js';
import { percent } from '../../text/numbers.js';
import { counted } from '../../text/plural.js';
import type { KeptExhibit } from '../entry.js';
import type { CaseContext, CaseResult, Review } from '../schema.js';
import { mapDrawing, numbered, photoDrawing } from './drawing.js';
import { fileSection } from './file-section.js';

/** Wider than this, and the pictures stand one above the other. */
const WIDE = 2.2;

export interface Numbered {
  /** Counted from 1. */
  number: number;
  of: number;
}

/** A page of its own: what was found in one photo, and in what file. */
export function photoPage(
  result: CaseResult,
  exhibit: KeptExhibit,
  { number, of }: Numbered,
  context: CaseContext,
): Html {
  const { image, verdict, width, height, regions, warnings, file } = result;
  const copies = (result as { copies?: CopyFinding[] }).copies ?? [];
  const id = `p${number}`;
  const notes = [...warnings, ...file.observations];
  return html`<section class="sheet ${verdict}" id="photo-${number}">
    <p class="eyebrow">Photo ${number} of ${of}</p>
    <h2>${image}</h2>
    ${verdictBlock(result, context)} ${result.review && reviewBlock(result.review)}
    <div class="figures${width / height > WIDE && ' one'}">
      <figure>
        ${photoDrawing(id, result, exhibit, numbered(regions, result), `The photo ${image} with the marked places`)}
        <figcaption>
          The
          photo${page(result)}${regions.length > 0 && ', with a frame around each marked place'}${copies.length > 0 && '; the arrow goes from a place to its copy'}.
        </figcaption>
      </figure>
      <figure>
        ${mapDrawing(id, result, exhibit, 'The probability of manipulation over the photo')}
        <figcaption>
          Probability of manipulation: <span class="legend"></span> 0 to 1; full colour where it is above
          ${result.maskThreshold}.
        </figcaption>
      </figure>
    </div>
    ${
      notes.length > 0 &&
      html`<div class="warning">
        <h3>Read with care</h3>
        <ul>
          ${notes.map((note) => html`<li>${note}</li>`)}
        </ul>
      </div>`
    }
    ${places(result)} ${copies.length > 0 && copyTable(copies)} ${fileSection(result)}
  </section>`;
}

function page({ page: shown, pages }: CaseResult): string {
  return pages ? ` (page ${shown!} of ${pages.length}, the one with the highest score)` : '';
}

function verdictBlock(result: CaseResult, { evidence }: CaseContext): Html {
  const { verdict, score, scoreThreshold, tested } = result;
  const { title, meaning } = VERDICT_WORDS[verdict];
  // Which photos these were, the last page says once.
  const [first, ...rest] = worthSentences(tested).slice(0, 3);
  const says = evidence.flatMap(({ name, title: source, decides }) => {
    const said = result.evidence[name];
    return said ? [`${source} ${said.score.toFixed(2)}${decides ? '' : ' (no part of the score)'}`] : [];
  });
  return html`<div class="verdict">
    <p><strong>${title}</strong>. ${meaning}</p>
    <div class="meter">
      <i style="width:${(score * 100).toFixed(1)}%"></i>
      <b style="left:${(scoreThreshold * 100).toFixed(1)}%"></b>
    </div>
    <p class="small">
      Score <b>${score.toFixed(3)}</b> from 0 to 1; manipulated above
      ${scoreThreshold}.${says.length > 1 && html` By source of evidence: ${says.join(', ')}.`}
    </p>
    <p class="small"><b>What this score is worth.</b> ${first} ${rest.join(' ')}</p>
  </div>`;
}

function places(result: CaseResult): Html {
  const { regions, width, height, tamperedFraction } = result;
  const shown = numbered(regions, result);
  const count = result.regionCount ?? regions.length;
  const rest = count - shown.length;
  if (regions.length === 0) {
    return html`<h3>Marked places</h3>
      <p>No part of the picture is marked.</p>`;
  }
  return html`<h3>Marked places</h3>
    <p>
      ${percent(tamperedFraction)} of the picture is marked, in ${counted(count, 'place')}.
      ${rest > 0 && html`${rest} small ${rest === 1 ? 'one is' : 'ones are'} not numbered.`}
    </p>
    ${
      shown.length > 0 &&
      html`<table>
        <thead>
          <tr>
            <th>No.</th>
            <th>Left, top</th>
            <th>Width × height</th>
            <th class="number">Share of the picture</th>
            <th class="number">Mean probability</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (region, i) =>
              html`<tr>
                <td>${i + 1}</td>
                <td>${region.x}, ${region.y}</td>
                <td>${region.width} × ${region.height} pixels</td>
                <td class="number">${percent(region.area / (width * height))}</td>
                <td class="number">${region.meanProbability.toFixed(2)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }`;
}

/** What a person says of a photo, told apart from what the program says. */
function reviewBlock({ reviewed, note }: Review): Html | undefined {
  if (!reviewed && note === undefined) return undefined;
  return html`<div class="review">
    <p><b>${reviewed ? 'Reviewed by the examiner' : 'Not yet reviewed by the examiner'}</b></p>
    ${note !== undefined && html`<p class="note">${note}</p>`}
  </div>`;
}

/** So many pairs are listed; the rest is counted. */
const MOST_COPIES = 8;

function copyTable(copies: readonly CopyFinding[]): Html {
  const rest = copies.length - MOST_COPIES;
  const place = ({ x, y, width, height }: CopyFinding['from']): string =>
    `${width} × ${height} at ${x}, ${y}`;
  return html`<h3>Places that were copied within the picture</h3>
    <table>
      <thead>
        <tr>
          <th>Original</th>
          <th>Copy</th>
          <th class="number">Turned</th>
          <th class="number">Scaled</th>
          <th class="number">Alike</th>
          <th class="number">Probability</th>
        </tr>
      </thead>
      <tbody>
        ${copies.slice(0, MOST_COPIES).map(
          ({ from, to, directionKnown, rotation, scale, similarity, probability }) =>
            html`<tr>
              <td>${place(from)}${!directionKnown && ' (or the copy)'}</td>
              <td>${place(to)}${!directionKnown && ' (or the original)'}</td>
              <td class="number">${rotation.toFixed(0)}°</td>
              <td class="number">${scale.toFixed(2)}</td>
              <td class="number">${similarity.toFixed(2)}</td>
              <td class="number">${probability.toFixed(2)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${rest > 0 && html`<p class="small">${rest} more in the machine-readable file.</p>`}`;
}
