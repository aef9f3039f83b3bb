import { html, type Html } from '../../report/html/html.js';

type Fact = readonly [name: string, value: Html | string | number | undefined];

/** Names and values, side by side; a fact without a value is left out. */
export function facts(list: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${list.flatMap(([name, value]) =>
      value === undefined
        ? []
        : [
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
          ],
    )}
  </dl>`;
}

export function hash(sha256: string): Html {
  return html`<span class="hash">${sha256}</span>`;
}

/** "2026-11-25 07:31:02 UTC" */
export function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** "1.23 MB (1,234,567 bytes)" */
export function bytesText(bytes: number): string {
  const exact = `${bytes.toLocaleString('en-US')} bytes`;
  if (bytes < 1e4) return exact;
  return `${bytes >= 1e6 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e3).toFixed(0)} kB`} (${exact})`;
}
