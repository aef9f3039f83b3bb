import { Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { modelFlag, threadsFlag } from '../lib/cli/flags.js';
import { usableCpus } from '../lib/cpu.js';
import type { ServeReport } from '../lib/serve/schemas.js';

export default class Serve extends BaseCommand {
  static override summary = 'Answer over HTTP, with a page for people and an API for programs.';

  static override description =
    'Loads the model, prints the address and answers until it is stopped. Open the address in a browser, or POST images ' +
    'to /v1/predict; /docs describes the API. Stopped by SIGTERM it finishes what it has, then exits with 0.';

  static override examples = [
    '<%= config.bin %> serve',
    'curl --data-binary @photo.jpg http://127.0.0.1:8080/v1/predict',
    '<%= config.bin %> serve --host 0.0.0.0 --token-file tokens.txt --rate 30',
  ];

  static override flags = {
    port: Flags.integer({
      char: 'p',
      description: 'Port; 0 takes a free one',
      default: 8080,
      min: 0,
      max: 65_535,
      helpValue: 'PORT',
    }),
    host: Flags.string({
      description: 'Address to listen on; 0.0.0.0 lets other machines in',
      default: '127.0.0.1',
      helpValue: 'HOST',
    }),
    model: modelFlag,
    size: Flags.integer({
      char: 's',
      description: 'Side of the network’s input [default: 288]',
      min: 1,
      helpValue: 'PIXELS',
    }),
    threads: threadsFlag,
    concurrency: Flags.integer({
      char: 'c',
      description:
        'Images at once, each in a process with a copy of the model [default: 2, 3 from three processors on]',
      min: 1,
      helpValue: 'N',
    }),
    queue: Flags.integer({
      description: 'Requests that may wait; the next one is told to come back',
      default: 16,
      min: 0,
      helpValue: 'N',
    }),
    rate: Flags.integer({
      description: 'Requests a minute from one client; 0 sets no limit',
      default: 120,
      min: 0,
      helpValue: 'N',
    }),
    'max-bytes': Flags.integer({
      description: 'Refuse larger images, in bytes',
      default: 25_000_000,
      min: 1,
      helpValue: 'BYTES',
    }),
    'max-pixels': Flags.integer({
      description: 'Refuse images with more pixels',
      default: 50_000_000,
      min: 1,
      helpValue: 'PIXELS',
    }),
    deadline: Flags.integer({
      description: 'Seconds within which an image that has arrived is answered',
      default: 30,
      min: 1,
      helpValue: 'SECONDS',
    }),
    'upload-timeout': Flags.integer({
      description: 'Seconds within which a request has to arrive',
      default: 60,
      min: 1,
      helpValue: 'SECONDS',
    }),
    'recycle-after': Flags.integer({
      description: 'Images after which a worker process is replaced by a fresh one',
      default: 5000,
      min: 1,
      helpValue: 'N',
    }),
    'worker-memory': Flags.integer({
      description: 'Megabytes from which on a worker process is replaced by a fresh one',
      default: 1024,
      min: 1,
      helpValue: 'MB',
    }),
    'token-file': Flags.string({
      description: 'File with bearer tokens, one a line; requests to /v1 and /metrics must show one',
      helpValue: 'FILE',
    }),
    'trust-proxy': Flags.string({
      description: 'Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas',
      helpValue: 'LIST',
    }),
  };

  /** Ends when the server listens; the process lives as long as the server does. */
  async run(): Promise<ServeReport> {
    const { flags } = await this.parse(Serve);
    const { findModel } = await import('../lib/model/catalogue.js');
    const { readTokens } = await import('../lib/serve/access.js');
    const { startServer } = await import('../lib/serve/server.js');
    const concurrency = flags.concurrency ?? Math.min(3, Math.max(2, usableCpus()));
    const deadlineMs = flags.deadline * 1000;

    const server = await startServer(
      {
        model: await findModel(flags.model),
        size: flags.size,
        concurrency,
        threads: flags.threads ?? Math.max(1, Math.floor(usableCpus() / concurrency)),
        queue: flags.queue,
        rate: flags.rate,
        limits: { maxBytes: flags['max-bytes'], maxPixels: flags['max-pixels'] },
        deadlineMs,
        uploadMs: flags['upload-timeout'] * 1000,
        recycle: { images: flags['recycle-after'], rss: flags['worker-memory'] * 2 ** 20 },
        tokens: flags['token-file'] === undefined ? [] : await readTokens(flags['token-file']),
        trustProxy: flags['trust-proxy'],
      },
      { host: flags.host, port: flags.port },
      { level: flags.quiet ? 'error' : 'info', stream: process.stderr },
    );
    for (const note of server.notes) this.note(note);
    if (!isLoopback(flags.host) && flags['token-file'] === undefined) {
      this.warning(
        `everybody who reaches ${flags.host} may use this server (--token-file asks for a token).`,
      );
    }
    this.print(server.url);
    stopOnSignal(server, deadlineMs);
    return { url: server.url };
  }
}

/** Ctrl-C is answered within a second; a service manager waits for what is being worked on. */
function stopOnSignal(server: { stop: (graceMs: number) => Promise<void> }, deadlineMs: number): void {
  const stop = (graceMs: number, exitStatus: number): void => {
    void server.stop(graceMs).finally(() => process.exit(exitStatus));
  };
  process.once('SIGTERM', () => {
    stop(deadlineMs, 0);
  });
  process.once('SIGINT', () => {
    stop(INTERRUPT_GRACE_MS, 130);
  });
}

const INTERRUPT_GRACE_MS = 700;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
