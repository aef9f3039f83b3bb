import type { Readable } from 'node:stream';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { OfxError } from '../core/errors.js';

/** An image as it was sent, or why it cannot be looked at. */
export type Upload = { name: string; bytes: Uint8Array } | { name: string; error: OfxError };

export interface HeldUploads {
  uploads: Upload[];
  /** Lets go of their memory. */
  release: () => void;
}

/** The form's field with the image. */
export const IMAGE_FIELD = 'image';

/** A form's other parts: people's own fields are allowed and ignored, within reason. */
const OTHER_FIELDS = 8;
/** Boundaries and headers of a part. */
const PART_OVERHEAD = 4096;
/** Uploads that are held in memory at once, waiting ones included: so many, of a photo's usual size at most … */
const UPLOADS_HELD = 8;
const USUAL_BYTES = 25_000_000;
/** … or so many of the largest. */
const LARGEST_UPLOADS_HELD = 2;
/** A batch is as large as so many of the largest images, where so many can be held. */
const LARGEST_IMAGES_IN_A_BATCH = 4;

/** Takes images out of requests, into memory only, within limits on one image, one request and all of them together. */
export class UploadReader {
  readonly #maxBytes: number;
  readonly #most: number;
  #held = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#most = Math.max(LARGEST_UPLOADS_HELD * maxBytes, UPLOADS_HELD * Math.min(maxBytes, USUAL_BYTES));
  }

  /**
   * Reads a raw body, or a form with up to `maxFiles` files in the field `image`.
   *
   * @throws {OfxError} IMAGE_TOO_LARGE, IMAGE_EMPTY, TOO_MANY_PARTS, REQUEST_INVALID, OVERLOADED, CLIENT_GONE
   */
  async read(request: FastifyRequest, maxFiles: number): Promise<HeldUploads> {
    const maxTotal = Math.min(Math.min(maxFiles, LARGEST_IMAGES_IN_A_BATCH) * this.#maxBytes, this.#most);
    const allowed = request.isMultipart() ? maxTotal + maxFiles * PART_OVERHEAD : this.#maxBytes;
    refuseByHeaders(request, allowed);
    const share = new MemoryShare(maxTotal, (bytes) => {
      this.#reserve(bytes);
    });
    const release = (): void => {
      this.#held -= share.bytes;
      share.close();
    };
    const stall = stalledForm(request);
    try {
      const reading = request.isMultipart()
        ? this.#readForm(request, maxFiles, share)
        : this.#readBody(request, share).then((upload) => [upload]);
      return { uploads: await Promise.race([reading, stall.error]), release };
    } catch (error) {
      release();
      throw this.#readingError(request, error);
    } finally {
      stall.stop();
      // What is left of the body has to be read, or the next request on this connection would wait behind it for ever.
      request.raw.unpipe();
      request.raw.resume();
    }
  }

  async #readBody(request: FastifyRequest, share: MemoryShare): Promise<Upload> {
    const bytes = await collect(request.raw, this.#maxBytes, share);
    if (!bytes) throw tooLarge(this.#maxBytes);
    return { name: IMAGE_FIELD, bytes };
  }

  async #readForm(request: FastifyRequest, maxFiles: number, share: MemoryShare): Promise<Upload[]> {
    const uploads: Upload[] = [];
    const otherFields: string[] = [];
    const parts = request.parts({
      isPartAFile: holdsFile,
      limits: {
        files: maxFiles,
        fields: OTHER_FIELDS,
        parts: maxFiles + OTHER_FIELDS,
        // One more, so that a file of exactly the limit is told from a longer one.
        fileSize: this.#maxBytes + 1,
        fieldSize: PART_OVERHEAD,
        fieldNameSize: 100,
        headerPairs: 32,
      },
    });
    for await (const part of parts) {
      if (part.type === 'file') uploads.push(await this.#readPart(part, share));
      else otherFields.push(`"${cleanName(part.fieldname)}"`);
    }
    if (uploads.length === 0) {
      const others = otherFields.length > 0 ? ` It has: ${otherFields.join(', ')}.` : '';
      throw new OfxError('REQUEST_INVALID', `The form has no field "${IMAGE_FIELD}".${others}`, {
        suggestion: `For example: curl -F ${IMAGE_FIELD}=@photo.jpg, or send the file itself as the body.`,
      });
    }
    return uploads;
  }

  async #readPart({ fieldname, filename, file }: Part, share: MemoryShare): Promise<Upload> {
    if (fieldname !== IMAGE_FIELD) {
      file.resume();
      throw new OfxError(
        'REQUEST_INVALID',
        `A file came in ${fieldname === undefined ? 'a part without a name' : `the field "${cleanName(fieldname)}"`}.`,
        {
          suggestion: `Name the field "${IMAGE_FIELD}".`,
        },
      );
    }
    const name = cleanName(filename ?? IMAGE_FIELD);
    const bytes = await collect(file, this.#maxBytes, share);
    return bytes ? { name, bytes } : { name, error: tooLarge(this.#maxBytes) };
  }

  #reserve(bytes: number): void {
    if (this.#held + bytes > this.#most) {
      throw new OfxError('OVERLOADED', 'Too many uploads are under way.', {
        suggestion: 'Try again in a few seconds.',
      });
    }
    this.#held += bytes;
  }

  /** A form that a parser cannot read, and a client that hung up, look alike from inside a stream. */
  #readingError(request: FastifyRequest, error: unknown): unknown {
    if (error instanceof OfxError) return error;
    if (request.raw.destroyed && !request.raw.complete) return clientGone(error);
    if (typeof (error as { statusCode?: unknown }).statusCode === 'number') return error;
    return new OfxError('REQUEST_INVALID', `The form cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** A part with a file, as it is: browsers name field and file, programs may leave either out. */
type Part = Pick<MultipartFile, 'file'> & { fieldname: string | undefined; filename: string | undefined };

/** What stands in the image's field is an image, with or without a file name; what has a file name is a file. */
function holdsFile(
  field: string | undefined,
  type: string | undefined,
  filename: string | undefined,
): boolean {
  return (
    field === IMAGE_FIELD ||
    filename !== undefined ||
    type === 'application/octet-stream' ||
    type?.startsWith('image/') === true
  );
}

/** The bytes that one request has in memory. */
class MemoryShare {
  bytes = 0;
  #closed = false;

  constructor(
    private readonly max: number,
    private readonly reserve: (bytes: number) => void,
  ) {}

  /** @returns whether they may be kept: nobody waits for them once it is closed */
  add(bytes: number): boolean {
    if (this.#closed) return false;
    if (this.bytes + bytes > this.max) throw tooLarge(this.max);
    this.reserve(bytes);
    this.bytes += bytes;
    return true;
  }

  /** A form that was given up may still be read on: that takes no more memory. */
  close(): void {
    this.bytes = 0;
    this.#closed = true;
  }
}

export function clientGone(cause?: unknown): OfxError {
  return new OfxError('CLIENT_GONE', 'The client closed the connection.', { cause });
}

/**
 * Rejects when a body has arrived long ago and still is not read. The parser of forms waits for ever on a part whose
 * headers are none.
 */
function stalledForm({ raw }: FastifyRequest): { error: Promise<never>; stop: () => void } {
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  const error = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (raw.complete) looks++;
      if (looks > STALLED_LOOKS) reject(new Error('it has a part that does not end'));
    }, LOOK_MS);
  });
  return {
    error,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** A parser keeps up with what comes in: seconds after the last byte it has nothing left to do. */
const LOOK_MS = 500;
const STALLED_LOOKS = 6;

function refuseByHeaders({ headers }: FastifyRequest, allowed: number): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new OfxError(
      'IMAGE_UNSUPPORTED',
      `Uploads with Content-Encoding "${cleanName(encoding)}" are refused.`,
      {
        suggestion: 'Images are compressed already: send the file as it is.',
      },
    );
  }
  if (Number(headers['content-length']) > allowed) throw tooLarge(allowed);
}

/** @returns undefined where the stream is longer than allowed, or was given up; what follows is read and dropped then */
async function collect(
  stream: Readable,
  maxBytes: number,
  share: MemoryShare,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  // Leaving the loop must not destroy the stream: below it is the connection on which the answer goes back.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes || !share.add(chunk.length)) {
      stream.resume();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): OfxError {
  const megabytes = (maxBytes / 1e6).toFixed(1).replace(/\.0$/, '');
  return new OfxError(
    'IMAGE_TOO_LARGE',
    `The upload is larger than ${megabytes} MB, which is the limit here.`,
  );
}

/** A name from a stranger, fit for a result and a log: one line, no path, not endless. */
export function cleanName(name: string): string {
  const plain = name
    .replace(/^.*[/\\]/s, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '')
    .trim();
  return plain.slice(0, 200) || IMAGE_FIELD;
}
