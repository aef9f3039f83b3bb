import { execFileSync } from 'node:child_process';

/** Processes that another one started, by a word of their command lines. */
export function childrenOf(parent: number, word: string): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,stat=,args=', '--ppid', String(parent)], {
    encoding: 'utf8',
  });
  return table
    .split('\n')
    .filter((line) => line.includes(word) && !/^ *\d+ Z/.test(line))
    .map((line) => Number.parseInt(line));
}

/** Processes that work for a server, by their numbers; a server in this process works with this process's children. */
export function workersOf(server: number = process.pid): number[] {
  return childrenOf(server, 'analysis-worker');
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
