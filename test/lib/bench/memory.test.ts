import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { peakMemory, summariseMemory } from '../../../src/lib/bench/memory.js';
import { temporaryFolder } from '../../support/folder.js';

const MB = 1e6;

describe('memory', () => {
  const folder = temporaryFolder();

  it('reads the peak that the kernel keeps for this program alone', async () => {
    await writeFile(
      folder.file('status'),
      'Name:\tnode\nVmPeak:\t 9999 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n',
    );
    expect(peakMemory(folder.file('status'))).to.equal(123_456 * 1024);
  });

  it('reads a peak of this process that is at least what it holds now', () => {
    expect(peakMemory())
      .to.be.at.least(process.memoryUsage.rss() * 0.9)
      .and.below(64e9);
  });

  it('has a peak where the kernel keeps none', () => {
    expect(peakMemory(folder.file('absent'))).to.be.at.least(process.memoryUsage.rss() * 0.9);
  });

  it('takes the steady part from the second half', () => {
    const samples = Array.from({ length: 100 }, (_, index) => ({
      ms: index * 20,
      bytes: index < 30 ? 500 * MB : 300 * MB,
    }));
    const { steadyBytes, peakBytes } = summariseMemory(512 * MB, samples);
    expect(steadyBytes).to.equal(300 * MB);
    expect(peakBytes).to.equal(512 * MB);
  });

  it('finds a leak below the saw teeth of a garbage collector', () => {
    const teeth = (index: number): number => (index % 10) * 4 * MB;
    const leak = Array.from({ length: 500 }, (_, index) => ({
      ms: index * 20,
      bytes: 300 * MB + teeth(index) + index * 0.2 * MB,
    }));
    const flat = leak.map(({ ms }, index) => ({ ms, bytes: 300 * MB + teeth(index) }));
    expect(summariseMemory(0, leak).growthBytes).to.be.closeTo(250 * 0.2 * MB, 6 * MB);
    expect(summariseMemory(0, flat).growthBytes).to.be.closeTo(0, 6 * MB);
  });

  it('does not take a warm-up for a leak', () => {
    const samples = Array.from({ length: 200 }, (_, index) => ({
      ms: index * 20,
      bytes: Math.min(index, 80) * MB,
    }));
    expect(summariseMemory(0, samples).growthBytes).to.equal(0);
  });

  it('makes do with one sample, or none', () => {
    expect(summariseMemory(5, [])).to.deep.equal({ peakBytes: 5, steadyBytes: 5, growthBytes: 0 });
    expect(summariseMemory(5, [{ ms: 10, bytes: 4 }])).to.deep.equal({
      peakBytes: 5,
      steadyBytes: 4,
      growthBytes: 0,
    });
  });
});
