import { AUTHENTIC, TAMPERED, type Label } from '../../core/label.js';
import { VERDICT_WORDS, VERDICTS, type Verdict } from '../../core/verdict.js';
import { wilsonInterval } from '../../core/wilson.js';
import type { ImageRow } from '../../run/rows.js';
import { intervalText, percent } from '../../text/numbers.js';
import { html, type Html } from './html.js';

/** How often each verdict was given to each class; undefined where it is not known which regions stand out. */
export function verdictTable(rows: readonly ImageRow[]): Html | undefined {
  const scored = rows.filter(({ error }) => error === null);
  if (scored.length === 0 || scored.some(({ verdict }) => verdict === null)) return undefined;
  const line = (label: Label, title: string): Html => {
    const images = scored.filter((row) => row.label === label);
    return html`<tr>
      <th scope="row">${title} <span class="muted">(${images.length})</span></th>
      ${VERDICTS.map((verdict) => cell(images, verdict))}
    </tr>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Verdicts by class">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Images that are</th>
          ${VERDICTS.map((verdict) => html`<th scope="col" class="right">${VERDICT_WORDS[verdict].title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${line(TAMPERED, 'Tampered')} ${line(AUTHENTIC, 'Authentic')}
      </tbody>
    </table>
  </div>`;
}

function cell(images: readonly ImageRow[], verdict: Verdict): Html {
  const count = images.filter((row) => row.verdict === verdict).length;
  if (images.length === 0) return html`<td class="right muted">n/a</td>`;
  const share = count / images.length;
  const interval = intervalText(wilsonInterval(share, images.length), (bound) => percent(bound, 0));
  return html`<td class="right">
    ${count} <span class="value">${percent(share)}</span>
    <span class="muted">${interval}</span>
  </td>`;
}
