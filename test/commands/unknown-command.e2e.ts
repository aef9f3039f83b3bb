import { expect } from 'chai';
import { ofx } from '../support/ofx.js';

describe('a command that is none', () => {
  for (const [args, name, next] of [
    [['nosuch'], 'nosuch', '"ofx --help" lists the commands.'],
    [['models', 'nosuch'], 'models nosuch', '"ofx models --help" lists what there is.'],
  ] as const) {
    it(`${name}: exit status 2 and the next step, with and without --json`, async () => {
      const text = await ofx([...args]);
      expect(text.exitCode).to.equal(2);
      expect(text.stdout).to.equal('');
      expect(text.stderr).to.equal(`error: There is no command "${name}".\n${next}`);
      const json = await ofx([...args, '--json']);
      expect(json.exitCode).to.equal(2);
      expect(JSON.parse(json.stdout))
        .to.have.property('error')
        .that.includes({ code: 'USAGE', suggestion: next });
    });
  }
});
