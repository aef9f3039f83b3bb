import path from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { readNamedText } from '../files/read-text.js';
import { writeFileAtomic } from '../files/write.js';
import { FusionSchema, PrecisionSchema, ThresholdsSchema, type Thresholds } from './manifest.js';

/** Lies beside a model's manifest where thresholds were fitted into the model. */
export const THRESHOLDS_FILE = 'thresholds.json';

/** Thresholds that a user fitted, and the weights of the sources of evidence, where they were fitted, too. */
export const FittedThresholdsSchema = Type.Object({
  ...ThresholdsSchema.properties,
  fusion: Type.Optional(Type.Pick(FusionSchema, ['sources', 'bias', 'fittedOn'])),
});
export type FittedThresholds = Static<typeof FittedThresholdsSchema>;

const FittedEntrySchema = Type.Object(
  {
    model: Type.String({ description: 'Name of the model' }),
    sha256: Type.String({ description: 'Of the network that they were fitted for' }),
    inputSize: Type.Integer({ minimum: 0 }),
    precision: PrecisionSchema,
    way: Type.String({
      description:
        'How it scored: empty for the network alone on the whole image, else e.g. network+copies, windows, mirror',
    }),
    ...FittedThresholdsSchema.properties,
  },
  { title: 'Thresholds of one network and one way of scoring' },
);
export type FittedEntry = Static<typeof FittedEntrySchema>;

/** Fitted thresholds that travel: an entry for each input size and each way of scoring. */
export const ThresholdsFileSchema = Type.Object(
  { schemaVersion: Type.Literal(1), fitted: Type.Array(FittedEntrySchema) },
  { $id: 'thresholds', title: 'Thresholds that ofx validate --calibrate --into writes' },
);
export type ThresholdsFile = Static<typeof ThresholdsFileSchema>;

/** Thresholds for one network alone, or a table of them by network. */
export type GivenThresholds =
  | { kind: 'plain'; file: string; thresholds: Thresholds }
  | { kind: 'table'; file: string; table: ThresholdsFile };

/** Whose thresholds are asked for. */
export interface ThresholdsOwner {
  name: string;
  sha256: string;
  inputSize: number;
}

/**
 * Thresholds from a file that somebody names.
 *
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE; MANIFEST_INVALID where it is invalid
 */
export async function readThresholds(file: string): Promise<GivenThresholds> {
  const text = await readNamedText(file, 'the thresholds', 'Check the path given by --thresholds.');
  try {
    const content: unknown = JSON.parse(text);
    const isTable = typeof content === 'object' && content !== null && 'fitted' in content;
    const checked = checkSchema(isTable ? ThresholdsFileSchema : ThresholdsSchema, content);
    if (!checked.ok) throw new Error(checked.complaints.join('; '));
    return isTable
      ? { kind: 'table', file, table: checked.value as ThresholdsFile }
      : { kind: 'plain', file, thresholds: checked.value as Thresholds };
  } catch (error) {
    throw new OfxError(
      'MANIFEST_INVALID',
      `The thresholds ${file} are invalid: ${(error as Error).message}`,
      {
        suggestion:
          'For example: {"score": 0.4, "mask": 0.5}; "ofx validate --calibrate --into FILE" writes such a file.',
        cause: error,
      },
    );
  }
}

/**
 * The thresholds of a file that hold for a network and a way of scoring.
 *
 * @throws {OfxError} USAGE where the file has none for it: others would be wrong without a word
 */
export function thresholdsFor(given: GivenThresholds, owner: ThresholdsOwner, way: string): Thresholds {
  if (given.kind === 'plain') return given.thresholds;
  const entry = entryFor(given.table, owner, way);
  if (entry) return withoutOwner(entry);
  const has = given.table.fitted.map(
    ({ model, inputSize, way: other }) => `${model} at ${inputSize}${other && ` (${other})`}`,
  );
  throw new OfxError(
    'USAGE',
    `${given.file} has no thresholds for ${owner.name} at ${owner.inputSize}${way && ` (${way})`}, but for ${has.join(', ') || 'nothing'}.`,
    {
      suggestion:
        'Fit them at this size and in this way: ofx validate DATASET --calibrate --into FILE; or score as they were fitted.',
    },
  );
}

/** Fitted thresholds in a model's own folder; undefined where there are none for this network and way. */
export async function thresholdsInModel(
  folder: string,
  owner: Pick<ThresholdsOwner, 'sha256'>,
  way: string,
): Promise<Thresholds | undefined> {
  let given: GivenThresholds;
  try {
    given = await readThresholds(path.join(folder, THRESHOLDS_FILE));
  } catch (error) {
    if (error instanceof OfxError && error.code === 'INPUT_MISSING') return undefined;
    throw error;
  }
  const entry = given.kind === 'table' && entryFor(given.table, owner, way);
  return entry ? withoutOwner(entry) : undefined;
}

/**
 * Writes thresholds into a file, in the place of earlier ones of the same network and way; others stay.
 *
 * @throws {OfxError} MANIFEST_INVALID where the file is there and is none of thresholds; OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function addToThresholdsFile(file: string, entries: readonly FittedEntry[]): Promise<void> {
  let fitted: readonly FittedEntry[] = [];
  try {
    const given = await readThresholds(file);
    if (given.kind === 'plain')
      throw new OfxError('MANIFEST_INVALID', `${file} holds thresholds without saying for which network.`, {
        suggestion: 'Choose another file for --into.',
      });
    fitted = given.table.fitted;
  } catch (error) {
    if (!(error instanceof OfxError) || error.code !== 'INPUT_MISSING') throw error;
  }
  const keyOf = ({ sha256, way }: FittedEntry): string => `${sha256} ${way}`;
  const renewed = new Set(entries.map(keyOf));
  const table: ThresholdsFile = {
    schemaVersion: 1,
    fitted: [...fitted.filter((entry) => !renewed.has(keyOf(entry))), ...entries].sort(
      (a, b) => a.inputSize - b.inputSize || (a.way < b.way ? -1 : 1),
    ),
  };
  await writeFileAtomic(file, `${JSON.stringify(table, null, 2)}\n`);
}

function entryFor(
  { fitted }: ThresholdsFile,
  { sha256 }: Pick<ThresholdsOwner, 'sha256'>,
  way: string,
): FittedEntry | undefined {
  return fitted.find((entry) => entry.sha256 === sha256 && entry.way === way);
}

function withoutOwner({ score, mask, temperature, fittedOn }: FittedEntry): Thresholds {
  return {
    ...(score !== undefined && { score }),
    ...(mask !== undefined && { mask }),
    ...(temperature !== undefined && { temperature }),
    ...(fittedOn !== undefined && { fittedOn }),
  };
}
