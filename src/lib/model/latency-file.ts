import path from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { checkSchema } from '../core/schema.js';
import { readText } from '../files/read-text.js';

/** How fast the variants of a model were beside float32 on one machine. Beside the manifest: it is the machine's, not the model's. */
export const LATENCY_FILE = 'latency.json';

export const LatencySchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    processor: Type.String({ description: 'Where it was measured' }),
    int8: Type.Union([Type.Literal('VNNI'), Type.Literal('AVX2'), Type.Literal('none'), Type.Null()], {
      description: 'What it multiplies int8 with; null where the system does not tell',
    }),
    threads: Type.Integer({ minimum: 1, description: 'Of an inference' }),
    variants: Type.Array(
      Type.Object({
        file: Type.String({ minLength: 1 }),
        sha256: Type.String({ description: 'As in the manifest; other networks have other times' }),
        ratio: Type.Number({
          exclusiveMinimum: 0,
          description: 'Time of an inference over that of float32 at the same size, measured in turns',
        }),
        low: Type.Number({ description: '95 % interval' }),
        high: Type.Number(),
      }),
    ),
  },
  { $id: 'latency', title: 'Measured latency of a model’s variants (latency.json)' },
);
export type Latency = Static<typeof LatencySchema>;

/** What was measured of a model; undefined where nothing was. */
export async function readLatency(folder: string): Promise<Latency | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(path.join(folder, LATENCY_FILE)));
  } catch {
    return undefined; // There is none, or it is unreadable: nothing depends on it.
  }
  const checked = checkSchema(LatencySchema, value);
  return checked.ok ? checked.value : undefined;
}
