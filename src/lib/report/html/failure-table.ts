import {
  FAILURES,
  failureOf,
  failureTables,
  type Failure,
  type FailureGroup,
} from '../../run/failure-groups.js';
import type { ImageRow } from '../../run/rows.js';
import { percent } from '../../text/numbers.js';
import { html, type Html } from './html.js';

const TITLES: Readonly<Record<Failure, string>> = {
  missed: 'Missed',
  'false-alarm': 'False alarm',
  'wrong-place': 'Wrong place',
  'too-large': 'Mask too large',
  'too-small': 'Mask too small',
};

/** Failures by what images share; undefined where nothing failed. */
export function failureSection(rows: readonly ImageRow[]): Html | undefined {
  if (!rows.some((row) => failureOf(row) !== null)) return undefined;
  const all = failureTables(rows);
  return html`${all.length === 0 && html`<p>The images share what they could be told apart by.</p>`}
  ${all.map(
    ({ by, groups }) =>
      html`<div class="scroll" tabindex="0" role="region" aria-label="Failures by ${by}">
        <table>
          <thead>
            <tr>
              <th scope="col">${by}</th>
              <th scope="col" class="right">Tampered</th>
              <th scope="col" class="right">Authentic</th>
              ${FAILURES.map((failure) => html`<th scope="col" class="right">${TITLES[failure]}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${groups.map(
              (group) =>
                html`<tr>
                  <th scope="row">${group.name}</th>
                  <td class="right">${group.tampered}</td>
                  <td class="right">${group.authentic}</td>
                  ${FAILURES.map((failure) => failureCell(group, failure))}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`,
  )}`;
}

/** A share of the images that may fail in this way. */
function failureCell({ tampered, authentic, failures }: FailureGroup, failure: Failure): Html {
  const of = failure === 'false-alarm' ? authentic : tampered;
  if (of === 0) return html`<td class="right muted">–</td>`;
  const count = failures[failure];
  return html`<td class="right">${count} <span class="muted">${percent(count / of, 0)}</span></td>`;
}
