import type { AddressInfo } from 'node:net';
import { OfxError, systemCode } from '../errors.js';
import { buildApp, type LogOptions } from './app.js';
import type { ServeOptions } from './options.js';
import { openService } from './service.js';

export interface RunningServer {
  /** Where it listens, as `http://HOST:PORT`. */
  url: string;
  /** What people should know about the server's own network. */
  notes: string[];
  /**
   * Takes no more work, finishes what is there, and closes.
   *
   * @param graceMs - what is not done by then is cut off
   */
  stop: (graceMs: number) => Promise<void>;
}

/**
 * Loads the model, then listens.
 *
 * @param address - port 0 takes a free one
 * @throws {OfxError} ADDRESS_UNAVAILABLE, and as `openService`
 */
export async function startServer(
  options: ServeOptions,
  { host, port }: { host: string; port: number },
  log: LogOptions,
): Promise<RunningServer> {
  const service = await openService(options);
  const app = await buildApp(service, log);
  const stop = async (graceMs: number): Promise<void> => {
    service.stopping = true;
    const until = performance.now() + graceMs;
    const cut = setTimeout(() => {
      app.server.closeAllConnections();
    }, graceMs);
    await app.close();
    clearTimeout(cut);
    await service.pool.close(Math.max(0, until - performance.now()));
  };
  try {
    await app.listen({ host, port });
  } catch (error) {
    await stop(0);
    const code = systemCode(error) ?? 'unknown error';
    throw new OfxError('ADDRESS_UNAVAILABLE', `Cannot listen on ${host}:${port} (${code}).`, {
      suggestion: 'Choose another --port (0 takes a free one) or --host.',
      cause: error,
    });
  }
  const bound = (app.server.address() as AddressInfo).port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, notes: service.notes, stop };
}
