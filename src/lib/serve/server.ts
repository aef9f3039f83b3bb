import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { OfxError, systemCode } from '../core/errors.js';
import { cgroupMemoryLimit } from '../core/memory.js';
import { OFX_VERSION } from '../core/version.js';
import { withoutPassword } from '../text/url.js';
import { buildApp, checkProxies } from './app.js';
import { Connections } from './connections.js';
import { createLog, type LogOptions } from './log.js';
import type { ServeOptions } from './options.js';
import { Service } from './service.js';

export interface RunningServer {
  /** Where it listens, as `http://HOST:PORT`. */
  url: string;
  /** What people should know about the server's own network, and about models that it left out. */
  notes: readonly string[];
  /** As `Service.reload`; what goes wrong is logged. */
  reload: () => Promise<void>;
  /**
   * Takes no more work, finishes what is there, and closes.
   *
   * @param graceMs - what is not done by then is cut off
   * @param reason - why, for the log
   */
  stop: (graceMs: number, reason?: string) => Promise<void>;
}

/**
 * Loads the model, then listens.
 *
 * @param address - port 0 takes a free one
 * @throws {OfxError} USAGE, ADDRESS_UNAVAILABLE, and as `Service.open`
 */
export async function startServer(
  options: ServeOptions,
  address: { host: string; port: number },
  logging: LogOptions,
): Promise<RunningServer> {
  checkProxies(options.trustProxy);
  const log = createLog(logging);
  const service = await Service.open(options, log);
  try {
    const app = await buildApp(service);
    const connections = new Connections(app.server);
    const url = await listen(app, address);
    logStart(service, url);
    return {
      url,
      notes: service.current.notes,
      reload: async () => {
        await service.reload().catch(() => undefined);
      },
      stop: async (graceMs, reason = 'asked to') => {
        log.info({ reason, graceMs }, 'Stopping.');
        await stop(app, service, connections, graceMs);
        log.info('Stopped.');
      },
    };
  } catch (error) {
    // Its processes would keep this one alive.
    await service.close();
    throw error;
  }
}

/** What will be wanted when something is asked about this run later. */
function logStart({ current, options, log }: Service, url: string): void {
  const memoryLimit = cgroupMemoryLimit() ?? null;
  log.info(
    {
      url,
      ofx: OFX_VERSION,
      model: current.network.identity,
      settings: withoutSecrets(options),
      memoryLimit,
    },
    'Serving.',
  );
}

function withoutSecrets({ redis, otlpEndpoint, jobs, ...others }: ServeOptions): object {
  return {
    ...others,
    ...(redis !== undefined && { redis: withoutPassword(redis) }),
    ...(otlpEndpoint !== undefined && { otlpEndpoint: withoutPassword(otlpEndpoint) }),
    jobs: { ...jobs, webhookKeys: jobs?.webhookKeys?.length ?? 0 },
  };
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
  void service.jobs.close();
  const until = performance.now() + graceMs;
  await Promise.all([app.close(), connections.drain(graceMs)]);
  await service.close(Math.max(0, until - performance.now()));
}
