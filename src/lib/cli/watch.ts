import { cursorTo, clearScreenDown, moveCursor } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Shows a text again and again: in place on a terminal; elsewhere a block each time that it differs.
 *
 * @param next - the text, and whether it is the last one
 */
export async function watch(
  next: () => Promise<{ text: string; isLast: boolean }>,
  everyMs: number,
  signal: AbortSignal,
  stream: NodeJS.WriteStream = process.stdout,
): Promise<void> {
  let shown = '';
  for (;;) {
    const { text, isLast } = await next();
    if (stream.isTTY && shown !== '') {
      cursorTo(stream, 0);
      moveCursor(stream, 0, -rows(shown, stream.columns));
      clearScreenDown(stream);
    }
    if (stream.isTTY || text !== shown) stream.write(`${text}\n`);
    shown = text;
    if (isLast) return;
    await sleep(everyMs, undefined, { signal });
  }
}

/** Lines that a text takes on the terminal, without what colours it. */
function rows(text: string, columns: number): number {
  const plain = text.replaceAll(/\u001B\[[\d;]*m/g, '');
  return plain
    .split('\n')
    .reduce((total, line) => total + Math.max(1, Math.ceil(line.length / Math.max(1, columns))), 0);
}
