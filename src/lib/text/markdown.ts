/** Pieces of Markdown as pull requests and summaries of CI jobs show it; names of files and models are safe in all of them. */

/** A table; a cell that begins with a backtick is code, see {@link code}. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function markdownList(lines: readonly string[]): string {
  return lines.map((line) => `- ${escaped(line)}`).join('\n');
}

/** What is shown when somebody opens it. */
export function markdownDetails(title: string, content: string): string {
  return `<details><summary>${escaped(title)}</summary>\n\n${content}\n\n</details>`;
}

/** Parts with an empty line between them; empty ones are left out. */
export function paragraphs(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

export function code(text: string): string {
  return `\`${text.replaceAll('`', 'ˋ')}\``;
}

/** Neither a bar nor an angle bracket of a file's name may end a cell or begin a tag; code takes `<` as it is. */
function cell(text: string): string {
  const line = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return line.startsWith('`') ? line : escaped(line);
}

function escaped(text: string): string {
  return text.replaceAll('<', '&lt;');
}
