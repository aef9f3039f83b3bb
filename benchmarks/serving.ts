import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The built binary. */
export const BINARY = fileURLToPath(new URL('../bin/run.js', import.meta.url));

export interface Serving {
  url: string;
  pid: number;
  /** Process ids of what it started. */
  workers: () => Promise<number[]>;
  /** Resident memory of the server and all its workers, in MiB. */
  memory: () => Promise<number>;
  /** A metric's value, by its name and labels as Prometheus reads them. */
  metric: (name: string) => Promise<number>;
  /** @returns the exit status */
  stop: () => Promise<number | null>;
  /** Whether the process is still there. */
  isAlive: () => boolean;
}

/** Starts `ofx serve` on a free port of this machine. */
export async function startServing(
  args: readonly string[],
  { stderr = 'inherit', env = {} }: { stderr?: 'inherit' | 'ignore' | number; env?: NodeJS.ProcessEnv } = {},
): Promise<Serving> {
  // What is written to a file is looked at.
  const quiet = typeof stderr === 'number' ? [] : ['--quiet'];
  const child = spawn(process.execPath, [BINARY, 'serve', '--port', '0', '--rate', '0', ...quiet, ...args], {
    stdio: ['ignore', 'pipe', stderr],
    env: { ...process.env, ...env },
  }) as ChildProcess & { stdout: Readable };
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The server did not start.')));
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  const url = chunk.toString().trim();
  return {
    url,
    pid: child.pid!,
    workers: () => childrenOf(child.pid!),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    memory: () => residentMemory(child),
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const [status] = (await once(child, 'exit')) as [number | null];
      return status;
    },
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** From /proc, the process and its children. */
async function residentMemory({ pid }: ChildProcess): Promise<number> {
  const pids = [pid, ...(await childrenOf(pid!))];
  const sizes = await Promise.all(
    pids.map(async (one) => {
      const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

/** The photos of a folder, as they would be sent. */
export async function readPhotos(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
  return Promise.all(names.map((name) => readFile(path.join(folder, name))));
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** mulberry32: small, seeded, good enough to choose by. */
export function generator(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Prints what holds and what does not; the process ends with 1 where anything does not. */
export class Verdicts {
  #failed = false;

  check(what: string, holds: boolean, figures = ''): void {
    console.log(`${holds ? 'ok    ' : 'FAILED'}  ${what}${figures && `: ${figures}`}`);
    this.#failed ||= !holds;
  }

  end(): never {
    process.exit(this.#failed ? 1 : 0);
  }
}
