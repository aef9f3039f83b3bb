import { html, trusted } from '../../report/html/html.js';
import type { KeptExhibit } from '../entry.js';
import type { CaseResult } from '../schema.js';
import { cardPage } from './card-page.js';
import { frontPage, indexPage, type FrontPage, type IndexRow } from './front-page.js';
import { lastPage } from './last-page.js';
import { photoPage } from './photo-page.js';
import { pageRule, STYLE } from './style.js';

export interface CaseDocument extends FrontPage {
  /** Of the photos, in their order. */
  index: readonly IndexRow[];
  /** The same photos, one after the other. */
  photos:
    | Iterable<{ result: CaseResult; exhibit: KeptExhibit }>
    | AsyncIterable<{ result: CaseResult; exhibit: KeptExhibit }>;
  /** Where the size of the sheet shall not be the printer’s. */
  paper?: 'A4' | 'letter' | undefined;
}

/** Nothing is asked of any network, and no script runs: whatever a file’s name or its EXIF hold. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** A case file as one HTML document, page by page, so that it never is in memory as a whole. */
export async function* caseDocument(document: CaseDocument): AsyncGenerator<string> {
  const { subject, context, index, photos, paper } = document;
  const title = subject.id === undefined ? 'Case file' : `Case ${subject.id}`;
  const foot = `${title} - ${context.software.name} ${context.software.version}`;
  const { name, version } = context.software;
  const head = html`<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="generator" content="${name} ${version}" />
    <title>${title}</title>
    ${trusted(`<style>${STYLE}${pageRule(foot, paper)}</style>`)}`;
  yield `<!doctype html>\n<html lang="en"><head>${head.text}</head><body><main>`;
  yield html`${frontPage(document)} ${index.length > 1 && indexPage(index)}`.text;
  let number = 0;
  for await (const { result, exhibit } of photos) {
    yield photoPage(result, exhibit, { number: ++number, of: index.length }, context).text;
  }
  const { name: model, card } = context.model;
  yield lastPage(context).text;
  if (card !== undefined) yield (await cardPage(model, card)).text;
  yield '</main></body></html>\n';
}
