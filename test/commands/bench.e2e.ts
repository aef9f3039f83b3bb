import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { BenchDocumentSchema, type BenchReport } from '../../src/lib/bench/result.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx } from '../support/ofx.js';

const tiny = ['bench', '--model', TINY_MODEL, '--size', '64'];
/** The least that can be measured: what is tested is structure, gates and exit statuses, never times. */
const brief = [...tiny, '--inference-only', '--concurrency', '1', '--runs', '3'];

const parse = (text: string): BenchReport => JSON.parse(text) as BenchReport;

describe('ofx bench', () => {
  const folder = temporaryFolder();

  it('measures photos from file to mask, one, two and three at once, and writes every form', async () => {
    const out = folder.file('out');
    const { exitCode, stdout, stderr } = await ofx([
      ...[
        ...tiny,
        '--runs',
        '4',
        ...['p95 > 60s', 'rss > 8GB', 'throughput < 1/h'].flatMap((text) => ['--fail-on', text]),
        '--profile',
      ],
      ...['--json', '--out', out, '--csv', folder.file('b.csv'), '--junit', folder.file('j.xml')],
    ]);
    expect(stderr).not.to.contain('gate failed');
    expect(exitCode).to.equal(0);
    const report = parse(stdout);
    const validate = new Ajv({ strict: false }).compile(BenchDocumentSchema);
    expect(validate(report), JSON.stringify(validate.errors)).to.equal(true);

    expect(report.mode).to.equal('photos');
    expect(report.photos).to.have.length(6).and.include('authentic-cat.jpg');
    expect(report.configurations.map(({ concurrency }) => concurrency)).to.deep.equal([1, 2, 3]);
    for (const { latencyMs, samples, memory, network, throughputPerSecond } of report.configurations) {
      expect(Object.keys(latencyMs)).to.deep.equal([
        'decode',
        'preprocess',
        'inference',
        'postprocess',
        'encode',
        'total',
      ]);
      expect(samples.total).to.have.length(4);
      // A step is a part of the whole.
      for (const [run, total] of samples.total.entries()) expect(samples.inference[run]).to.be.below(total);
      expect(latencyMs.total.min).to.be.at.most(latencyMs.total.p50).and.above(0);
      expect(latencyMs.total.p50).to.be.at.most(latencyMs.total.max);
      // Node alone takes more than 30 MB.
      expect(memory.peakBytes).to.be.within(30e6, 4e9);
      expect(memory.steadyBytes).to.be.at.most(memory.peakBytes * 1.01);
      expect(throughputPerSecond).to.be.above(0);
      expect(network).to.include({ name: 'tiny', inputSize: 64, precision: 'fp32' });
    }
    expect(report.coldStarts[0]!.samplesMs).to.have.length.within(1, 3);
    expect(report.coldStarts[0]!.medianLoadMs).to.be.below(report.coldStarts[0]!.medianMs);
    expect(report.recommendations).to.have.length(1);
    expect(report.profiles[0]!.operators).not.to.be.empty;
    expect(report.profiles[0]!.operators.reduce((sum, { share }) => sum + share, 0)).to.be.closeTo(1, 1e-6);
    expect(report.gates).to.have.length(9);

    expect((await readdir(path.join(out, 'charts'))).filter((name) => name.endsWith('.svg'))).to.deep.equal([
      'latency-concurrency.svg',
      'latency-distribution.svg',
      'memory.svg',
    ]);
    expect(await readdir(out)).to.include.members([
      'bench.csv',
      'bench.json',
      'bench.md',
      'junit.xml',
      'samples.csv',
    ]);
    expect(parse(await readFile(path.join(out, 'bench.json'), 'utf8'))).to.deep.equal(report);
    expect((await readFile(folder.file('b.csv'), 'utf8')).split('\n')[1]).to.contain('tiny');
    expect(await readFile(folder.file('j.xml'), 'utf8')).to.contain('tests="9" failures="0"');
  });

  it('exits with 3 and names each gate that failed, under Actions as annotations too', async () => {
    const conditions = ['p95 > 0.001ms', 'rss > 8GB', 'throughput < 100000/s'];
    const { exitCode, stdout, stderr } = await ofx(
      [...brief, ...conditions.flatMap((text) => ['--fail-on', text]), '--junit', folder.file('j.xml')],
      {
        env: { GITHUB_ACTIONS: 'true' },
      },
    );
    expect(exitCode).to.equal(3);
    expect(stderr.match(/^gate failed: .*$/gm)).to.have.length(2);
    expect(stderr).to.match(/^gate failed: fail on p95 > 0\.001ms \(tiny 64 fp32, .*\): p95 is /m);
    expect(stderr).to.match(/^::error title=ofx bench%3A gate failed::fail on throughput < 100000\/s/m);
    expect(stdout).to.contain('✗ fail on p95 > 0.001ms').and.contain('✓ fail on rss > 8GB');
    expect(await readFile(folder.file('j.xml'), 'utf8')).to.contain('failures="2"');
  });

  it('compares with a baseline of this machine, and refuses another’s', async () => {
    const first = await ofx([...brief, '--fail-on', 'none', '--json']);
    expect(first.exitCode).to.equal(0);
    const baseline = parse(first.stdout);
    const write = async (change: (document: BenchReport) => void): Promise<string> => {
      const document = structuredClone(baseline);
      change(document);
      await writeFile(folder.file('baseline.json'), JSON.stringify(document));
      return folder.file('baseline.json');
    };
    const compare = async (file: string, ...more: string[]): ReturnType<typeof ofx> =>
      ofx([...brief, '--baseline', file, ...more, '--json']);

    const faster = await compare(
      await write(({ configurations: [only] }) => {
        only!.samples.total = only!.samples.total.map((ms) => ms / 1000);
        only!.memory.peakBytes = Math.round(only!.memory.peakBytes / 2);
        only!.throughputPerSecond *= 1000;
      }),
    );
    expect(faster.exitCode).to.equal(3);
    expect(faster.stderr)
      .to.match(/gate failed: latency regression<=10%/)
      .and.match(/gate failed: rss/);
    expect(parse(faster.stdout).gates.map(({ passed }) => passed)).to.deep.equal([false, false, false]);

    const foreign = await write(({ machine }) => {
      machine.node = '18.0.0';
      machine.fingerprint = '0';
    });
    const refused = await compare(foreign);
    expect(refused.exitCode).to.equal(2);
    expect(refused.stderr).to.contain('another machine').and.contain('18.0.0 there').and.contain('--force');
    const unlike = await compare(
      await write(({ configurations: [only] }) => {
        only!.concurrency = 7;
      }),
    );
    expect(unlike.exitCode).to.equal(3);
    expect(unlike.stderr).to.contain('gate failed: baseline');
  });

  it('measures two models in turns and gates on their ratio', async () => {
    const against = [...brief, '--against', TINY_MODEL, '--json'];
    const equal = await ofx([...against, '--max-regression', '100000%']);
    expect(equal.exitCode).to.equal(0);
    const { against: comparisons, configurations, gates } = parse(equal.stdout);
    expect(comparisons).to.have.length(1);
    expect(comparisons[0]!.latency.low).to.be.at.most(comparisons[0]!.latency.value).and.above(0);
    expect(configurations).to.have.length(2);
    expect(configurations[0]!.id).not.to.equal(configurations[1]!.id);
    expect(gates.map(({ passed }) => passed)).to.deep.equal([true, true]);

    // 380 has 35 times the pixels of 64: more than any noise.
    const slow = await ofx([
      ...['bench', '--model', path.join(TINY_MODEL, 'tiny-380.onnx'), '--inference-only', '--runs', '5'],
      ...['--against', path.join(TINY_MODEL, 'tiny-64.onnx'), '--max-regression', '0%'],
    ]);
    expect(slow.exitCode).to.equal(3);
    expect(slow.stderr).to.contain('gate failed: latency regression<=0%');

    // The shipped network holds 19 MB of weights and all that lies between its layers, the tiny one nothing.
    const large = await ofx([
      ...['bench', '--model', 'objectformer-lite', '--size', '288', '--inference-only', '--runs', '3'],
      ...['--against', TINY_MODEL, '--max-regression', '2%'],
    ]);
    expect(large.exitCode).to.equal(3);
    expect(large.stderr).to.contain('gate failed: rss regression<=2%');
  });

  it('sweeps sizes and threads in one table', async () => {
    const { exitCode, stdout } = await ofx([
      ...['bench', '--model', TINY_MODEL, '--inference-only', '--runs', '2', '--fail-on', 'none'],
      ...['--size', '64,288', '--threads', '1,2', '--concurrency', '1', '--markdown', '-'],
    ]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^## Benchmark: no gates/);
    expect(stdout.match(/^\| tiny (64|288) fp32 \| [12] \| 1 \|/gm)).to.have.length(4);
  });

  for (const [reason, args, status, message] of [
    ['a condition that cannot be read', ['--fail-on', 'p95 > 500'], 2, 'needs a unit'],
    [
      'a condition on what is not measured',
      ['--fail-on', 'p95[concurrency=4] > 5ms'],
      2,
      '--concurrency 1,4',
    ],
    [
      'the flag that --fail-on replaced',
      ['--budget', 'p95@1<=500ms,rss<2GB'],
      2,
      '--fail-on "p95[concurrency=1] > 500ms" --fail-on "rss >= 2GB"',
    ],
    ['a size that the model lacks', ['--size', '999'], 2, 'has no variant 999'],
    ['a time that is none', ['--duration', 'soon'], 2, '--duration 30s'],
    ['a model that is not there', ['--model', 'nowhere'], 66, 'There is no model "nowhere"'],
    ['a baseline that is not there', ['--baseline', 'absent.json'], 66, 'Cannot read the baseline'],
  ] as const) {
    it(`refuses ${reason} before measuring`, async () => {
      const base = args[0] === '--model' ? ['bench'] : ['bench', '--model', TINY_MODEL];
      const { exitCode, stderr } = await ofx([...base, '--inference-only', '--concurrency', '1', ...args]);
      expect(stderr).to.contain(message);
      expect(exitCode).to.equal(status);
    });
  }

  it('refuses a folder without photos', async () => {
    await writeFile(folder.file('notes.txt'), 'nothing to see');
    const { exitCode } = await ofx([...tiny, '--images', folder.path]);
    expect(exitCode).to.equal(66);
  });
});
