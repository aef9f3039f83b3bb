import os from 'node:os';

/**
 * What an error that is raised in the work on one image takes with it: that image alone, so that work on others goes on; the
 * request that it came with; or the whole run, because all other images would fail by it, too.
 */
export type Scope = 'image' | 'request' | 'run';

/**
 * The one table of what can go wrong. Every error that a user can meet has a row here: the code that scripts match, the
 * exit status of the command line, the status of an HTTP answer (of the service, where no command ends by it, the exit
 * status is the nearest one), and what is lost to it. Messages and suggestions are written where the error is raised, because
 * only that place knows the file, the number or the flag.
 */
export const ERROR_TABLE = {
  /** A defect of ours: a stack is printed, and where to report it. */
  INTERNAL: { exit: 1, http: 500, scope: 'run' },
  USAGE: { exit: 2, http: 400, scope: 'run' },
  SIZE_NOT_AVAILABLE: { exit: 2, http: 400, scope: 'run' },
  BASELINE_OTHER_MACHINE: { exit: 2, http: 400, scope: 'run' },

  GATE_FAILED: { exit: 3, http: 500, scope: 'run' },
  PARITY_FAILED: { exit: 3, http: 500, scope: 'run' },
  /** A network that cannot be had in the precision asked for, or loses too much in it. */
  PRECISION_FAILED: { exit: 3, http: 500, scope: 'run' },

  IMAGE_EMPTY: { exit: 65, http: 400, scope: 'image' },
  IMAGE_UNRECOGNISED: { exit: 65, http: 415, scope: 'image' },
  IMAGE_UNSUPPORTED: { exit: 65, http: 415, scope: 'image' },
  IMAGE_DAMAGED: { exit: 65, http: 400, scope: 'image' },
  IMAGE_TOO_LARGE: { exit: 65, http: 413, scope: 'image' },
  /** `--page` names one that the file does not have. */
  PAGE_MISSING: { exit: 66, http: 400, scope: 'image' },
  /** A file of several pages where one image is meant, e.g. a sample of a data set. */
  SEVERAL_PAGES: { exit: 65, http: 400, scope: 'image' },
  DATASET_INVALID: { exit: 65, http: 400, scope: 'image' },
  CHECKPOINT_INVALID: { exit: 65, http: 400, scope: 'run' },
  /** Code of the user's own that fails, or gives another thing than a network (`--arch`). */
  NETWORK_INVALID: { exit: 65, http: 400, scope: 'run' },
  MANIFEST_INVALID: { exit: 65, http: 500, scope: 'run' },
  MODEL_CORRUPT: { exit: 65, http: 500, scope: 'run' },
  ONNX_INVALID: { exit: 65, http: 500, scope: 'run' },
  RESULT_INVALID: { exit: 65, http: 400, scope: 'image' },
  /** What the network gave for an image is no probability, e.g. NaN from weights that overflow. */
  PREDICTION_INVALID: { exit: 65, http: 500, scope: 'image' },

  /** Of an image of a data set, among predictions on disk. */
  PREDICTION_MISSING: { exit: 66, http: 404, scope: 'image' },
  INPUT_MISSING: { exit: 66, http: 404, scope: 'image' },
  INPUT_UNREADABLE: { exit: 66, http: 400, scope: 'image' },
  /** The disk or share went away while one input was read or searched. */
  INPUT_LOST: { exit: 74, http: 500, scope: 'image' },
  NO_IMAGES: { exit: 66, http: 400, scope: 'run' },
  MODEL_NOT_FOUND: { exit: 66, http: 404, scope: 'run' },

  PYTHON_MISSING: { exit: 69, http: 500, scope: 'run' },
  PYTHON_PACKAGE_MISSING: { exit: 69, http: 500, scope: 'run' },

  /** `--report FILE.pdf` needs a browser that prints. */
  BROWSER_MISSING: { exit: 69, http: 500, scope: 'run' },
  BROWSER_FAILED: { exit: 69, http: 500, scope: 'run' },

  OUTPUT_UNWRITABLE: { exit: 73, http: 500, scope: 'run' },
  IO_FAILED: { exit: 74, http: 500, scope: 'run' },
  /** The system refuses what the work needs; nothing is wrong with the input. */
  OUT_OF_MEMORY: { exit: 71, http: 503, scope: 'image' },
  TOO_MANY_OPEN_FILES: { exit: 71, http: 503, scope: 'image' },

  /** `ofx batch`: an image that took too long or too much memory, twice; one that was replaced since it was listed. */
  IMAGE_TIMEOUT: { exit: 65, http: 500, scope: 'image' },
  IMAGE_TOO_COSTLY: { exit: 65, http: 500, scope: 'image' },
  IMAGE_CHANGED: { exit: 65, http: 409, scope: 'image' },
  /** A part of a run that says otherwise than its run file. */
  RUN_INVALID: { exit: 65, http: 500, scope: 'run' },
  RUN_NOT_FOUND: { exit: 66, http: 404, scope: 'run' },
  /** An npm package that only some installations need. */
  PACKAGE_MISSING: { exit: 69, http: 500, scope: 'run' },
  /** Stopped before all was done; the same command goes on. */
  RUN_INCOMPLETE: { exit: 75, http: 500, scope: 'run' },
  /** The queue that hands out shards or keeps jobs does not answer; later it may. */
  /** A run that lies whole on disk could not be sent to a tracking server. */
  TRACKING_FAILED: { exit: 75, http: 503, scope: 'run' },
  QUEUE_UNAVAILABLE: { exit: 75, http: 503, scope: 'run' },

  /** A thread that ran our native code died. */
  WORKER_LOST: { exit: 1, http: 500, scope: 'request' },

  /** The service: its address, and what it answers to those who ask too early, too often or for something else. */
  ADDRESS_UNAVAILABLE: { exit: 69, http: 500, scope: 'run' },
  REQUEST_INVALID: { exit: 2, http: 400, scope: 'request' },
  /** Results of another model than the one that is asked to report on them. */
  MODEL_DIFFERS: { exit: 65, http: 409, scope: 'request' },
  UNAUTHORISED: { exit: 2, http: 401, scope: 'request' },
  FORBIDDEN: { exit: 2, http: 403, scope: 'request' },
  ROUTE_NOT_FOUND: { exit: 2, http: 404, scope: 'request' },
  METHOD_NOT_ALLOWED: { exit: 2, http: 405, scope: 'request' },
  NOT_ACCEPTABLE: { exit: 2, http: 406, scope: 'request' },
  UPLOAD_TOO_SLOW: { exit: 69, http: 408, scope: 'request' },
  RELOAD_FAILED: { exit: 65, http: 422, scope: 'run' },
  TOO_MANY_PARTS: { exit: 2, http: 413, scope: 'request' },
  HEADERS_TOO_LARGE: { exit: 2, http: 431, scope: 'request' },
  RATE_LIMITED: { exit: 69, http: 429, scope: 'request' },
  QUOTA_EXCEEDED: { exit: 69, http: 429, scope: 'request' },
  JOB_NOT_FOUND: { exit: 66, http: 404, scope: 'request' },
  /** An address that the server may not ask, or that gave it no image. */
  URL_NOT_ALLOWED: { exit: 66, http: 400, scope: 'image' },
  FETCH_FAILED: { exit: 74, http: 502, scope: 'image' },
  /** Nobody is left to read this answer: it is counted and logged. */
  CLIENT_GONE: { exit: 69, http: 499, scope: 'request' },
  OVERLOADED: { exit: 69, http: 503, scope: 'request' },
  DEADLINE_EXCEEDED: { exit: 69, http: 503, scope: 'request' },
  STOPPING: { exit: 69, http: 503, scope: 'request' },
} as const satisfies Record<string, { exit: number; http: number; scope: Scope }>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** Exit statuses that are results rather than errors. */
export const EXIT = { done: 0, gateFailed: 3, someFailed: 4 } as const;

/** An error that a user can act on: what happened, and the next step. */
export class OfxError extends Error {
  override readonly name = 'OfxError';
  readonly code: ErrorCode;
  /** The next step, as a sentence or a command. */
  readonly suggestion: string | undefined;

  constructor(code: ErrorCode, message: string, options: { suggestion?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.suggestion = options.suggestion;
  }

  get exitStatus(): number {
    return ERROR_TABLE[this.code].exit;
  }

  get httpStatus(): number {
    return ERROR_TABLE[this.code].http;
  }

  get scope(): Scope {
    return ERROR_TABLE[this.code].scope;
  }
}

/**
 * What crosses a thread or a file: an error's fields without its class. `instanceof` does not survive a structured
 * clone, so workers hand their errors over in this form.
 */
export interface PlainError {
  code: ErrorCode;
  message: string;
  suggestion?: string;
  /** Of a defect: where it happened, on the other side. */
  stack?: string;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof OfxError) {
    const { code, message, suggestion } = error;
    return suggestion === undefined ? { code, message } : { code, message, suggestion };
  }
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) };
  const { message, stack } = error;
  return stack === undefined ? { code: 'INTERNAL', message } : { code: 'INTERNAL', message, stack };
}

export function fromPlainError({ code, message, suggestion, stack }: PlainError): OfxError {
  const error = new OfxError(code, message, suggestion === undefined ? {} : { suggestion });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The system's own codes for a file operation that failed, e.g. ENOENT. */
export function systemCode(error: unknown): string | undefined {
  const { code, errno } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (typeof code !== 'string') return undefined;
  return code.startsWith(NAMELESS) ? (ERRNO_NAMES.get(-(errno ?? 0)) ?? code) : code;
}

/** What Node calls the errors that libuv has no name for, such as ESTALE of a share that went away. */
const NAMELESS = 'Unknown system error';
const ERRNO_NAMES = new Map(Object.entries(os.constants.errno).map(([name, number]) => [number, name]));
