import { gzipSync } from 'node:zlib';
import type { TSchema } from '@sinclair/typebox';
import { ImageRowSchema, type ImageRow } from './rows.js';

/** Parquet's name of what a column holds. */
type ColumnType = 'INT32' | 'DOUBLE' | 'STRING';

/** `metrics.parquet`: the same rows and columns as `metrics.csv`, with their types, and null for an empty cell. */
export async function rowsParquet(rows: readonly ImageRow[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const sources = [...new Set(rows.flatMap(({ logits }) => Object.keys(logits)))];
  const own = (Object.keys(ImageRowSchema.properties) as (keyof ImageRow)[]).filter(
    (name) => name !== 'logits',
  );
  const columnData = [
    ...own.map((name) => ({
      name,
      type: typeOf(ImageRowSchema.properties[name]),
      data: rows.map((row) => row[name]),
      nullable: true,
    })),
    ...sources.map((name) => ({
      name: `logit.${name}`,
      type: 'DOUBLE' as const,
      data: rows.map(({ logits }) => logits[name] ?? null),
      nullable: true,
    })),
  ];
  const bytes = parquetWriteBuffer({
    columnData,
    codec: 'GZIP',
    compressors: { GZIP: (plain: Uint8Array): Uint8Array => gzipSync(plain) },
  });
  return new Uint8Array(bytes);
}

/** What is left of a column's schema without null. */
function typeOf(schema: TSchema): ColumnType {
  const choices = ((schema['anyOf'] as TSchema[] | undefined) ?? [schema]).flatMap(
    (one) => (one['anyOf'] as TSchema[] | undefined) ?? [one],
  );
  const [first] = choices.filter(({ type }) => type !== 'null');
  if (first!['type'] === 'string') return 'STRING';
  return first!['type'] === 'integer' || first!['const'] !== undefined ? 'INT32' : 'DOUBLE';
}
