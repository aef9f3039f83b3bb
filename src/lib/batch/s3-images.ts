import { OfxError } from '../core/errors.js';
import { tooManyBytes } from '../files/read.js';
import { hasImageName } from '../image/decode/formats.js';
import { Unfit } from './failures.js';
import type { Fetcher } from './fetch.js';
import type { ManifestEntry } from './manifest.js';
import { Refusals, type AccessProbe } from './refusals.js';
import { retryStorage, statusOf, type RetryLimits } from './store/retry.js';
import { openS3, parseS3, readObject } from './store/s3.js';

/** Reads images from buckets. */
export class S3Fetcher implements Fetcher {
  readonly #refusals: Refusals;

  /** @param sample - images from elsewhere in the run */
  constructor(
    private readonly maxBytes: number,
    private readonly limits?: RetryLimits,
    sample?: AccessProbe['sample'],
  ) {
    this.#refusals = new Refusals({
      canRead: async (entry) => canRead(entry.key),
      // A store refuses one image as it refuses all of them to the wrong credentials.
      isThere: () => Promise.resolve(false),
      sample,
    });
  }

  async fetch(entry: ManifestEntry, signal: AbortSignal): Promise<Uint8Array> {
    const { key, etag } = entry;
    const s3 = await openS3();
    try {
      const read = await readObject(
        s3,
        parseS3(key),
        { ifMatch: etag, maxBytes: this.maxBytes, signal },
        this.limits,
      );
      this.#refusals.wasRead(entry);
      if (read === 'too large') throw tooManyBytes(key, this.maxBytes);
      // Some stores ignore the condition.
      if (etag !== undefined && read.etag !== undefined && read.etag !== etag) throw changed(key);
      return read.bytes;
    } catch (error) {
      throw error instanceof OfxError || signal.aborted ? error : await this.#explained(entry, error);
    }
  }

  async #explained(entry: ManifestEntry, error: unknown): Promise<unknown> {
    const { key } = entry;
    if (CREDENTIALS.has((error as Error).name)) {
      return new Unfit(
        new OfxError('IO_FAILED', `The store does not accept the credentials: ${(error as Error).message}`, {
          suggestion: 'Renew them, then run the same command again.',
          cause: error,
        }),
      );
    }
    switch (statusOf(error)) {
      case 404:
        if ((error as Error).name === 'NoSuchBucket')
          return new Unfit(new OfxError('IO_FAILED', `There is no bucket of ${key}.`));
        return new OfxError('INPUT_MISSING', `There is no object ${key}.`, { cause: error });
      case 412:
        return changed(key);
      case 403:
        return this.#refusals.judged(
          entry,
          new OfxError(
            'INPUT_UNREADABLE',
            `${key} may not be read, or is not there: without s3:ListBucket a store says the same of both.`,
            { cause: error },
          ),
        );
      default:
        return statusOf(error) === undefined
          ? error
          : new OfxError('INPUT_UNREADABLE', `${key} cannot be read: ${(error as Error).message}`, {
              cause: error,
            });
    }
  }
}

/** What says that this machine's credentials are at fault, whatever object was asked for. */
const CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

async function canRead(url: string): Promise<boolean> {
  const { client, sdk } = await openS3();
  const { bucket, key } = parseS3(url);
  return client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key })).then(
    () => true,
    () => false,
  );
}

function changed(key: string): OfxError {
  return new OfxError('IMAGE_CHANGED', `${key} was replaced after it was listed.`, {
    suggestion: 'Plan another run to score what is there now.',
  });
}

/** The images below `s3://bucket/prefix`, told by their names, with what tells later whether they are the same. */
export async function* listS3Images(url: string, signal?: AbortSignal): AsyncGenerator<ManifestEntry> {
  const { client, sdk } = await openS3();
  const { bucket, key } = parseS3(url);
  for (let token: string | undefined; ;) {
    const page = await retryStorage(
      url,
      (abortSignal) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken: token }), {
          abortSignal,
        }),
      signal,
    ).catch((error: unknown) => {
      if (error instanceof OfxError || statusOf(error) === undefined) throw error;
      throw new OfxError('INPUT_UNREADABLE', `${url} cannot be listed: ${(error as Error).message}`, {
        suggestion: 'Check the bucket, and that the credentials have s3:ListBucket.',
        cause: error,
      });
    });
    for (const { Key = '', ETag, Size } of page.Contents ?? []) {
      // A prefix is a folder: `x` means `x` and `x/y`, not `xy`.
      const isBelow = key === '' || key.endsWith('/') || Key === key || Key.startsWith(`${key}/`);
      if (isBelow && (Key === key || hasImageName(Key)))
        yield { key: `s3://${bucket}/${Key}`, etag: ETag, bytes: Size };
    }
    if (!page.IsTruncated) return;
    token = page.NextContinuationToken;
  }
}
