import { Type, type Static } from '@sinclair/typebox';
import { Count } from '../core/schema.js';
import { FindingSchema } from './finding.js';

const Spread = Type.Union(
  [Type.Object({ smallest: Type.Number(), median: Type.Number(), largest: Type.Number() }), Type.Null()],
  { description: 'Null where there is nothing to measure' },
);

/** The document of `ofx dataset check --json`. */
export const DatasetCheckSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    name: Type.String(),
    location: Type.String(),
    layout: Type.String(),
    list: Type.Union([Type.String(), Type.Null()]),
    counts: Type.Object({
      samples: Count,
      tampered: Count,
      authentic: Count,
      withTruth: Type.Integer({
        minimum: 0,
        description: 'Tampered images with a ground truth that marks a pixel',
      }),
      unreadable: Count,
      leftOut: Type.Integer({ minimum: 0, description: 'Listed samples that cannot be used' }),
    }),
    formats: Type.Record(Type.String(), Count, { description: 'Images by file format' }),
    width: Spread,
    height: Spread,
    tamperedFraction: Spread,
    findings: Type.Array(FindingSchema, { description: 'Worst first' }),
    fixed: Type.Union([
      Type.Object({
        file: Type.String({ description: 'Split file with the samples that raise no doubt' }),
        samples: Count,
        dropped: Count,
      }),
      Type.Null(),
    ]),
  },
  { $id: 'dataset-check', title: 'Result of ofx dataset check --json' },
);
type Document = Static<typeof DatasetCheckSchema>;

export type DatasetCheck = Omit<Document, 'schemaVersion' | 'ofx'>;
export type SpreadOfValues = DatasetCheck['width'];
