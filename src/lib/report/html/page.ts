import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../core/paths.js';
import { html, trusted, type Html } from './html.js';

const ASSETS = path.join(PACKAGE_ROOT, 'assets', 'report');

/**
 * A whole page in one file that asks nothing of any network: style and script stand in it, and its own policy forbids
 * every request but for pictures beside it.
 *
 * @param links parts of the page, by the id of their heading
 */
export async function renderPage(
  title: string,
  subtitle: Html,
  links: readonly { id: string; text: string }[],
  body: Html,
): Promise<string> {
  const [style, script] = await Promise.all(
    ['report.css', 'report.js'].map((name) => readFile(path.join(ASSETS, name), 'utf8')),
  );
  const scriptHash = createHash('sha256').update(script!).digest('base64');
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src 'sha256-${scriptHash}'`,
    "img-src 'self' file: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${element('style', style!)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="top-text">
            <h1>${title}</h1>
            <p>${subtitle}</p>
          </div>
          <button type="button" id="theme" class="button" aria-pressed="false">Dark</button>
        </header>
        <nav class="contents" aria-label="Contents">
          ${links.map(({ id, text }) => html`<a href="#${id}">${text}</a>`)}
        </nav>
        <main id="main">${body}</main>
        <div id="tip" class="tip" role="status" aria-live="polite" hidden></div>
        ${element('script', script!)}
      </body>
    </html> `.text;
}

/** An element whose text is kept to the last character, which the policy's hash is taken of. */
function element(name: 'style' | 'script', text: string): Html {
  return trusted(`<${name}>${text}</${name}>`);
}

/** A part of a page under its heading. */
export function section(id: string, heading: string, content: Html, intro?: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-heading">
    <h2 id="${id}-heading">${heading}</h2>
    ${intro && html`<p class="intro">${intro}</p>`} ${content}
  </section>`;
}

/** Names and values, side by side. */
export function factList(facts: readonly (readonly [name: string, value: Html | string | number])[]): Html {
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
