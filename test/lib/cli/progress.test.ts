import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { progressBar } from '../../../src/lib/cli/progress.js';

/** A terminal of a width, and what was written to it. */
function terminal(columns: number): { stream: NodeJS.WriteStream; written: () => string } {
  const parts: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  Object.assign(stream, { isTTY: true, columns });
  stream.on('data', (part: Buffer) => parts.push(part.toString()));
  return { stream, written: () => parts.join('') };
}

describe('the progress bar', () => {
  for (const columns of [120, 80, 60, 30]) {
    it(`stays on one line of ${columns} columns and leaves wrapping to the terminal`, () => {
      const { stream, written } = terminal(columns);
      const progress = progressBar(stream);
      progress.start(12_345, 'Validating the rest');
      progress.update(1234);
      progress.above(() => {
        stream.write('a line that is longer than the terminal is wide'.repeat(3));
      });
      progress.stop();
      // Wrapping switched off would cut what stands above the bar.
      expect(written()).not.to.contain('\u001B[?7');
      const lines = written().match(/Validating the rest[^\u001B]*/g)!;
      expect(lines.length).to.be.above(1);
      for (const line of lines) expect(line.length).to.be.below(columns);
      expect(lines.at(-1)!.includes('█')).to.equal(columns >= 80);
    });
  }
});
