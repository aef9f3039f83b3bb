import { readFileSync } from 'node:fs';

/** A control group of this process, or one of its parents, as its folder below that of the controller. */
export interface ControlGroup {
  /** 2, or 1 where the controller has a hierarchy of its own. */
  version: 1 | 2;
  folder: string;
}

/** The control groups in which a controller may limit this process, the innermost first. */
export function* controlGroups(controller: string, self = '/proc/self/cgroup'): Generator<ControlGroup> {
  // Version 2: "0::/path"; version 1: "4:cpu,cpuacct:/path".
  for (const line of readSystemFile(self)?.split('\n') ?? []) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    if (controllers !== '' && !controllers.split(',').includes(controller)) continue;
    for (const folder of withParents(group)) yield { version: controllers === '' ? 2 : 1, folder };
  }
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
