/** A list that a document holds, and the document around it. */
interface Parts {
  /** What stands before the list. */
  head: Record<string, unknown>;
  /** The name of the list. */
  list: string;
}

/**
 * One JSON document that is written while its list grows, so that memory does not grow with it, and so that a list of any
 * length can be written: a string ends at half a gigabyte. The text is that of `JSON.stringify(document, null, 2)`.
 */
export class JsonDocument {
  #items = 0;

  constructor(
    { head, list }: Parts,
    private readonly write: (text: string) => void,
  ) {
    const members = Object.entries(head).map(([name, value]) => member(name, value));
    this.write(`{\n${[...members, `  ${JSON.stringify(list)}: [`].join(',\n')}`);
  }

  add(item: unknown): void {
    this.write(`${this.#items++ === 0 ? '' : ','}\n${indented(item, '    ')}`);
  }

  /** Ends the list and the document. */
  end(tail: Record<string, unknown>): void {
    const members = Object.entries(tail).map(([name, value]) => `,\n${member(name, value)}`);
    this.write(`${this.#items === 0 ? '' : '\n  '}]${members.join('')}\n}\n`);
  }
}

function member(name: string, value: unknown): string {
  return `  ${JSON.stringify(name)}: ${indented(value, '  ').trimStart()}`;
}

function indented(value: unknown, by: string): string {
  return JSON.stringify(value, null, 2).replaceAll(/^/gm, by);
}
