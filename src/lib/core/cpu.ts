import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Processors that this process may keep busy: the affinity mask, lowered to the container's CPU quota where one is set
 * (Node before 22 does not look at the quota). At least 1.
 */
export function usableCpus(): number {
  const quota = cgroupCpuQuota();
  const affinity = os.availableParallelism();
  return Math.max(1, quota === undefined ? affinity : Math.min(affinity, Math.ceil(quota)));
}

/** The CPU quota in processors, the strictest of this control group and its parents; undefined where none is set. */
export function cgroupCpuQuota(root = '/sys/fs/cgroup', self = '/proc/self/cgroup'): number | undefined {
  const quotas: number[] = [];
  // Version 2: "0::/path"; version 1: "4:cpu,cpuacct:/path".
  for (const line of readSystemFile(self)?.split('\n') ?? []) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    for (const folder of withParents(group)) {
      if (controllers === '') {
        const [quota, period] = (readSystemFile(path.join(root, folder, 'cpu.max')) ?? '').trim().split(' ');
        quotas.push(Number(quota) / Number(period));
      } else if (controllers.split(',').includes('cpu')) {
        const base = path.join(root, 'cpu', folder);
        quotas.push(
          Number(readSystemFile(path.join(base, 'cpu.cfs_quota_us')) ?? Number.NaN) /
            Number(readSystemFile(path.join(base, 'cpu.cfs_period_us')) ?? Number.NaN),
        );
      }
    }
  }
  // "max", a missing file and version 1's -1 all end here as NaN or a negative number.
  const limits = quotas.filter((quota) => quota > 0);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

function withParents(group: string): string[] {
  const parts = group.split('/').filter(Boolean);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/')).concat('');
}

/** A file of the system's; nothing where it has no such file. */
export function readSystemFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
