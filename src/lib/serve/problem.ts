import { Type, type Static } from '@sinclair/typebox';
import type { FastifyBaseLogger } from 'fastify';
import { ERROR_TABLE, OfxError, type ErrorCode } from '../core/errors.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457, with our code. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'The code as a URN' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    code: Type.Unsafe<ErrorCode>({ type: 'string', enum: Object.keys(ERROR_TABLE) }),
    suggestion: Type.Optional(Type.String({ description: 'What to do next' })),
    requestId: Type.String({ description: 'Under which the server logged this request' }),
  },
  { $id: 'problem', title: 'What went wrong (RFC 9457)' },
);
export type Problem = Static<typeof ProblemSchema>;

/** What the code is as a URI. */
export function problemType(code: ErrorCode): string {
  return `urn:ofx:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

export function toProblem(error: OfxError, requestId: string): Problem {
  const { code, httpStatus } = error;
  const words = code.toLowerCase().replaceAll('_', ' ');
  const problem = {
    type: problemType(code),
    title: words[0]!.toUpperCase() + words.slice(1),
    status: httpStatus,
    code,
    requestId,
  };
  // What failed on our side may name files and versions that are no business of a stranger's: it is in the log.
  if (ours(error)) {
    return { ...problem, detail: `The server could not answer. Its log has the reason under ${requestId}.` };
  }
  return {
    ...problem,
    detail: error.message,
    ...(error.suggestion !== undefined && { suggestion: error.suggestion }),
  };
}

/** A failure that whoever asked cannot know of. */
function ours({ code, httpStatus }: OfxError): boolean {
  return httpStatus === 500 && code !== 'WORKER_LOST';
}

/** What we cannot answer is logged with its reason; of what is refused only the code. */
export function logProblem(log: FastifyBaseLogger, error: OfxError): void {
  if (error.httpStatus >= 500) log.error({ code: error.code, err: error }, error.message);
  else log.info({ code: error.code }, 'refused');
}

/** What Fastify and its plugins throw; see their tables of errors. */
interface FrameworkError extends Error {
  code?: string;
  statusCode?: number;
  validation?: unknown;
}

/** Whatever ends a request, as a row of the one table. */
export function toOfxError(error: unknown): OfxError {
  if (error instanceof OfxError) return error;
  const { code = '', statusCode = 500, message, validation } = error as FrameworkError;
  const cause = { cause: error };
  if (code === 'FST_REQ_FILE_TOO_LARGE' || code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new OfxError('IMAGE_TOO_LARGE', 'The upload is larger than this server accepts.', cause);
  }
  if (/^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code)) {
    return new OfxError('TOO_MANY_PARTS', 'The form has more parts than this server accepts.', cause);
  }
  if (validation !== undefined || (statusCode >= 400 && statusCode < 500)) {
    return new OfxError('REQUEST_INVALID', `${message}${message.endsWith('.') ? '' : '.'}`, cause);
  }
  return new OfxError('INTERNAL', message, cause);
}
