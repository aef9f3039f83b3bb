import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { PredictReport, Prediction } from '../../src/lib/predict/result.js';
import { ServeDocumentSchema } from '../../src/lib/serve/schemas.js';
import { temporaryFolder } from '../support/folder.js';
import { installTinyModel, TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, startOfx } from '../support/ofx.js';
import { holdWorkers } from '../support/workers.js';

const SAMPLE = path.join(ROOT, 'samples/splice-dahlia.jpg');
const tiny = ['--model', TINY_MODEL, '--size', '64'];

describe('ofx serve', () => {
  const folder = temporaryFolder();
  let run: ReturnType<typeof startOfx> | undefined;

  /** Starts the real binary on a free port and waits for its address. */
  async function serve(args: readonly string[] = [], env: Record<string, string> = {}): Promise<string> {
    run = startOfx(['serve', ...args], { env: { OFX_PORT: '0', ...env } });
    const started = run;
    return new Promise((resolve, reject) => {
      let text = '';
      started.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const [url] = /http:\/\/[\w.[\]:]+:\d+/.exec(text) ?? [];
        if (url && (!args.includes('--json') || text.endsWith('}\n')))
          resolve(args.includes('--json') ? text : url);
      });
      void started.then(({ stderr }) => {
        reject(new Error(stderr));
      });
    });
  }

  async function askFor(url: string): Promise<Response> {
    return fetch(`${url}/v1/predict`, { method: 'POST', body: await readFile(SAMPLE) });
  }

  async function hasWork(url: string): Promise<void> {
    for (;;) {
      const { running } = (await (await fetch(`${url}/readyz`)).json()) as { running: number };
      if (running > 0) return;
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<{ exitCode: number | undefined; stderr: string }> {
    // Not by `run.kill`, which would lose patience after five seconds.
    process.kill(run!.pid!, signal);
    const { exitCode, stderr } = await run!;
    return { exitCode, stderr };
  }

  afterEach(() => {
    run?.kill('SIGKILL');
  });

  it('prints its address, answers what ofx predict answers, and ends with 0 on SIGTERM', async () => {
    const url = await serve(tiny);
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${url}/v1/predict`, { method: 'POST', body: await readFile(SAMPLE) });
    const { score, regions, tamperedFraction } = (await response.json()) as Prediction;
    const { stdout } = await ofx(['predict', SAMPLE, ...tiny, '--json']);
    const expected = (JSON.parse(stdout) as PredictReport).results[0] as Prediction;
    expect([score, regions, tamperedFraction]).to.deep.equal([
      expected.score,
      expected.regions,
      expected.tamperedFraction,
    ]);
    expect((await stop('SIGTERM')).exitCode).to.equal(0);
  });

  it('finishes what it has before it ends', async () => {
    const url = await serve(tiny);
    const letGo = holdWorkers(run!.pid);
    const running = askFor(url);
    await hasWork(url);
    const stopped = stop('SIGTERM');
    // It takes nothing new from here on.
    while ((await fetch(`${url}/healthz`).catch(() => undefined))?.ok) continue;
    letGo();
    expect((await running).status).to.equal(200);
    expect((await stopped).exitCode).to.equal(0);
  });

  it('ends with 130 on Ctrl-C, whatever it works on', async () => {
    const url = await serve(tiny);
    holdWorkers(run!.pid);
    const running = askFor(url).catch(() => 'cut');
    await hasWork(url);
    expect((await stop('SIGINT')).exitCode).to.equal(130);
    await running;
  });

  it('loads another model on SIGHUP, and says what it does in its log', async () => {
    const first = await installTinyModel(folder.file('model'));
    const url = await serve(['--model', folder.file('model'), '--size', '64']);
    const used = async (): Promise<string> => ((await (await askFor(url)).json()) as Prediction).model.sha256;
    expect(await used()).to.equal(first);
    const second = await installTinyModel(folder.file('model'), 1);
    process.kill(run!.pid!, 'SIGHUP');
    while ((await used()) !== second) continue;
    const log = (await stop('SIGTERM')).stderr.split('\n').map((line) => JSON.parse(line) as { msg: string });
    const said = (text: string): object => log.find(({ msg }) => msg === text)!;
    expect(said('Serving.')).to.deep.include({ url }).and.to.have.nested.property('model.sha256', first);
    expect(said('Serving.')).to.have.nested.property('settings.limits.maxPixels', 100_000_000);
    expect(said('Reloaded.')).to.have.nested.property('model.sha256', second);
    expect(said('Stopping.')).to.include({ reason: 'SIGTERM' });
    expect(log.at(-1)).to.have.property('msg', 'Stopped.');
  });

  it('prints its one document at once with --json', async () => {
    const document: unknown = JSON.parse(await serve([...tiny, '--json']));
    const ajv = new Ajv({ strict: false });
    expect(ajv.validate(ServeDocumentSchema, document), ajv.errorsText()).to.equal(true);
  });

  it('takes every flag from the environment', async () => {
    const tokens = folder.file('tokens');
    await writeFile(tokens, '# mine\n\ncorrect-horse-battery\n');
    const env = {
      OFX_MODEL: TINY_MODEL,
      OFX_SIZE: '64',
      OFX_RATE: '1',
      OFX_TOKEN_FILE: tokens,
      OFX_MAX_BYTES: '9',
    };
    const url = await serve([], env);
    const ask = () =>
      fetch(`${url}/v1/predict`, {
        method: 'POST',
        body: 'ten bytes!',
        headers: { authorization: 'Bearer correct-horse-battery' },
      });
    expect((await ask()).status).to.equal(413);
    expect((await ask()).status).to.equal(429);
  });

  it('takes from flags, the environment and a file what changes an answer, where a request says nothing', async () => {
    await writeFile(folder.file('thresholds.json'), '{"score": 0.011, "temperature": 2}');
    const args = [...tiny, '--thresholds', folder.file('thresholds.json'), '--min-area', '1000000'];
    const url = await serve([...args, '--precision', 'fp32'], { OFX_MASK_THRESHOLD: '0.25' });
    const [said, asked] = (await Promise.all(
      [url, `${url}/v1/predict?scoreThreshold=0.5&maskThreshold=0.75&minArea=0`].map(async (address) => {
        const at = address === url ? `${url}/v1/predict` : address;
        return (await fetch(at, { method: 'POST', body: await readFile(SAMPLE) })).json();
      }),
    )) as [Prediction, Prediction];
    expect([said.scoreThreshold, said.maskThreshold, said.regions]).to.deep.equal([0.011, 0.25, []]);
    expect([asked.scoreThreshold, asked.maskThreshold]).to.deep.equal([0.5, 0.75]);
    const plain = JSON.parse((await ofx(['predict', SAMPLE, ...tiny, '--json'])).stdout) as PredictReport;
    const logit = (p: number): number => Math.log(p / (1 - p));
    expect(logit(said.score)).to.be.closeTo(logit((plain.results[0] as Prediction).score) / 2, 1e-5);
  });

  it('warns where everybody may use it', async () => {
    await serve([...tiny, '--host', '0.0.0.0']);
    expect((await stop('SIGTERM')).stderr).to.contain('--token-file');
  });

  const WRONG: [string, string[], number, RegExp][] = [
    ['a missing model', ['--model', 'no-such-model'], 66, /no-such-model/],
    ['a size that the model lacks', ['--model', TINY_MODEL, '--size', '65'], 2, /65/],
    ['a missing token file', [...tiny, '--token-file', 'no-such-file'], 66, /no-such-file/],
    ['a missing file of thresholds', [...tiny, '--thresholds', 'no-such-file'], 66, /no-such-file/],
    ['a file of thresholds that is none', [...tiny, '--thresholds', SAMPLE], 65, /splice-dahlia/],
    ['a precision that the model lacks', [...tiny, '--precision', 'int8'], 2, /int8/],
    ['a host that is not ours', [...tiny, '--host', '192.0.2.1'], 69, /192\.0\.2\.1/],
    ['a proxy that is none', [...tiny, '--trust-proxy', 'bogus'], 2, /--trust-proxy "bogus".*192\.168/s],
    ['a port that is none', [...tiny, '--port', '70000'], 2, /70000/],
  ];
  for (const [what, args, status, message] of WRONG) {
    it(`${what}: exit status ${status}`, async () => {
      const { exitCode, stderr } = await ofx(['serve', ...args]);
      expect([exitCode, message.test(stderr)]).to.deep.equal([status, true]);
    });
  }

  it('refuses a variable that is no setting', async () => {
    const { exitCode, stderr } = await ofx(['serve', ...tiny], { env: { OFX_MAX_BYTE: '9' } });
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('OFX_MAX_BYTE ').and.to.contain('OFX_MAX_BYTES');
  });

  it('says so when a token is too short to be one', async () => {
    await writeFile(folder.file('tokens'), 'short\n');
    const { exitCode, stderr } = await ofx(['serve', ...tiny, '--token-file', folder.file('tokens')]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('openssl rand');
  });
});
