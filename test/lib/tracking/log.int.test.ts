import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { metricAt } from '../../../src/lib/run/summary.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { crc32c } from '../../../src/lib/tracking/crc32c.js';
import { logRun, parseTracker } from '../../../src/lib/tracking/log.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { makeDataset } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/folder.js';
import { ROOT } from '../../support/ofx.js';
import { rejection } from '../../support/rejection.js';
import { tinyValidation } from '../../support/validate-request.js';

/** A Python with MLflow and TensorBoard: `npm run setup:validate-tests` makes one. */
const BIN = path.join(ROOT, '.venv-tracking/bin');
/** Where nothing may be skipped, a test without it fails. */
const has = (name: string): boolean =>
  existsSync(path.join(BIN, name)) || Boolean(process.env['OFX_TEST_REQUIRE_DATA']);

const READ_EVENTS = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload(); tags = events.Tags()
print(json.dumps({'scalars': {t: events.Scalars(t)[0].value for t in tags['scalars']}, 'images': tags['images']}))
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A way to a server of this machine that lets so many requests through, and then breaks off. */
async function goingAway(to: number, requests: number): Promise<{ port: number; close: () => void }> {
  let left = requests;
  const proxy = http.createServer((incoming, answer) => {
    if (left-- <= 0) return void incoming.socket.destroy();
    const { method, url, headers } = incoming;
    const onward = http.request({ host: '127.0.0.1', port: to, method, path: url, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    proxy.close();
    proxy.closeAllConnections();
  };
  return { port: (proxy.address() as AddressInfo).port, close };
}

/** Waits for a server that was just started, and says so where it ended instead. */
async function answering(url: string, server: ChildProcess): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))?.ok) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}.`);
    await sleep(200);
  }
}

describe('a run logged to a tracker', () => {
  const folder = temporaryFolder();
  const measured = async (): Promise<RunRecord> => {
    await makeDataset(folder.file('data'), 8);
    return validate(
      await tinyValidation({ dataset: folder.file('data'), out: folder.file('run'), charts: true }),
    );
  };

  it('is checked by CRC-32C', () => {
    // RFC 3720, appendix B.4: 32 bytes of zeros.
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
    expect(crc32c(Buffer.from('123456789'))).to.equal(0xe3069283);
  });

  it('is refused for what is no tracker before anything is done', async () => {
    for (const text of ['wandb', 'mlflow=', 'mlflow=ftp://host', 'mlflow=folder'])
      expect((await rejection(parseTracker(text))).code).to.equal('USAGE');
  });

  it('says how to send it later where the server is away, and stays whole', async () => {
    const { folder: run, summary } = await measured();
    const port = await freePort();
    const error = await rejection(
      logRun(run, summary, { kind: 'mlflow', place: `http://user:secret@127.0.0.1:${port}` }),
    );
    expect(error.code).to.equal('TRACKING_FAILED');
    expect(error.exitStatus).to.equal(75);
    expect(error.suggestion)
      .to.contain(`--log mlflow=http://127.0.0.1:${port}`)
      .and.to.contain('ofx history');
    expect(`${error.message} ${error.suggestion}`).not.to.contain('secret');
    expect(existsSync(path.join(run, 'summary.json'))).to.equal(true);
  });

  it('is opened by TensorBoard’s own reader', async function () {
    if (!has('tensorboard')) {
      this.test!.title += ' (no TensorBoard here: npm run setup:validate-tests)';
      this.skip();
    }
    const { folder: run, summary } = await measured();
    const tracker = { kind: 'tensorboard', place: folder.file('logs') } as const;
    await logRun(run, summary, tracker);
    await logRun(run, summary, tracker);
    const { scalars, images } = JSON.parse(
      execFileSync(path.join(BIN, 'python'), ['-c', READ_EVENTS, folder.file('logs/run')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as { scalars: Record<string, number>; images: string[] };
    expect(scalars['image/auc']).to.equal(Math.fround(metricAt(summary.metrics, 'image.auc')!.value!));
    expect(scalars['pixel/macro.f1.low']).to.equal(
      Math.fround(metricAt(summary.metrics, 'pixel.macro.f1')!.low!),
    );
    expect(images).to.include('charts/image-roc');
  });

  it('is taken by a real MLflow server, once, though the way there is cut in the middle', async function () {
    if (!has('mlflow')) {
      this.test!.title += ' (no MLflow here: npm run setup:validate-tests)';
      this.skip();
    }
    const { folder: run, summary } = await measured();
    const port = await freePort();
    const place = `http://127.0.0.1:${port}`;
    const server: ChildProcess = spawn(
      path.join(BIN, 'mlflow'),
      [
        ...['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
        ...['--backend-store-uri', `sqlite:///${folder.file('mlflow.db')}`],
        ...['--artifacts-destination', folder.file('artifacts')],
      ],
      { stdio: 'ignore', detached: true, cwd: folder.path },
    );
    try {
      await answering(`${place}/health`, server);
      // The network goes away in the middle: the run is there, without its numbers, and sending it again completes it.
      const cut = await goingAway(port, 4);
      const error = await rejection(
        logRun(run, summary, { kind: 'mlflow', place: `http://127.0.0.1:${cut.port}` }),
      );
      cut.close();
      expect(error.code).to.equal('TRACKING_FAILED');
      await logRun(run, summary, { kind: 'mlflow', place });
      await logRun(run, summary, { kind: 'mlflow', place });
      const response = await fetch(`${place}/api/2.0/mlflow/runs/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ experiment_ids: ['1'], max_results: 10 }),
      });
      const { runs } = (await response.json()) as {
        runs: {
          info: { status: string; run_id: string };
          data: Record<'metrics' | 'params', { key: string; value: number | string }[]>;
        }[];
      };
      expect(runs).to.have.length(1);
      const [{ info, data }] = runs as [(typeof runs)[0]];
      expect(info.status).to.equal('FINISHED');
      const valueOf = (kind: 'metrics' | 'params', name: string): unknown =>
        data[kind].find(({ key }) => key === name)?.value;
      expect(valueOf('metrics', 'image.auc')).to.equal(metricAt(summary.metrics, 'image.auc')!.value);
      expect(valueOf('params', 'model.sha256')).to.equal(summary.model.sha256);
      const artifact = folder.file('artifacts/1', info.run_id, 'artifacts/summary.json');
      expect(existsSync(artifact)).to.equal(true);
    } finally {
      // The server and its workers are a group of their own.
      process.kill(-server.pid!, 'SIGKILL');
    }
  });
});
