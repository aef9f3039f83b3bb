import type { PdfDict, PdfObject, PdfStream } from '@libpdf/core';

/** Finds the object that a reference stands for. */
export type Resolve = NonNullable<Parameters<PdfDict['get']>[1]>;

type Entry = PdfObject | null | undefined;

export function asStream(entry: Entry): PdfStream | undefined {
  return entry?.type === 'stream' ? (entry as PdfStream) : undefined;
}

/** A stream is a dictionary, too. */
export function asDict(entry: Entry): PdfDict | undefined {
  return entry?.type === 'dict' || entry?.type === 'stream' ? entry : undefined;
}

/** The entries of an array; of anything else itself, and nothing of what is not there. */
export function asList(entry: Entry, resolve: Resolve): PdfObject[] {
  if (entry === undefined || entry === null || entry.type === 'null') return [];
  if (entry.type !== 'array') return [entry];
  return Array.from({ length: entry.length }, (_, index) => entry.at(index, resolve)!);
}

/** The names of a stream's filters, in the order in which they are undone. */
export function filtersOf(stream: PdfStream, resolve: Resolve): string[] {
  return asList(stream.get('Filter', resolve), resolve).map((name) =>
    name.type === 'name' ? name.value : 'unknown',
  );
}
