import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Size and SHA-256 of a file, read once from its beginning to its end.
 *
 * @returns nothing of what is no ordinary file: a pipe has no end
 */
export async function hashFile(file: string): Promise<{ sha256: string; bytes: number } | undefined> {
  if (!(await stat(file)).isFile()) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/**
 * A line of the list that `sha256sum -c` reads. Names that hold a backslash or a line break are written as GNU coreutils
 * write them: escaped, with a backslash in front of the line.
 *
 * @param file - relative to the folder from which the list is checked
 */
export function hashLine(sha256: string, file: string): string {
  const escaped = file.replace(/[\\\n\r]/g, (character) => ESCAPES[character]!);
  return `${escaped === file ? '' : '\\'}${sha256}  ${escaped}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/** A file's path as the list beside the report names it. */
export function listedPath(image: string, folder: string): string {
  const relative = path.relative(folder, path.resolve(image));
  return path.sep === '\\' ? relative.replaceAll('\\', '/') : relative;
}
