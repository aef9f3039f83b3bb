import { BaseCommand } from '../lib/cli/base-command.js';
import { asksNetwork } from '../lib/cli/flags.js';
import { serveFlags } from '../lib/cli/serve-flags.js';
import { usableCpus } from '../lib/core/cpu.js';
import { memoryForEach } from '../lib/core/memory.js';
import { planSessions } from '../lib/workers/sessions.js';
import type { ServeReport } from '../lib/serve/schemas.js';
import type { RunningServer } from '../lib/serve/server.js';

export default class Serve extends BaseCommand {
  static override summary = 'Answer over HTTP, with a page for people and an API for programs.';

  static override description =
    'Loads the model, prints the address and answers until it is stopped. Open the address in a browser, or POST images ' +
    'to /v1/predict; /docs describes the API. Stopped by SIGTERM it finishes what it has, then exits with 0; SIGHUP makes it ' +
    'load the model, its thresholds and the tokens again.';

  static override examples = [
    '<%= config.bin %> serve',
    'curl --data-binary @photo.jpg http://127.0.0.1:8080/v1/predict',
    '<%= config.bin %> serve --host 0.0.0.0 --token-file tokens.txt --rate 30',
  ];

  static override flags = serveFlags;

  /** Ends when the server listens; the process lives as long as the server does. */
  async run(): Promise<ServeReport> {
    const { flags } = await this.parse(Serve);
    const { findModel } = await import('../lib/model/catalogue.js');
    const { DEFAULT_LIMITS } = await import('../lib/image/decode/samples.js');
    const { readThresholds } = await import('../lib/model/thresholds-file.js');
    const { readTokens } = await import('../lib/serve/access.js');
    const { parseOrigins } = await import('../lib/serve/cors.js');
    const { readJobSettings } = await import('../lib/serve/jobs/given.js');
    const { startServer } = await import('../lib/serve/server.js');
    const { isLoopback } = await import('../lib/serve/this-machine.js');
    if (flags.jobs === 0)
      this.refuseIdle(['job-bytes', 'job-expiry', 'job-hosts', 'webhook-hosts'], 'with --jobs 0');
    if (flags['job-hosts'] === undefined && flags['webhook-hosts'] === undefined)
      this.refuseIdle(['private-networks'], 'without --job-hosts or --webhook-hosts');
    if (flags['webhook-hosts'] === undefined)
      this.refuseIdle(['webhook-key-file'], 'without --webhook-hosts');
    if (!asksNetwork(flags.evidence)) this.refuseIdle(['precision'], 'where no network is asked');
    const concurrency = flags.concurrency ?? Math.min(3, Math.max(2, usableCpus()));
    const { threads } = planSessions({ threads: flags.threads, concurrency }, Infinity);
    const given = flags['worker-memory'];
    const workerMemory =
      given === undefined ? memoryForEach(concurrency, MOST_WORKER_MEMORY) : given * 2 ** 20;
    const deadlineMs = flags.deadline * 1000;
    const tokenFile = flags['token-file'];
    const started: { server?: RunningServer } = {};
    // As long as there is nothing to load again, it must not end us either.
    process.on('SIGHUP', () => void started.server?.reload());

    const server = await startServer(
      {
        read: async () => ({
          model: await findModel(flags.model),
          tokens: tokenFile === undefined ? [] : await readTokens(tokenFile),
          thresholds: flags.thresholds === undefined ? undefined : await readThresholds(flags.thresholds),
        }),
        secured: tokenFile !== undefined,
        size: flags.size,
        precision: flags.precision,
        evidence: flags.evidence,
        scoreThreshold: flags.threshold,
        maskThreshold: flags['mask-threshold'],
        minArea: flags['min-area'],
        concurrency,
        threads,
        queue: flags.queue,
        rate: flags.rate ?? RATE,
        ratesThisMachine: flags.rate !== undefined,
        limits: { maxBytes: flags['max-bytes'], maxPixels: flags['max-pixels'] ?? DEFAULT_LIMITS.maxPixels },
        deadlineMs,
        uploadMs: flags['upload-timeout'] * 1000,
        recycle: { images: flags['recycle-after'], rss: workerMemory },
        trustProxy: flags['trust-proxy'],
        redis: flags.redis,
        otlpEndpoint: flags['otlp-endpoint'],
        origins: parseOrigins(flags['cors-origins']),
        jobs: await readJobSettings(flags),
      },
      { host: flags.host, port: flags.port },
      { level: flags.quiet ? 'error' : flags['log-level'], stream: process.stderr },
    );
    started.server = server;
    for (const note of server.notes) this.note(note);
    if (!isLoopback(flags.host) && tokenFile === undefined) {
      this.warning(
        `everybody who reaches ${flags.host} may use this server (--token-file asks for a token).`,
      );
    }
    // Programs wait for this line: with port 0 nothing else tells them the address.
    this.printDocument(server.url);
    stopOnSignal(server, deadlineMs);
    return { url: server.url };
  }
}

/** Ctrl-C is answered within a second; a service manager waits for what is being worked on. */
function stopOnSignal(server: RunningServer, deadlineMs: number): void {
  const stop = (signal: string, graceMs: number, exitStatus: number): void => {
    void server.stop(graceMs, signal).finally(() => process.exit(exitStatus));
  };
  process.once('SIGTERM', () => {
    stop('SIGTERM', deadlineMs, 0);
  });
  process.once('SIGINT', () => {
    stop('SIGINT', INTERRUPT_GRACE_MS, 130);
  });
}

/** Requests a minute from one client of another machine, where nothing is said. */
const RATE = 120;

/** Of a worker, in bytes, where nothing else is said. */
const MOST_WORKER_MEMORY = 1024 * 2 ** 20;

const INTERRUPT_GRACE_MS = 700;
