import Table from 'cli-table3';
import pc from 'picocolors';

type Alignment = 'left' | 'right';
/** A cell that is as wide as several columns. */
interface WideCell {
  content: string;
  colSpan: number;
}

const BORDERS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
];

/** A plain table for the terminal: columns aligned, no lines. */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly (string | WideCell)[])[],
  align?: readonly Alignment[],
): string {
  const table = new Table({
    head: head.map((title) => pc.dim(title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(BORDERS.map((part) => [part, ''])),
    ...(align && { colAligns: [...align] }),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The same with numbers at the right and names at the left, under an indent. */
export function numberTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, column) =>
    rows.every((row) => /^[−+\d]/.test(row[column] ?? '')) ? 'right' : 'left',
  );
  return plainTable(head, rows, align).replaceAll(/^/gm, '  ');
}
