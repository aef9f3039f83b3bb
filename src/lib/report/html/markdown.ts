import { html, trusted, type Html } from './html.js';

export interface MarkdownOptions {
  /** Of its largest heading. */
  level: number;
  /** Whether addresses on the web can be followed; otherwise links are their words. */
  links: boolean;
}

/**
 * Markdown of somebody else as markup: none of its own HTML becomes any, links lead to the web or nowhere, and of pictures their
 * descriptions stand, so that nothing is asked of any network.
 */
export async function markdown(text: string, { level, links }: MarkdownOptions): Promise<Html> {
  const { Marked } = await import('marked');
  const marked = new Marked({
    renderer: {
      html: ({ text: raw }) => html`${raw}`.text,
      image: ({ text: description }) => html`[${description}]`.text,
      heading({ tokens, depth }) {
        const tag = `h${Math.min(6, depth + level - 1)}`;
        return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>\n`;
      },
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        return links && /^https?:\/\//i.test(href)
          ? html`<a href="${href}" rel="noreferrer">${trusted(words)}</a>`.text
          : words;
      },
    },
  });
  return trusted(await marked.parse(text));
}
