import os from 'node:os';
import path from 'node:path';
import { controlGroups, readSystemFile } from './cgroup.js';

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
  for (const { version, folder } of controlGroups('cpu', self)) {
    if (version === 2) {
      const [quota, period] = (readSystemFile(path.join(root, folder, 'cpu.max')) ?? '').trim().split(' ');
      quotas.push(Number(quota) / Number(period));
    } else {
      const base = path.join(root, 'cpu', folder);
      quotas.push(
        Number(readSystemFile(path.join(base, 'cpu.cfs_quota_us')) ?? Number.NaN) /
          Number(readSystemFile(path.join(base, 'cpu.cfs_period_us')) ?? Number.NaN),
      );
    }
  }
  // "max", a missing file and version 1's -1 all end here as NaN or a negative number.
  const limits = quotas.filter((quota) => quota > 0);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
