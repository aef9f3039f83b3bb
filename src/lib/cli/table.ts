import Table from 'cli-table3';
import pc from 'picocolors';

/** A plain table: columns aligned, no lines. */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align?: ('left' | 'right')[],
): string {
  const none = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
  };
  const table = new Table({
    head: head.map((title) => pc.dim(title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      ...none,
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
    ...(align && { colAligns: align }),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
