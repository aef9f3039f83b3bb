import { expect } from 'chai';
import { ofx } from '../support/ofx.js';

describe('a name that is spelt wrongly', () => {
  for (const [args, meant] of [
    [['predict', 'a.jpg', '--treshold', '0.4'], 'Did you mean --threshold'],
    [['validate', 'd', '--protocoll=macro'], 'Did you mean --protocol'],
    [['bench', '--concurency', '2'], 'Did you mean --concurrency'],
    [['valdate', 'd'], 'Did you mean validate?'],
    [['models', 'verfy'], 'Did you mean models verify?'],
    [['dataset', 'chek', 'd'], 'Did you mean dataset check?'],
  ] as const) {
    it(`is followed by what was meant: ${args.join(' ')}`, async () => {
      const { exitCode, stderr } = await ofx([...args]);
      expect(exitCode).to.equal(2);
      expect(stderr).to.contain(meant);
      const { stdout } = await ofx([...args, '--json']);
      expect((JSON.parse(stdout) as { error: { suggestion: string } }).error.suggestion).to.contain(meant);
    });
  }

  it('is not guessed at where nothing is near', async () => {
    expect((await ofx(['predict', 'a.jpg', '--zebra'])).stderr).to.not.contain('Did you mean');
  });
});

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

describe('a flag that would have no effect', () => {
  for (const [args, flag] of [
    [['validate', 'd', '--max-fpr', '0.01'], '--max-fpr'],
    [['validate', 'd', '--objective', 'recall'], '--objective'],
    [['validate', 'd', '--calibrate', '--objective', 'f1', '--max-fpr', '0.01'], '--max-fpr'],
    [['validate', 'd', '--baseline', 'r'], '--baseline'],
    [['validate', 'd', '--baseline', 'r', '--fail-on', 'image.auc < 0.5'], '--baseline'],
    [['validate', 'samples', '--split', 'samples/README.md', '--layout', 'tp-gt'], '--layout'],
    [['convert', '--setup', '--out', 'x'], '--out'],
    [['convert', 'c.pth', '--out', 'x', '--torch-index', 'https://example.org'], '--torch-index'],
    [['bench', '--max-regression', '5%'], '--max-regression'],
    [['predict', 'samples', '--json', '--format', 'csv'], '--format'],
    [['predict', 'samples', '--resume'], '--resume'],
    [['predict', 'samples', '--report', 'x.html', '--paper', 'letter'], '--paper'],
    [['predict', 'samples', '--report', 'x.html', '--browser', 'x'], '--browser'],
    [['predict', 'samples', '--quiet', '--verbose'], '--verbose'],
    [['predict', 'samples', '--evidence', 'copies', '--tile'], '--tile'],
    [['predict', 'samples', '--evidence', 'copies', '--mirror'], '--mirror'],
    [['predict', 'samples', '--tile', '--mirror'], '--mirror'],
    [['validate', 'samples', '--tile', '--mirror'], '--mirror'],
    [['validate', 'samples', '--mirror', '--size', '288,380'], '--mirror'],
    [['validate', 'samples', '--evidence', 'copies', '--mirror'], '--mirror'],
    [['predict', 'samples', '--evidence', 'copies', '--precision', 'fp32'], '--precision'],
    [['validate', 'samples', '--evidence', 'copies', '--tile'], '--tile'],
    [['validate', 'samples', '--size', '64,64'], '--size'],
    [['validate', 'samples', '--precision', 'fp32', '--precision', 'fp32'], '--precision'],
    [['validate', '--from', 'run', '--into', 'x.json'], '--into'],
    [['validate', '--from', 'run', '--objective', 'recall'], '--objective'],
    [['validate', '--from', 'run', '--max-fpr', '0.1'], '--max-fpr'],
    [['validate', '--from', 'run', '--max-latency', '3s'], '--max-latency'],
    [['bench', '--threads', '1,1'], '--threads'],
    [['convert', 'c.pth', '--out', 'x', '--size', '64', '--size', '64'], '--size'],
    [['batch', 'status', 'run', '--interval', '3'], '--interval'],
    [['batch', 'status', 'run', '--watch', '--format', 'prometheus'], '--watch'],
    [['batch', 'status', 'run', '--watch', '--json'], '--watch'],
    [['batch', 'work', 'run', '--metrics-host', '::'], '--metrics-host'],
    [['serve', '--private-networks', '10.0.0.0/8'], '--private-networks'],
    [['serve', '--webhook-key-file', 'keys'], '--webhook-key-file'],
    [['serve', '--jobs', '0', '--job-expiry', '9'], '--job-expiry'],
    [['serve', '--evidence', 'copies', '--precision', 'fp32'], '--precision'],
    [['predict', ''], 'empty'],
    [['predict', 'samples', ''], 'empty'],
  ] as const) {
    it(`is wrong usage: ${args.join(' ')}`, async () => {
      const { exitCode, stderr } = await ofx([...args]);
      expect(exitCode, stderr).to.equal(2);
      expect(stderr).to.match(new RegExp(`error: .*${flag}`));
    });
  }

  it('is passed over where it comes from the environment, which is there for many calls', async () => {
    const { exitCode, stderr } = await ofx(['dataset', 'check', 'nowhere'], {
      env: { OFX_OUT: 'x', OFX_MAX_FPR: '0.01', OFX_BASELINE: 'r' },
    });
    expect(exitCode, stderr).to.equal(66);
  });
});
