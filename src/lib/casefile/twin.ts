import { OFX_VERSION } from '../core/version.js';
import type { PredictSummary } from '../predict/result.js';
import type { CaseEntry } from './entry.js';
import type { CaseContext, CaseSubject } from './schema.js';

export interface Twin {
  subject: CaseSubject;
  context: CaseContext;
  summary: PredictSummary;
  createdAt: string;
}

/** `case.json` photo by photo, so that it never is in memory as a whole. */
export async function* caseTwin(
  { subject, context, summary, createdAt }: Twin,
  entries:
    Iterable<Pick<CaseEntry, 'result' | 'failure'>> | AsyncIterable<Pick<CaseEntry, 'result' | 'failure'>>,
): AsyncGenerator<string> {
  const head = { schemaVersion: 1, ofx: OFX_VERSION, case: subject, createdAt, ...context, summary };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "results": [`;
  let separator = '\n';
  for await (const { failure, result } of entries) {
    yield `${separator}    ${JSON.stringify(failure ?? result)}`;
    separator = ',\n';
  }
  yield '\n  ]\n}\n';
}
