import { execFileSync } from 'node:child_process';

/** Processes that work for a server, by their numbers; a server in this process works with this process's children. */
export function workersOf(server: number = process.pid): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(server)], { encoding: 'utf8' });
  return table
    .split('\n')
    .filter((line) => line.includes('analysis-worker'))
    .map((line) => Number.parseInt(line));
}

/**
 * Stops a server's workers where they are, so that what they are given takes as long as a test wants, on a machine of any
 * speed.
 *
 * @returns lets them go on
 */
export function holdWorkers(server?: number): () => void {
  const held = workersOf(server);
  for (const pid of held) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of held) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was ended meanwhile.
      }
    }
  };
}
