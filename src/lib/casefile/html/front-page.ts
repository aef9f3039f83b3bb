import { VERDICT_WORDS } from '../../core/verdict.js';
import { skippedNotes } from '../../inputs/skipped.js';
import type { PredictSummary } from '../../predict/result.js';
import { html, type Html } from '../../report/html/html.js';
import { counted } from '../../text/plural.js';
import type { CaseContext, CaseFailure, CaseSubject } from '../schema.js';
import { facts, hash, utc } from './facts.js';

export interface FrontPage {
  subject: CaseSubject;
  context: CaseContext;
  summary: PredictSummary;
  /** When the first and the last photo were examined, ISO 8601; nothing where none was. */
  examined: { from: string; to: string } | undefined;
  createdAt: string;
  failures: readonly CaseFailure[];
}

/** What was examined, when, by what, and what it came to. */
export function frontPage({ subject, context, summary, examined, createdAt, failures }: FrontPage): Html {
  const { software, model } = context;
  const { inputs, manipulated, suspicious, noFinding, failed, skipped } = summary;
  const leftOut = skipped ? skippedNotes(skipped) : [];
  return html`<section class="sheet first" id="front">
    <p class="eyebrow">Examination of photos for manipulation</p>
    <h1>${subject.id === undefined ? 'Case file' : `Case ${subject.id}`}</h1>
    <p class="soft">
      ${counted(inputs, 'input')}, ${counted(inputs - failed, 'photo')} examined
      ${examined && ` on ${period(examined)}`}
    </p>
    <div class="counts">
      ${count('manipulated', manipulated, VERDICT_WORDS.manipulated.title)}
      ${count('suspicious', suspicious, VERDICT_WORDS.suspicious.title)}
      ${count('no-finding', noFinding, VERDICT_WORDS['no-finding'].title)}
      ${count('failed', failed, 'Not examined')}
    </div>
    <p>
      A verdict is what a program says of a picture, by statistical traces in it. It is evidence and no proof,
      and it errs in both directions: each page says how often photos with such a score were manipulated in
      tests. “No finding” does not show that a photo is authentic. No verdict tells who changed a picture,
      when or why.
    </p>
    <h3>The case</h3>
    ${facts([
      ['Case', subject.id],
      ['Examiner', subject.examiner],
      ['Note', subject.note],
      ['Report made', utc(createdAt)],
    ])}
    <h3>How it was examined</h3>
    ${facts([
      ['Program', `${software.name} ${software.version}, build ${software.build}`],
      [
        'Model',
        `${model.name} ${model.version}, input ${model.inputSize} × ${model.inputSize}, ${model.precision}`,
      ],
      ['SHA-256 of the model', hash(model.sha256)],
      ['Sources of evidence', context.evidence.map(({ title }) => title).join(', ')],
      [
        'Settings',
        Object.entries(context.settings)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      ],
    ])}
    ${failures.length > 0 && failureTable(failures)}
    ${leftOut.length > 0 && html`<p class="small left-out">Of the folders: ${leftOut.join(' ')}</p>`}
  </section>`;
}

function period({ from, to }: { from: string; to: string }): string {
  return from.slice(0, 19) === to.slice(0, 19) ? utc(from) : `${utc(from)} to ${utc(to)}`;
}

function count(kind: string, number: number, title: string): Html {
  return html`<div class="count ${kind}"><b>${number}</b> ${title}</div>`;
}

function failureTable(failures: readonly CaseFailure[]): Html {
  return html`<h3>What could not be examined, and why</h3>
    <table>
      <thead>
        <tr>
          <th style="width:38%">File</th>
          <th>Reason</th>
        </tr>
      </thead>
      <tbody>
        ${failures.map(
          ({ image, error, sha256, review }) =>
            html`<tr>
              <td>${image}</td>
              <td>
                ${error.message} ${error.suggestion}
                ${sha256 !== undefined && html`<br /><span class="soft">SHA-256</span> ${hash(sha256)}`}
                ${review?.note !== undefined && html`<br /><span class="soft">Note</span> ${review.note}`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

export interface IndexRow {
  image: string;
  verdict: keyof typeof VERDICT_WORDS;
  score: number;
}

/** So many rows fit below what the first page says. */
const ROWS_ON_FRONT_PAGE = 12;

/** All photos on few pages, in the order of their own. */
export function indexPage(rows: readonly IndexRow[]): Html {
  const isShort = rows.length <= ROWS_ON_FRONT_PAGE;
  return html`<section class="sheet${isShort ? ' first' : ''}" id="index">
    <h2>All photos, worst first</h2>
    <table>
      <thead>
        <tr>
          <th>No.</th>
          <th style="width:62%">Photo</th>
          <th>Verdict</th>
          <th class="number">Score</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ image, verdict, score }, i) =>
            html`<tr>
              <td>${i + 1}</td>
              <td><a href="#photo-${i + 1}">${image}</a></td>
              <td>${VERDICT_WORDS[verdict].title}</td>
              <td class="number">${score.toFixed(3)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
