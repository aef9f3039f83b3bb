import { severity, outcomeOf, type ImageRow } from '../../run/rows.js';
import { panelGeometry } from '../panel-style.js';
import { tileSize } from '../panel-tiles.js';
import { embeddedJson, html, type Html } from './html.js';

/** Where the four tiles of an image lie in its panel, in pixels. */
interface Geometry {
  width: number;
  height: number;
  tile: { width: number; height: number };
  left: number[];
  top: number;
}

/** The gallery of a run: what the script needs, and the controls that it listens to. */
export function gallery(rows: readonly ImageRow[], urlOf: (row: ImageRow) => string | null): Html {
  const scored = rows.filter(({ error }) => error === null);
  const shown = shownRows(scored);
  const items = shown.map((row) => ({
    image: row.image,
    label: row.label,
    score: row.score,
    predicted: row.predicted,
    outcome: outcomeOf(row),
    verdict: row.verdict,
    f1: row.f1,
    iou: row.iou,
    marked: row.tamperedFraction,
    truth: row.truthFraction,
    severity: severity(row),
    url: urlOf(row),
    geometry: row.panel === null ? null : geometryOf(row),
  }));
  return html`${
      shown.length < scored.length &&
      html`<p class="muted">
        The ${shown.length.toLocaleString('en')} images with pictures and the worst others, of
        ${scored.length.toLocaleString('en')}; <a href="metrics.csv">metrics.csv</a> has all.
      </p>`
    }
    <form class="controls" id="gallery-controls" aria-label="Sort and filter the gallery">
      <label
        >Show
        <select name="kind">
          <option value="all">all images</option>
          <option value="missed">misses</option>
          <option value="elsewhere">predicted tampered, wrong place</option>
          <option value="false-alarm">false alarms</option>
          <option value="found">tampered, found</option>
          <option value="left-alone">authentic, left alone</option>
          <option value="suspicious">suspicious</option>
        </select></label
      >
      <label
        >Tampered area
        <select name="area">
          <option value="any">any</option>
          <option value="small">below 2 %</option>
          <option value="medium">2 to 10 %</option>
          <option value="large">above 10 %</option>
        </select></label
      >
      <label
        >Sort by
        <select name="sort">
          <option value="worst">worst first</option>
          <option value="best">best first</option>
          <option value="score-down">score, highest first</option>
          <option value="score-up">score, lowest first</option>
          <option value="area-down">tampered area, largest first</option>
          <option value="area-up">tampered area, smallest first</option>
          <option value="name">name</option>
        </select></label
      >
      <label class="grow"
        >Name <input type="search" name="search" placeholder="part of a name" autocomplete="off"
      /></label>
    </form>
    <p id="gallery-count" role="status" class="muted"></p>
    ${items.some(({ url }) => url !== null) ? html`<ul class="cards" id="gallery"></ul>` : imageTable()}
    <button type="button" class="button" id="gallery-more" hidden>Show more</button>
    <noscript
      ><p>The gallery needs scripts; the same rows are in <a href="metrics.csv">metrics.csv</a>.</p></noscript
    >
    ${viewer()}
    <script type="application/json" id="gallery-data">
      ${embeddedJson(items)}
    </script>`;
}

/** A page with more images than this opens slowly, and nobody looks through them. */
const MOST_IMAGES = 5000;

/** Images with panels, and of the others the worst, in the order of the run. */
function shownRows(rows: readonly ImageRow[]): readonly ImageRow[] {
  if (rows.length <= MOST_IMAGES) return rows;
  const ranked = rows
    .map((row, index) => ({ index, first: row.panel === null ? 1 : 0, severity: severity(row) }))
    .sort((a, b) => a.first - b.first || b.severity - a.severity);
  const kept = new Set(ranked.slice(0, MOST_IMAGES).map(({ index }) => index));
  return rows.filter((_, index) => kept.has(index));
}

/** Where no panel was kept: the same rows as a table. */
function imageTable(): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All images">
    <table class="images">
      <thead>
        <tr>
          <th scope="col">Image</th>
          <th scope="col">Outcome</th>
          <th scope="col" class="right">Score</th>
          <th scope="col" class="right">IoU</th>
          <th scope="col" class="right">F1</th>
          <th scope="col" class="right">Marked</th>
          <th scope="col" class="right">Tampered</th>
        </tr>
      </thead>
      <tbody id="gallery"></tbody>
    </table>
  </div>`;
}

/** An image at large: a slider between the photo and what was made of it. */
function viewer(): Html {
  return html`<dialog id="viewer" aria-labelledby="viewer-title">
    <div class="viewer-head">
      <h3 id="viewer-title"></h3>
      <button type="button" class="button" id="viewer-close">Close</button>
    </div>
    <p id="viewer-facts"></p>
    <div class="compare" id="viewer-compare">
      <div class="crop" data-side="left"></div>
      <div class="crop" data-side="right"></div>
      <div class="handle" aria-hidden="true"></div>
      <input
        type="range"
        id="viewer-slider"
        min="0"
        max="100"
        value="50"
        step="1"
        aria-label="Where the photo ends and the prediction begins"
      />
    </div>
    <div class="viewer-foot">
      <fieldset id="viewer-side">
        <legend class="sr">Beside the photo</legend>
        <label><input type="radio" name="side" value="3" checked /> Overlay</label>
        <label><input type="radio" name="side" value="2" /> Probability</label>
        <label><input type="radio" name="side" value="1" /> Ground truth</label>
      </fieldset>
      <p class="legend">
        <span class="key truth"></span>truth only <span class="key called"></span>prediction only
        <span class="key both"></span>both
      </p>
      <div class="steps">
        <button type="button" class="button" id="viewer-previous">← Previous</button
        ><button type="button" class="button" id="viewer-next">Next →</button>
      </div>
    </div>
  </dialog>`;
}

export function geometryOf({ width, height }: Pick<ImageRow, 'width' | 'height'>): Geometry | null {
  if (width === null || height === null) return null;
  const tile = tileSize({ width, height });
  const panel = panelGeometry(tile);
  return { width: panel.width, height: panel.height, tile, left: panel.tileLeft, top: panel.tileTop };
}
