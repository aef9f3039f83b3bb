import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './s3.js';

const DEBIAN = '/usr/lib/postgresql';

/** Where Debian keeps the newest server's programs; undefined where there is none. */
export const POSTGRES_BIN = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .map((version) => path.join(DEBIAN, version, 'bin'))
      .filter((folder) => existsSync(path.join(folder, 'initdb')))
      .at(-1)
  : undefined;

/** A PostgreSQL of the test's own; never as root, which it refuses. */
export class PostgresServer {
  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<PostgresServer> {
    // Its user may not enter a folder of root's.
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ofx-postgres-'));
    const server = new PostgresServer(await freePort(), path.join(folder, 'data'));
    if (isRoot()) chownSync(folder, ...userIds());
    run('initdb', ['-D', server.folder, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8']);
    server.start();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  start(): void {
    const options = `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on`;
    run('pg_ctl', ['-D', this.folder, '-w', '-l', path.join(this.folder, 'log'), '-o', options, 'start']);
  }

  remove(): void {
    this.stop();
    rmSync(path.dirname(this.folder), { recursive: true, force: true });
  }

  /** `immediate` is what a crash does. */
  stop(mode: 'fast' | 'immediate' = 'immediate'): void {
    run('pg_ctl', ['-D', this.folder, '-m', mode, '-w', 'stop']);
  }
}

function run(program: string, args: readonly string[]): void {
  const command = [path.join(POSTGRES_BIN!, program), ...args];
  const asUser = isRoot()
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...command]
    : command;
  execFileSync(asUser[0]!, asUser.slice(1), { stdio: 'ignore', cwd: '/' });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function userIds(): [number, number] {
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres']).stdout.toString());
  return [id('-u'), id('-g')];
}
