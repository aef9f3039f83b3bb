import { execa } from 'execa';
import { expect } from 'chai';
import { image } from '../fixtures/fixtures.js';
import { ROOT } from '../support/ofx.js';

describe('a sound BMP in a process that gets no memory for WebAssembly', () => {
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  async function decodeWithLittleMemory(file: string): Promise<string> {
    const script =
      `const { decodeImage } = await import('./dist/lib/image/decode/index.js');` +
      `console.log(await decodeImage(${JSON.stringify(file)}).then(({ width }) => width, ({ code }) => code));`;
    const { stdout } = await execa(
      'sh',
      ['-c', 'ulimit -v 8000000; exec "$0" --input-type=module -e "$1"', process.execPath, script],
      { cwd: ROOT },
    );
    return stdout;
  }

  it('is read where it has 24 or 32 plain bits', async () => {
    expect(await decodeWithLittleMemory(image('bmp-24.bmp'))).to.equal('45');
    expect(await decodeWithLittleMemory(image('bmp-32.bmp'))).to.equal('45');
  });

  it('is not called damaged where it has to be decoded by WebAssembly', async () => {
    expect(await decodeWithLittleMemory(image('bmp-8.bmp'))).to.equal('OUT_OF_MEMORY');
  });
});
