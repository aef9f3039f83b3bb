import { expect } from 'chai';
import { markdown } from '../../../src/lib/report/html/markdown.js';

const EVIL = `# Title <script>alert(1)</script>

Text & <img src=x onerror=alert(1)> **bold**, [web](https://example.org/?a=1&b="2), [file](../../secret.md),
[script](javascript:alert(1)), [data](data:text/html,x) ![a photo "x"](http://example.org/track.png)

<iframe src="http://example.org"></iframe>

| a<b | c |
| --- | --- |
| \`<i>\` | 1 |
`;

describe('Markdown of somebody else', () => {
  it('becomes no HTML but its own, leads to the web or nowhere, and loads nothing', async () => {
    const { text } = await markdown(EVIL, { level: 1, links: true });
    expect(text).to.not.match(/<(script|img|iframe|i)\b/i);
    expect([...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address)).to.have.length(1);
    expect(text).to.match(/href="https:\/\/example\.org/);
    expect(text).to.contain('[a photo');
    expect(text).to.contain('<table>').and.contain('<strong>bold</strong>').and.contain('<h1>');
    expect(text).to.contain('&#60;script&#62;');
  });

  it('keeps of links their words where nothing may be followed, below a heading of the page', async () => {
    const { text } = await markdown(EVIL, { level: 3, links: false });
    expect(text).to.not.contain('href=');
    expect(text).to.contain('<h3>').and.contain('web');
  });
});
