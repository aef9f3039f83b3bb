import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built binary. */
export const BINARY = fileURLToPath(new URL('../bin/run.js', import.meta.url));

export interface Serving {
  url: string;
  /** Resident memory of the server and all its workers, in MiB. */
  memory: () => Promise<number>;
  /** A metric's value, by its name and labels as Prometheus reads them. */
  metric: (name: string) => Promise<number>;
  /** @returns the exit status */
  stop: () => Promise<number | null>;
}

/** Starts `ofx serve` on a free port of this machine. */
export async function startServing(args: readonly string[]): Promise<Serving> {
  const child = spawn(process.execPath, [BINARY, 'serve', '--port', '0', '--rate', '0', '--quiet', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const url = chunk.toString().trim();
  return {
    url,
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
      child.kill('SIGTERM');
      const [status] = (await once(child, 'exit')) as [number | null];
      return status;
    },
  };
}

/** From /proc, the process and its children. */
async function residentMemory({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const pids = [String(pid), ...children.trim().split(' ').filter(Boolean)];
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
