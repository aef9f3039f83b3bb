import { html, trusted, type Html } from '../../report/html/html.js';
import { markdown } from '../../report/html/markdown.js';
import { STYLE } from './style.js';

/** The model's card as a page of a case file. */
export async function cardPage(name: string, card: string): Promise<Html> {
  return html`<section class="sheet card" id="card">
    <p class="eyebrow">The card of the model ${name}, as its authors wrote it</p>
    ${await markdown(card, { level: 2, links: false })}
  </section>`;
}

/** The same as a document of its own. */
export async function cardDocument(name: string, card: string | undefined): Promise<string> {
  const title = `The model ${name}`;
  const content =
    card === undefined
      ? html`<h1>${title}</h1>
          <p>
            Its folder holds no card: how good it is, and where it must not be trusted, is not known here. Ask
            whoever made it.
          </p>`
      : await markdown(card, { level: 1, links: true });
  return html`${trusted('<!doctype html>\n')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main><section class="sheet card">${content}</section></main>
      </body>
    </html>`.text.trimStart();
}
