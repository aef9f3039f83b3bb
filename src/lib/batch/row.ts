import { Type, type Static } from '@sinclair/typebox';

const Text = Type.Union([Type.String(), Type.Null()]);
const Value = Type.Union([Type.Number(), Type.Null()]);

/** One image of a run, as its parts keep it. A failed one has an `errorCode`, and no verdict. */
export const RowSchema = Type.Object(
  {
    image: Type.String(),
    verdict: Text,
    score: Value,
    width: Value,
    height: Value,
    tamperedFraction: Value,
    regions: Type.Union([
      Type.String({ description: 'JSON, as in the results of ofx predict' }),
      Type.Null(),
    ]),
    details: Type.Union([
      Type.String({ description: 'JSON: what else the result says, e.g. warnings and evidence' }),
      Type.Null(),
    ]),
    sha256: Type.Union([Type.String({ description: 'Of the image’s bytes' }), Type.Null()]),
    bytes: Value,
    etag: Text,
    errorCode: Text,
    errorMessage: Text,
    milliseconds: Type.Union([
      Type.Number({ description: 'Spent on the image, decoding included' }),
      Type.Null(),
    ]),
  },
  { $id: 'batch-row', title: 'One image in the parts and results of a batch run' },
);
export type Row = Static<typeof RowSchema>;

export type ParquetType = 'STRING' | 'DOUBLE' | 'INT32' | 'INT64' | 'JSON';

/** The columns in their order, and what Parquet keeps each as. */
export const COLUMNS = {
  image: 'STRING',
  verdict: 'STRING',
  score: 'DOUBLE',
  width: 'INT32',
  height: 'INT32',
  tamperedFraction: 'DOUBLE',
  regions: 'STRING',
  details: 'STRING',
  sha256: 'STRING',
  bytes: 'INT64',
  etag: 'STRING',
  errorCode: 'STRING',
  errorMessage: 'STRING',
  milliseconds: 'DOUBLE',
} as const satisfies Record<keyof Row, ParquetType>;

export const COLUMN_NAMES = Object.keys(COLUMNS) as (keyof Row)[];

/** A row in which nothing is known but the image. */
export function emptyRow(image: string): Row {
  return {
    image,
    verdict: null,
    score: null,
    width: null,
    height: null,
    tamperedFraction: null,
    regions: null,
    details: null,
    sha256: null,
    bytes: null,
    etag: null,
    errorCode: null,
    errorMessage: null,
    milliseconds: null,
  };
}

/** A row as one JSON object, with what its columns keep as JSON unpacked. */
export function unpackRow({ regions, details, ...row }: Row): Record<string, unknown> {
  return {
    ...row,
    regions: regions === null ? null : (JSON.parse(regions) as unknown),
    ...(details === null ? {} : (JSON.parse(details) as object)),
  };
}
