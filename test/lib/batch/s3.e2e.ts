import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { MOST_REFUSALS } from '../../../src/lib/batch/refusals.js';
import { S3Fetcher } from '../../../src/lib/batch/s3-images.js';
import { S3Store } from '../../../src/lib/batch/store/s3-store.js';
import { openS3 } from '../../../src/lib/batch/store/s3.js';
import type { BatchCollect } from '../../../src/lib/batch/result.js';
import { BATCH_PYTHON, describeWith, figures, makePhotos, predicted } from '../../support/batch.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { ofx } from '../../support/ofx.js';
import { rejection } from '../../support/rejection.js';
import { startMoto, type Service } from '../../support/s3.js';

const BUCKET = 'photos';
const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };

describeWith(BATCH_PYTHON, 'ofx batch on S3', () => {
  const folder = temporaryFolder();
  let moto: Service;
  let client: S3Client;
  let env: Record<string, string>;

  before(async () => {
    moto = await startMoto();
    env = { ...KEYS, AWS_ENDPOINT_URL: moto.url };
    Object.assign(process.env, env);
    client = new S3Client({ endpoint: moto.url, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  after(async () => {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    client.destroy();
    await moto.stop();
  });
  const put = async (key: string, body: Uint8Array) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));

  /** A folder with a run of so many objects. */
  const planned = async (count: number) => {
    const keys = Array.from({ length: count }, (_, number) => `s3://${BUCKET}/image-${number}.png`);
    await writeFile(folder.file('list.txt'), keys.join('\n'));
    await ofx(['batch', 'plan', '--list', 'list.txt', '--out', 'run', '--model', TINY_MODEL], {
      env,
      cwd: folder.path,
    });
    return folder.path;
  };

  it('scores objects of any key as ofx predict scores files, into a run on S3 (test 10)', async () => {
    const odd = ['a b', 'plus+', 'amp&', 'ünï', 'per%cent', "quo'te", 'ha#sh', '😀', 'x'.repeat(900)];
    await makePhotos(folder.file('photos'), odd.length + 2);
    const files = (await readdir(folder.file('photos'))).sort();
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    const keys = [...odd.map((name) => `in/${name}.png`), 'in/x', 'in/x/y.png'];
    for (const [index, key] of keys.entries())
      await put(key, await readFile(folder.file('photos', files[index]!)));
    await put('input/beside.png', Buffer.from('a prefix is a folder'));

    const { exitCode, stdout, stderr } = await ofx(
      [
        'batch',
        'run',
        `s3://${BUCKET}/in`,
        '--out',
        `s3://${BUCKET}/run`,
        '--format',
        'ndjson',
        '--shard-size',
        '4',
        '--json',
        '--model',
        TINY_MODEL,
      ],
      { env, cwd: folder.path },
    );
    expect(exitCode, stderr).to.equal(0);
    // `in/x` has no image's name and is not taken from a listing.
    expect((JSON.parse(stdout) as BatchCollect).images).to.equal(keys.length - 1);
    const store = new S3Store(`s3://${BUCKET}/run`, await openS3());
    const lines = Buffer.from((await store.read('results.ndjson'))!)
      .toString()
      .split('\n')
      .filter(Boolean);
    const rows = lines.map((line) => JSON.parse(line) as { image: string; score: number; etag: string });
    for (const { image, score, etag } of rows) {
      const index = keys.indexOf(image.slice(`s3://${BUCKET}/`.length));
      expect(expected.get(`photos/${files[index]!}`), image).to.have.property('score', score);
      expect(etag).to.match(/^"[0-9a-f]{32}"$/);
    }
    figures(`${rows.length} objects with odd keys: the digits of ofx predict`);
  });

  it('lets the first of many writers win (test 9)', async () => {
    const store = new S3Store(`s3://${BUCKET}/race`, await openS3());
    let won = 0;
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.all(
        [1, 2, 3].map(async (writer) => store.create(`part-${round}`, `by ${writer}`)),
      );
      won += outcomes.filter((outcome) => outcome === 'created').length;
    }
    expect(won).to.equal(20);
    expect(await store.create('part-0', 'later')).to.equal('exists');
    figures('20 races of 3 writers: 20 winners');
  });

  it('tells an object that is missing, or was replaced, from a store that fails (test 8)', async () => {
    const fetcher = new S3Fetcher(1000);
    const signal = new AbortController().signal;
    await put('one', Buffer.from('one'));
    expect((await rejection(fetcher.fetch({ key: `s3://${BUCKET}/none` }, signal))).code).to.equal(
      'INPUT_MISSING',
    );
    expect(
      (await rejection(fetcher.fetch({ key: `s3://${BUCKET}/one`, etag: '"other"' }, signal))).code,
    ).to.equal('IMAGE_CHANGED');
    await put('large', Buffer.alloc(1001));
    expect((await rejection(fetcher.fetch({ key: `s3://${BUCKET}/large` }, signal))).code).to.equal(
      'IMAGE_TOO_LARGE',
    );
  });

  it('leaves after many objects that it may not read, and at once where its credentials are not accepted', async () => {
    for (const [name, most] of [
      ['AccessDenied', MOST_REFUSALS],
      ['ExpiredToken', 1],
    ] as const) {
      const server = createServer((_request, response) => {
        response.writeHead(403, { 'content-type': 'application/xml' });
        response.end(`<Error><Code>${name}</Code><Message>No.</Message></Error>`);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const worker = await ofx(['batch', 'work', 'run'], {
        env: { ...env, AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
        cwd: await planned(MOST_REFUSALS + 5),
      });
      server.closeAllConnections();
      server.close();
      expect(
        [worker.exitCode, worker.stderr.includes(most === 1 ? 'credentials' : 'in a row')],
        worker.stderr,
      ).to.deep.equal([74, true]);
    }
  });

  describe('from a store that misbehaves', () => {
    let server: Server;
    let answers: ((n: number) => 'half' | 'stall' | 'slow down' | 'whole' | 'refuse')[];
    let asked = 0;

    beforeEach(async () => {
      asked = 0;
      server = createServer((_request, response) => {
        const body = Buffer.from('0123456789');
        const answer = answers[0]!(++asked);
        if (answer === 'slow down' || answer === 'refuse') {
          response.writeHead(answer === 'refuse' ? 403 : 503, { 'content-type': 'application/xml' });
          response.end(`<Error><Code>${answer === 'refuse' ? 'AccessDenied' : 'SlowDown'}</Code></Error>`);
          return;
        }
        response.writeHead(200, { 'content-length': '10', etag: '"e"' });
        if (answer === 'whole') response.end(body);
        else {
          response.write(body.subarray(0, 5));
          if (answer === 'half') setTimeout(() => response.destroy(), 10);
        }
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    const limits = { forMs: 60_000, silenceMs: 300 };
    const fetchOne = async (forMs = limits.forMs) => {
      const sdk = await import('@aws-sdk/client-s3');
      const { port } = server.address() as AddressInfo;
      const s3 = {
        sdk,
        client: new S3Client({
          endpoint: `http://127.0.0.1:${port}`,
          region: 'us-east-1',
          forcePathStyle: true,
          maxAttempts: 1,
        }),
      };
      return new S3Store('s3://b/run', s3, { ...limits, forMs }).read('image');
    };

    it('asks again where a body breaks off or stalls, and where it is told to slow down (test 8)', async () => {
      answers = [(n) => (n <= 2 ? 'half' : n <= 4 ? 'stall' : n <= 8 ? 'slow down' : 'whole')];
      expect(Buffer.from((await fetchOne())!).toString()).to.equal('0123456789');
      figures(`2 half bodies, 2 that stall, 4 x SlowDown: whole at request ${asked}`);
    });

    it('gives up after a while, as the machine and not the image', async () => {
      answers = [() => 'slow down'];
      const error = await rejection(fetchOne(1000));
      expect([error.code, error.exitStatus]).to.deep.equal(['IO_FAILED', 74]);
    });

    it('does not ask again where it may not read', async () => {
      answers = [() => 'refuse'];
      await rejection(fetchOne());
      expect(asked).to.equal(1);
    });
  });
});
