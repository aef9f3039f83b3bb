import path from 'node:path';
import type { Findings } from './finding.js';

/**
 * The absolute path that a list's entry stands for. Lists come from strangers: nothing outside the data set's folder is
 * ever opened.
 *
 * @param where the line, for findings
 * @returns null, with a finding, for a path that leads out of the root
 */
export function resolveListed(
  root: string,
  listed: string,
  where: string,
  findings: Findings,
): string | null {
  const entry = listed.includes('/') ? listed : listed.replaceAll('\\', '/');
  const resolved = path.resolve(root, entry);
  if (!isInside(root, resolved)) {
    findings.add('path-outside', `${where}: ${listed}`);
    return null;
  }
  if (path.isAbsolute(entry)) findings.add('absolute-path', `${where}: ${listed}`);
  return resolved;
}

/** The path below the root, with `/`. */
export function nameBelow(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}

function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return (
    relative !== '' &&
    relative !== '..' &&
    !relative.startsWith(`..${path.sep}`) &&
    !path.isAbsolute(relative)
  );
}
