import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { OfxError, systemCode } from '../core/errors.js';
import { buildApp, checkProxies, type LogOptions } from './app.js';
import { Connections } from './connections.js';
import type { ServeOptions } from './options.js';
import { openService, type Service } from './service.js';

export interface RunningServer {
  /** Where it listens, as `http://HOST:PORT`. */
  url: string;
  /** What people should know about the server's own network, and about models that it left out. */
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
 * @throws {OfxError} USAGE, ADDRESS_UNAVAILABLE, and as `openService`
 */
export async function startServer(
  options: ServeOptions,
  address: { host: string; port: number },
  log: LogOptions,
): Promise<RunningServer> {
  checkProxies(options.trustProxy);
  const service = await openService(options);
  try {
    const app = await buildApp(service, log);
    const connections = new Connections(app.server);
    const url = await listen(app, address);
    return { url, notes: service.notes, stop: (graceMs) => stop(app, service, connections, graceMs) };
  } catch (error) {
    // Its processes would keep this one alive.
    await service.pool.close();
    throw error;
  }
}

async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const code = systemCode(error) ?? 'unknown error';
    throw new OfxError('ADDRESS_UNAVAILABLE', `Cannot listen on ${host}:${port} (${code}).`, {
      suggestion: 'Choose another --port (0 takes a free one) or --host.',
      cause: error,
    });
  }
  const bound = (app.server.address() as AddressInfo).port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

async function stop(
  app: FastifyInstance,
  service: Service,
  connections: Connections,
  graceMs: number,
): Promise<void> {
  service.stopping = true;
  const until = performance.now() + graceMs;
  await Promise.all([app.close(), connections.drain(graceMs)]);
  await service.pool.close(Math.max(0, until - performance.now()));
}
