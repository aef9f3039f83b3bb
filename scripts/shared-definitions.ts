import type { TSchema } from '@sinclair/typebox';

type Node = Record<string, unknown>;

/** Shorter schemas are easier to read where they stand. */
const WORTH_A_NAME = 120;

/**
 * Moves what a schema says more than once into `$defs`, each under a name, and refers to it. A description that differs
 * from place to place stays in its place.
 *
 * @param known schemas that have a name; others are called by a title of one word, or after the property that holds
 *   them first
 */
export function withDefinitions(schema: TSchema, known: Readonly<Record<string, TSchema>>): Node {
  const names = new Map(
    Object.entries(known).map(([name, member]) => [keyOf(withoutIds(plain(member))), name]),
  );
  const root = { $id: schema.$id, ...withoutIds(plain(schema)) };
  const uses = countUses(root);
  const definitions = new Map<string, { name: string; body: Node }>();

  const define = (node: Node, property: string): string => {
    const key = keyOf(node);
    const found = definitions.get(key);
    if (found) return found.name;
    const taken = new Set([...definitions.values()].map(({ name }) => name));
    const name = names.get(key) ?? titleOf(node) ?? capitalised(property);
    const definition = { name: freeName(name, taken), body: {} };
    definitions.set(key, definition);
    definition.body = rewrite(withoutDescription(node), property);
    return definition.name;
  };
  const visit = (node: Node, property: string): Node => {
    if ((uses.get(keyOf(node)) ?? 0) < 2) return rewrite(node, property);
    const reference: Node = { $ref: `#/$defs/${define(node, property)}` };
    return typeof node['description'] === 'string'
      ? { ...reference, description: node['description'] }
      : reference;
  };
  const rewrite = (node: Node, property: string): Node => mapChildren(node, property, visit);

  const document = rewrite(root, 'document');
  if (definitions.size === 0) return document;
  const sorted = [...definitions.values()].sort((a, b) => a.name.localeCompare(b.name));
  return { ...document, $defs: Object.fromEntries(sorted.map(({ name, body }) => [name, body])) };
}

/** How often each schema is used, where what lies in a schema that was seen before does not count again. */
function countUses(root: Node): Map<string, number> {
  const uses = new Map<string, number>();
  const visit = (node: Node, property: string): Node => {
    const key = keyOf(node);
    if (key.length >= WORTH_A_NAME) {
      const before = uses.get(key) ?? 0;
      uses.set(key, before + 1);
      if (before > 0) return node;
    }
    return mapChildren(node, property, visit);
  };
  mapChildren(root, 'document', visit);
  return uses;
}

/** Applies a function to each schema directly below another one, with the name of the property that it is for. */
function mapChildren(node: Node, property: string, each: (child: Node, property: string) => Node): Node {
  return Object.fromEntries(
    Object.entries(node).map(([keyword, value]) => {
      if (keyword === 'properties' || keyword === 'patternProperties')
        return [
          keyword,
          Object.fromEntries(
            Object.entries(value as Record<string, Node>).map(([name, child]) => [
              name,
              each(child, keyword === 'properties' ? name : property),
            ]),
          ),
        ];
      if (['anyOf', 'allOf', 'oneOf'].includes(keyword) || (keyword === 'items' && Array.isArray(value)))
        return [keyword, (value as Node[]).map((child) => each(child, property))];
      if (keyword === 'items' || (keyword === 'additionalProperties' && typeof value === 'object'))
        return [keyword, each(value as Node, property)];
      return [keyword, value];
    }),
  );
}

/** A schema within another has no name of its own: references in it would be looked up below that name. */
function withoutIds(node: Node): Node {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      key === '$id' && typeof value === 'string' ? undefined : value,
    ),
  ) as Node;
}

function keyOf(node: Node): string {
  return JSON.stringify(withoutDescription(node));
}

function withoutDescription({ description, ...node }: Node): Node {
  return typeof description === 'string' ? node : { description, ...node };
}

/** TypeBox keeps symbols in its schemas, which no file shows. */
function plain(schema: TSchema): Node {
  return JSON.parse(JSON.stringify(schema)) as Node;
}

/** A title of one word serves as a name. */
function titleOf({ title }: Node): string | undefined {
  return typeof title === 'string' && /^\w+$/.test(title) ? title : undefined;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}${number}`;
    if (!taken.has(name)) return name;
  }
}

function capitalised(name: string): string {
  return name.replace(/(?:^|\W)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
