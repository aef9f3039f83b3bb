import { gunzipSync, gzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { ByteWriter, ParquetWriter, schemaFromColumnData, type Writer } from 'hyparquet-writer';
import { COLUMN_NAMES, COLUMNS, type Row } from './row.js';

/** GZIP within Parquet: a third smaller than Snappy here, and every reader knows it; Node 20 has no zstd. */
const CODEC = 'GZIP';
const COMPRESSORS = { GZIP: (bytes: Uint8Array): Uint8Array => gzipSync(bytes) };
const DECOMPRESSORS = { GZIP: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes) };

export type Footer = Readonly<Record<string, string>>;

/** Rows as a Parquet file that is written a row group at a time, so that no more than one is in memory. */
export class RowWriter {
  readonly #writer: ParquetWriter;

  constructor(writer: Writer, footer: Footer, createdBy: string) {
    this.#writer = new ParquetWriter({
      writer,
      schema: schemaFromColumnData({ columnData: columnsOf([]) }),
      codec: CODEC,
      compressors: COMPRESSORS,
      kvMetadata: Object.entries(footer).map(([key, value]) => ({ key, value })),
      createdBy,
    });
  }

  /** One row group. */
  write(rows: readonly Row[]): void {
    if (rows.length > 0) void this.#writer.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
  }

  finish(): void {
    void this.#writer.finish();
  }
}

/** A whole file of one row group. */
export function encodeRows(rows: readonly Row[], footer: Footer, createdBy: string): Uint8Array {
  const bytes = new ByteWriter();
  const writer = new RowWriter(bytes, footer, createdBy);
  writer.write(rows);
  writer.finish();
  return new Uint8Array(bytes.getBuffer());
}

function columnsOf(rows: readonly Row[]): Parameters<typeof schemaFromColumnData>[0]['columnData'] {
  return COLUMN_NAMES.map((name) => {
    const type = COLUMNS[name];
    const values = rows.map((row) => row[name]);
    const data =
      type === 'INT64' ? values.map((value) => (value === null ? null : BigInt(value as number))) : values;
    return { name, type, data: data as never[], nullable: true };
  });
}

/** What the end of a file says of it. */
export interface FooterOfFile {
  metadata: FileMetaData;
  rows: number;
  /** What was written into it beside the columns. */
  footer: Footer;
}

/**
 * Reads a footer from the last bytes of a file.
 *
 * @returns how many bytes are needed instead, where these are too few
 * @throws what hyparquet throws, where this is no Parquet file
 */
export function readFooter(end: Uint8Array): FooterOfFile | { needed: number } {
  const view = new DataView(end.buffer, end.byteOffset, end.byteLength);
  const needed = end.length < 8 ? 8 : view.getUint32(end.length - 8, true) + 8;
  if (needed > end.length) return { needed };
  const metadata = parquetMetadata(
    end.buffer.slice(end.byteOffset, end.byteOffset + end.byteLength) as ArrayBuffer,
  );
  return {
    metadata,
    rows: Number(metadata.num_rows),
    footer: Object.fromEntries(
      (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']),
    ),
  };
}

/** Parquet's INT64 is a bigint. */
type StoredRow = Omit<Row, 'bytes'> & { bytes: bigint | null };

/** All rows of a file that is in memory. */
export async function decodeRows(bytes: Uint8Array): Promise<Row[]> {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const file: AsyncBuffer = {
    byteLength: whole.byteLength,
    slice: (start, end) => whole.slice(start, end),
  };
  const rows = (await parquetReadObjects({ file, compressors: DECOMPRESSORS })) as StoredRow[];
  return rows.map((row) => ({ ...row, bytes: row.bytes === null ? null : Number(row.bytes) }));
}
