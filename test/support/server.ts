import { Writable } from 'node:stream';
import sharp from 'sharp';
import type { ServeOptions } from '../../src/lib/serve/options.js';
import { startServer, type RunningServer } from '../../src/lib/serve/server.js';
import { findModel } from '../../src/lib/model/catalogue.js';
import { TINY_MODEL } from './models.js';

export interface TestServer extends RunningServer {
  /** What was logged so far. */
  log: Record<string, unknown>[];
}

/** A server with the tiny model on a free port, open to all and without a limit on the rate. */
export async function startTestServer(options: Partial<ServeOptions> = {}): Promise<TestServer> {
  const log: TestServer['log'] = [];
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.push(JSON.parse(line.toString()) as Record<string, unknown>);
      done();
    },
  });
  const server = await startServer(
    {
      model: await findModel(TINY_MODEL),
      size: 64,
      concurrency: 1,
      threads: 1,
      queue: 16,
      rate: 0,
      limits: { maxBytes: 1_000_000, maxPixels: 50_000_000 },
      deadlineMs: 30_000,
      uploadMs: 30_000,
      recycle: { images: 1000, rss: Infinity },
      tokens: [],
      ...options,
    },
    { host: '127.0.0.1', port: 0 },
    { level: 'info', stream },
  );
  return { ...server, log };
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
