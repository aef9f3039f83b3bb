import { html, type Html } from '../../report/html/html.js';
import { VERDICT_WORDS } from '../../core/verdict.js';
import { decimals, intervalText } from '../../text/numbers.js';
import type { CaseContext } from '../schema.js';
import { facts, hash } from './facts.js';

/** What is said of each source of evidence by its name; of others nothing but their name is known here. */
const SOURCES: Readonly<Record<string, string>> = {
  network:
    'A neural network looks at the picture, brought to its input size, and gives a probability of manipulation for the whole and for each place. It has learned from made manipulations which statistical traces they leave; it cannot say what it saw.',
  copies:
    'A search for places that occur twice in the picture with the same detail and the same noise. What it finds can be checked by eye: the arrow says what was copied from where.',
};

/** Method, limits, and the model’s card in brief. */
export function lastPage({ software, model, evidence, tests }: CaseContext): Html {
  return html`<section class="sheet" id="method">
    <h2>Method and limits</h2>
    <p>
      The bytes of each file were read once; SHA-256 and result are of the same bytes. Pixels were decoded as
      the network’s training did.
      ${evidence.length > 1 && html`The sources of evidence were joined into one score by a weighted sum of their log-odds; those that are no part of the score only tell what they found.`}
      The same file gives the same result with the same version, model and settings.
    </p>
    <ul>
      ${evidence.map(({ name, title, decides }) => html`<li><b>${title}.</b> ${SOURCES[name]} ${!decides && 'No part of the score.'}</li>`)}
    </ul>
    <h3>What the verdicts mean</h3>
    <ul>
      ${Object.values(VERDICT_WORDS).map(({ title, meaning }) => html`<li><b>${title}.</b> ${meaning}</li>`)}
    </ul>
    <h3>Limits</h3>
    <ul>
      ${(model.limits ?? GENERAL).map((limit) => html`<li>${limit}</li>`)}
      <li>
        EXIF can be written by anybody: camera, dates and place are what the file says of itself. The quality
        of JPEG tables tells of the last time that the file was saved.
      </li>
    </ul>
    <h3>The model in brief</h3>
    ${facts([
      ['Model', `${model.name} ${model.version}`],
      ['SHA-256', hash(model.sha256)],
      ['What it is', model.description],
      ['Licence', model.licence],
      ['Its full card', model.card === undefined ? undefined : 'behind this page'],
      ['Program', `${software.name} ${software.version}, build ${software.build}`],
    ])}
    ${tests ? testTable(tests) : html`<p>How good it is in tests, its manifest does not say: what a score is worth is not known.</p>`}
  </section>`;
}

const GENERAL = [
  'A network errs in both directions: unmanipulated photos can have a high score, manipulated ones a low one.',
  'Strong compression, shrinking and screenshots destroy the traces that it reads.',
];

function testTable({ data, about, scores }: NonNullable<CaseContext['tests']>): Html {
  const all = (kind: 'manipulated' | 'others'): number => scores.reduce((sum, bin) => sum + bin[kind], 0);
  return html`<div class="whole">
    <h3>Scores of test photos</h3>
    <p class="small">${about ?? data}.</p>
    <table>
      <thead>
        <tr>
          <th>Score</th>
          <th class="number">Manipulated test photos</th>
          <th class="number">Other test photos</th>
        </tr>
      </thead>
      <tbody>
        ${scores.map(
          ({ from, to, manipulated, others }) =>
            html`<tr>
              <td>${intervalText({ low: from, high: to }, (bound) => decimals(bound, 1))}</td>
              <td class="number">${manipulated} of ${all('manipulated')}</td>
              <td class="number">${others} of ${all('others')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
