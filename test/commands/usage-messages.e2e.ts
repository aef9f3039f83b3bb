import { expect } from 'chai';
import { ofx } from '../support/ofx.js';

describe('a flag that is used wrongly', () => {
  for (const [args, message] of [
    [
      ['predict', 'a.jpg', '--threads', '5000'],
      '--threads: Expected an integer less than or equal to 256 but received: 5000',
    ],
    [['predict', 'a.jpg', '--threshold', '3'], '--threshold takes a number from 0 to 1, not "3".'],
    [
      ['dataset', 'check', '.', '--out', 'x'],
      'All of the following must be provided when using --out: --fix',
    ],
    [['predict', 'a.jpg', '--nope'], 'Nonexistent flag: --nope'],
  ] as const) {
    it(`is told in one line: ${args.join(' ')}`, async () => {
      const { exitCode, stderr } = await ofx([...args]);
      expect(exitCode).to.equal(2);
      expect(stderr.split('\n')[0]).to.equal(`error: ${message}`);
      expect(stderr).to.not.match(/Parsing|following error/);
    });
  }
});
