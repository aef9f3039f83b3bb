import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { CaseEntry } from '../casefile/entry.js';
import { worstFirst } from '../casefile/order.js';
import {
  CaseFailureSchema,
  CaseResultSchema,
  CaseSubjectSchema,
  type CaseSubject,
} from '../casefile/schema.js';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import type { ModelIdentity } from '../model/network.js';
import { DrawingSchema } from '../predict/exhibit/drawing.js';
import { SummaryCounter, type PredictSummary } from '../predict/result.js';
import { breathing } from './breathe.js';

/** What `POST /v1/report` is sent: lines of JSON, the first of which is the head. */

export const ReportHeadSchema = Type.Object(
  {
    case: CaseSubjectSchema,
    paper: Type.Optional(
      Type.Union([Type.Literal('A4'), Type.Literal('letter')], {
        description: 'Size of the sheets [the printer’s]',
      }),
    ),
  },
  { title: 'First line of a report' },
);

const PicturesSchema = Type.Union(
  [
    Type.String({ pattern: '^[\\w-]{1,64}$', description: 'KEY: the document refers to them by it' }),
    Type.Object({
      photo: Type.String({ contentEncoding: 'base64', description: 'JPEG' }),
      heat: Type.String({ contentEncoding: 'base64', description: 'PNG' }),
    }),
  ],
  { description: 'Those of the exhibit, or a key for who puts them into the document' },
);

/** One photo, or one that could not be examined. */
export const ReportEntrySchema = Type.Union(
  [
    Type.Object({
      result: CaseResultSchema,
      pictures: PicturesSchema,
      drawings: Type.Array(DrawingSchema),
    }),
    Type.Object({ failure: CaseFailureSchema }),
  ],
  { title: 'Every other line of a report' },
);

export const REPORT_BODY = {
  content: {
    'application/x-ndjson': {
      schema: { type: 'string', description: 'ReportHead, then a ReportEntry a line' },
    },
  },
};

export interface SentReport {
  subject: CaseSubject;
  paper: 'A4' | 'letter' | undefined;
  summary: PredictSummary;
  /** When the first and the last photo were examined. */
  examined: { from: string; to: string } | undefined;
  /** Worst first. */
  entries: CaseEntry[];
}

/**
 * @param identity - of the network that reports: a report tells of one only
 * @throws {OfxError} RESULT_INVALID, MODEL_DIFFERS
 */
export async function readReport(bytes: Uint8Array, identity: ModelIdentity): Promise<SentReport> {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const [first, ...others] = lines;
  const head = checked(ReportHeadSchema, first ?? '', 1);
  const entries: CaseEntry[] = [];
  const counter = new SummaryCounter();
  let number = 1;
  for await (const line of breathing(others)) {
    const entry = entryOf(checked(ReportEntrySchema, line, ++number));
    if (entry.result) refuseOtherModel(entry.result, identity);
    entries.push(entry);
    counter.add(entry.failure ?? entry.result);
  }
  const { summary } = counter;
  const times = entries.flatMap(({ result }) => result?.examinedAt ?? []).sort();
  summary.seconds = entries.reduce((sum, { result }) => sum + (result?.timingsMs.total ?? 0) / 1000, 0);
  entries.sort((a, b) => worstFirst(a.failure ?? a.result, b.failure ?? b.result));
  return {
    subject: head.case,
    paper: head.paper,
    summary,
    examined: times.length > 0 ? { from: times[0]!, to: times.at(-1)! } : undefined,
    entries,
  };
}

function entryOf(sent: Static<typeof ReportEntrySchema>): CaseEntry {
  if ('failure' in sent) return { failure: sent.failure };
  const { result, pictures, drawings } = sent;
  const { photo, heat } =
    typeof pictures === 'string'
      ? { photo: `cid:${pictures}-photo`, heat: `cid:${pictures}-heat` }
      : {
          photo: `data:image/jpeg;base64,${pictures.photo}`,
          heat: `data:image/png;base64,${pictures.heat}`,
        };
  // What a table says of optional properties, types do not know.
  return { result: result as CaseEntry['result'] & object, exhibit: { pictures: { photo, heat }, drawings } };
}

function refuseOtherModel(
  { image, model }: { image: string; model: ModelIdentity },
  own: ModelIdentity,
): void {
  if (model.sha256 === own.sha256) return;
  throw new OfxError(
    'MODEL_DIFFERS',
    `${image} was examined by ${model.name} ${model.version} (${model.sha256.slice(0, 12)}…), and this server has ${own.name} ${own.version} (${own.sha256.slice(0, 12)}…) now.`,
    { suggestion: 'A report tells of one model: examine these photos again.' },
  );
}

function checked<S extends TSchema>(schema: S, line: string, number: number): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new OfxError('RESULT_INVALID', `Line ${number} of the report is not valid JSON.`, { cause: error });
  }
  const check = checkSchema(schema, value);
  if (check.ok) return check.value;
  throw new OfxError(
    'RESULT_INVALID',
    `Line ${number} of the report is invalid: ${check.complaints.join('; ')}.`,
    {
      suggestion:
        'The first line is {"case": {…}}, the others {"result": {…}, "pictures": …, "drawings": […]} or {"failure": {…}}, see /docs.',
    },
  );
}
