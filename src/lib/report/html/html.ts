/** Markup that is safe to put into a page. */
export class Html {
  constructor(readonly text: string) {}
}

export type Value = Html | string | number | false | null | undefined | readonly Value[];

/**
 * Builds markup; every value is escaped unless it is markup itself. Names of files come from strangers, so no text gets
 * into a page by another way.
 *
 * @example html`<td title="${name}">${cells}</td>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(strings.map((part, index) => part + render(values[index])).join(''));
}

/** Trusts a text to be markup: what this package itself made. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return (value as readonly Value[]).map(render).join('');
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON for a `<script type="application/json">`, which no text in it can end. */
export function embeddedJson(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll('<', '\\u003c'));
}
