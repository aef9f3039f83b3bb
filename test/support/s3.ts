import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH_PYTHON } from './batch.js';

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface Service {
  url: string;
  process: ChildProcess;
  stop: () => Promise<void>;
}

/** moto's S3: in memory, with the semantics of S3's conditions and ranges. */
export async function startMoto(): Promise<Service> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(BATCH_PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  for (let answered = false; !answered && child.exitCode === null;) {
    answered = await fetch(url).then(
      () => true,
      async () => {
        await sleep(100);
        return false;
      },
    );
  }
  return {
    url,
    process: child,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
