import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './s3.js';

/** A redis-server of the test's own, in a folder that outlives its process. */
export class RedisServer {
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly appendOnly: boolean,
  ) {}

  static async start(folder: string, { appendOnly = true } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), folder, appendOnly);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const appendOnly = this.appendOnly ? 'yes' : 'no';
    const options = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.folder,
      save: '',
      appendonly: appendOnly,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#child = spawn('redis-server', [...flags, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
    for (let answer = ''; !answer.startsWith('+PONG');) {
      if (this.#child.exitCode !== null) throw new Error(`redis-server ended with ${this.#child.exitCode}`);
      answer = await this.command('PING').catch(() => '');
      if (!answer.startsWith('+PONG')) await sleep(20);
    }
  }

  /** One command in the inline form of the protocol, and the first piece of its answer. */
  async command(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write(`${text}\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString();
    } finally {
      socket.destroy();
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}

/** A redis-server for the tests of a suite; its address is known once they run. */
export function redisForSuite(): Pick<RedisServer, 'url' | 'start' | 'kill'> {
  let folder: string;
  let redis: RedisServer;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-redis-'));
    redis = await RedisServer.start(folder);
  });
  after(async () => {
    await redis.kill();
    await rm(folder, { recursive: true });
  });
  return {
    get url() {
      return redis.url;
    },
    start: () => redis.start(),
    kill: () => redis.kill(),
  };
}
