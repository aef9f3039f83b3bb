import { expect } from 'chai';
import {
  code,
  markdownDetails,
  markdownList,
  markdownTable,
  paragraphs,
} from '../../../src/lib/text/markdown.js';

describe('Markdown', () => {
  it('keeps its tables whole, whatever a file is called', () => {
    expect(markdownTable(['image', 'is'], [['a|b <img src=x>\nc', code('<x|`y`>')]])).to.equal(
      ['| image | is |', '| --- | --- |', '| a\\|b &lt;img src=x> c | `<x\\|ˋyˋ>` |'].join('\n'),
    );
  });

  it('lets no name begin a tag', () => {
    expect(markdownList(['<b>', 'x'])).to.equal('- &lt;b>\n- x');
    expect(markdownDetails('<b>', 'content')).to.contain('<summary>&lt;b></summary>');
  });

  it('has one empty line between its parts', () => {
    expect(paragraphs(['a', '', 'b'])).to.equal('a\n\nb\n');
  });
});
