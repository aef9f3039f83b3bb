import os from 'node:os';
import path from 'node:path';
import { controlGroups, readSystemFile } from './cgroup.js';

/** What the process that hands out the work takes itself, in bytes, and what the system has to have. */
const FRONT = 300 * 2 ** 20;

/** With less no network can be loaded. */
const FEWEST = 64 * 2 ** 20;

/**
 * The memory that this process and its children may take together, in bytes: the strictest limit of its control group and
 * the parents, e.g. a container's; undefined where none is set.
 */
export function cgroupMemoryLimit(root = '/sys/fs/cgroup', self = '/proc/self/cgroup'): number | undefined {
  const limits: number[] = [];
  for (const { version, folder } of controlGroups('memory', self)) {
    const file =
      version === 2
        ? path.join(root, folder, 'memory.max')
        : path.join(root, 'memory', folder, 'memory.limit_in_bytes');
    limits.push(Number(readSystemFile(file) ?? Number.NaN));
  }
  // "max" and a missing file end here as NaN; version 1 says "none" by a number that no machine has.
  const set = limits.filter((limit) => limit > 0 && limit < os.totalmem());
  return set.length > 0 ? Math.min(...set) : undefined;
}

/**
 * What each of so many processes may take, in bytes, so that all of them stay within a container's limit: where that is
 * exceeded, the system ends all of them, or one that nobody chose.
 *
 * @param most - where there is room for it, or no limit
 */
export function memoryForEach(processes: number, most: number, limit = cgroupMemoryLimit()): number {
  if (limit === undefined) return most;
  return Math.max(FEWEST, Math.min(most, Math.floor((limit - FRONT) / processes)));
}
