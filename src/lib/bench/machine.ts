import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import os from 'node:os';
import { readSystemFile } from '../core/cgroup.js';
import { cgroupCpuQuota, usableCpus } from '../core/cpu.js';
import type { Machine } from './result.js';

/** The machine that this process runs on, as far as it decides how long an inference takes. */
export function thisMachine(): Machine {
  const processors = os.cpus();
  const identity = {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    flags: cpuFlags(),
    cores: processors.length,
    usableCores: usableCpus(),
    quota: cgroupCpuQuota() ?? null,
    arch: os.arch(),
    os: os.platform(),
    node: process.versions.node,
    onnxruntime: onnxRuntimeVersion(),
  };
  return {
    ...identity,
    memoryBytes: os.totalmem(),
    fingerprint: createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16),
  };
}

/**
 * What makes two machines' times incomparable, one sentence each; empty where they have one fingerprint.
 */
export function machineDifferences(here: Machine, there: Machine): string[] {
  const named = {
    cpu: 'processor',
    cores: 'cores',
    usableCores: 'usable cores',
    quota: 'CPU quota',
    arch: 'architecture',
    os: 'system',
    node: 'Node',
    onnxruntime: 'onnxruntime',
  } as const;
  const differences = Object.entries(named)
    .filter(([key]) => here[key as keyof typeof named] !== there[key as keyof typeof named])
    .map(([key, name]) => {
      const [ours, theirs] = [here, there].map((machine) => machine[key as keyof typeof named] ?? 'none');
      return `${name}: ${String(ours)} here, ${String(theirs)} there`;
    });
  const flags = (machine: Machine): Set<string> => new Set(machine.flags.split(' '));
  const [ours, theirs] = [flags(here), flags(there)];
  const missing = [...theirs].filter((flag) => !ours.has(flag));
  const added = [...ours].filter((flag) => !theirs.has(flag));
  if (missing.length > 0) differences.push(`CPU flags that are missing here: ${missing.join(' ')}`);
  if (added.length > 0) differences.push(`CPU flags that were missing there: ${added.join(' ')}`);
  return differences;
}

/** Sorted, since kernels list them in different orders. Empty where the system does not tell. */
function cpuFlags(): string {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readSystemFile('/proc/cpuinfo') ?? '')?.[1] ?? '';
  return flags.split(/\s+/).sort().join(' ').trim();
}

/** Read from its package.json: the native library itself must stay out of the measuring process. */
function onnxRuntimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}

/** Running totals, since the machine's start, of what the processors did. */
export interface ProcessorTotals {
  busyMs: number;
  idleMs: number;
  /** Periods in which the container's CPU quota stopped it, and all periods; undefined without a quota. */
  throttled?: { periods: number; of: number } | undefined;
}

export function processorTotals(): ProcessorTotals {
  let busyMs = 0;
  let idleMs = 0;
  for (const { times } of os.cpus()) {
    busyMs += times.user + times.nice + times.sys + times.irq;
    idleMs += times.idle;
  }
  return { busyMs, idleMs, throttled: throttledPeriods() };
}

function throttledPeriods(): ProcessorTotals['throttled'] {
  // Version 2, then 1. In a container its own group is mounted here.
  const text = readSystemFile('/sys/fs/cgroup/cpu.stat') ?? readSystemFile('/sys/fs/cgroup/cpu/cpu.stat');
  const read = (key: string): number => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
  const [periods, of] = [read('nr_throttled'), read('nr_periods')];
  return of > 0 ? { periods, of } : undefined;
}
