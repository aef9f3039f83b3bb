import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import { parseTokens } from '../../src/lib/serve/access.js';
import type { ServeOptions } from '../../src/lib/serve/options.js';
import type { Problem } from '../../src/lib/serve/problem.js';
import type { Readiness } from '../../src/lib/serve/schemas.js';
import { startServer, type RunningServer } from '../../src/lib/serve/server.js';
import { findModel } from '../../src/lib/model/catalogue.js';
import { description, expectDocumented } from './documented.js';
import { TINY_MODEL } from './models.js';

export interface TestServer extends RunningServer {
  /** What was logged so far. */
  log: Record<string, unknown>[];
}

export interface TestOptions extends Partial<ServeOptions> {
  /** Folder or file of the model. [the tiny one] */
  model?: string;
  /** Lines of a token file. */
  tokens?: readonly string[];
}

/** A server with the tiny model on a free port, open to all and without a limit on the rate. */
export async function startTestServer({
  model = TINY_MODEL,
  tokens = [],
  ...options
}: TestOptions = {}): Promise<TestServer> {
  const log: TestServer['log'] = [];
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
  const server = await startServer(
    {
      read: async () => ({
        model: await findModel(model),
        tokens: tokens.length > 0 ? parseTokens(tokens.join('\n'), 'tokens') : [],
      }),
      secured: tokens.length > 0,
      size: 64,
      concurrency: 1,
      threads: 1,
      queue: 16,
      rate: 0,
      ratesThisMachine: true,
      limits: { maxBytes: 1_000_000, maxPixels: 50_000_000 },
      deadlineMs: 30_000,
      uploadMs: 30_000,
      recycle: { images: 1000, rss: Infinity },
      ...options,
    },
    { host: '127.0.0.1', port: 0 },
    { level: 'info', stream },
  );
  const api = await description(server.url, tokens.length > 0);
  return {
    ...server,
    log,
    stop: async (...how) => {
      await server.stop(...how);
      expectDocumented(api, log);
    },
  };
}

/** A black picture with a white square, which the tiny model marks. */
export async function picture(side = 100): Promise<Buffer> {
  const white = sharp({
    create: { width: side / 2, height: side / 2, channels: 3, background: 'white' },
  }).png();
  return sharp({ create: { width: side, height: side, channels: 3, background: 'black' } })
    .composite([{ input: await white.toBuffer(), left: side / 4, top: side / 4 }])
    .png()
    .toBuffer();
}

/** A form with files in the field `image`. */
export function form(files: Record<string, Uint8Array>, field = 'image'): FormData {
  const data = new FormData();
  for (const [name, bytes] of Object.entries(files)) data.append(field, new Blob([bytes]), name);
  return data;
}

/** Status, and of a problem its code. */
export async function problemCode(response: Response): Promise<string> {
  const { code } = response.ok ? { code: '' } : ((await response.json()) as Problem);
  return `${response.status} ${code}`.trim();
}

/** Asks `/readyz` until it says all that is wanted. */
export async function untilReadiness({ url }: { url: string }, wanted: Partial<Readiness>): Promise<void> {
  for (;;) {
    const now = (await (await fetch(`${url}/readyz`)).json()) as Readiness;
    const said = Object.keys(wanted).every((key) =>
      isDeepStrictEqual(now[key as keyof Readiness], wanted[key as keyof Readiness]),
    );
    if (said) return;
    await sleep(5);
  }
}
