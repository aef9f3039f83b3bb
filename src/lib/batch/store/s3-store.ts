import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import os from 'node:os';
import { OfxError } from '../../core/errors.js';
import { RETRY_LIMITS, retryStorage, statusOf, type RetryLimits } from './retry.js';
import { parseS3, readObject, type S3 } from './s3.js';
import type { Store, StoredFile } from './store.js';

/** A run below a prefix of a bucket. */
export class S3Store implements Store {
  readonly drafts = os.tmpdir();
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(
    readonly place: string,
    private readonly s3: S3,
    private readonly limits: RetryLimits = RETRY_LIMITS,
  ) {
    const { bucket, key } = parseS3(place);
    this.#bucket = bucket;
    this.#prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  }

  async read(name: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#absentIsUndefined(name, async () => this.#object(name, { signal }));
  }

  async readRange(name: string, start: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const range = `bytes=${start}-${start + length - 1}`;
    const bytes = await this.#absentIsUndefined(name, async () => this.#object(name, { range, signal }));
    if (!bytes) throw refused(`s3://${this.#bucket}/${this.#prefix}${name}`, new Error('it is not there'));
    return bytes;
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredFile | undefined> {
    const { sdk } = this.s3;
    return this.#absentIsUndefined(name, async () => {
      const head = await this.#send(
        name,
        (options) => this.s3.client.send(new sdk.HeadObjectCommand(this.#at(name)), options),
        signal,
      );
      return { name, bytes: head.ContentLength ?? 0, modified: head.LastModified ?? new Date(0) };
    });
  }

  hash(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async create(name: string, data: Uint8Array | string, signal?: AbortSignal): Promise<'created' | 'exists'> {
    const bytes = Buffer.from(data as Uint8Array);
    return this.#put(name, () => bytes, bytes.length, signal);
  }

  async adopt(name: string, file: string, signal?: AbortSignal): Promise<'created' | 'exists'> {
    const { size } = await stat(file);
    return this.#put(name, () => createReadStream(file), size, signal);
  }

  async *list(folder: string, signal?: AbortSignal): AsyncIterable<StoredFile> {
    const { client, sdk } = this.s3;
    const prefix = `${this.#prefix}${folder}/`;
    for (let token: string | undefined; ;) {
      const page = await this.#send(
        folder,
        (options) =>
          client.send(
            new sdk.ListObjectsV2Command({
              Bucket: this.#bucket,
              Prefix: prefix,
              Delimiter: '/',
              ContinuationToken: token,
            }),
            options,
          ),
        signal,
      );
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
        yield { name: Key.slice(this.#prefix.length), bytes: Size, modified: LastModified };
      }
      if (!page.IsTruncated) return;
      token = page.NextContinuationToken;
    }
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    const { client, sdk } = this.s3;
    await this.#send(
      name,
      (options) => client.send(new sdk.DeleteObjectCommand(this.#at(name)), options),
      signal,
    );
  }

  /**
   * Asked for first, because some stores take no condition on a write; there, two writers at the same moment may both write,
   * and both contents are valid. That our own first attempt won, and its answer was lost, counts as "there".
   */
  async #put(
    name: string,
    body: () => NonNullable<ConstructorParameters<S3['sdk']['PutObjectCommand']>[0]['Body']>,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<'created' | 'exists'> {
    const { client, sdk } = this.s3;
    if (await this.stat(name, signal)) return 'exists';
    try {
      await this.#send(
        name,
        (options) =>
          client.send(
            new sdk.PutObjectCommand({
              ...this.#at(name),
              Body: body(),
              ContentLength: length,
              IfNoneMatch: '*',
            }),
            options,
          ),
        signal,
      );
      return 'created';
    } catch (error) {
      if (error instanceof OfxError && statusOf(error.cause) === 412) return 'exists';
      throw error;
    }
  }

  async #object(
    name: string,
    options: { range?: string; signal?: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    const { Bucket, Key } = this.#at(name);
    try {
      const read = await readObject(this.s3, { bucket: Bucket, key: Key }, options, this.limits);
      return (read as { bytes: Uint8Array }).bytes;
    } catch (error) {
      throw this.#explained(name, error);
    }
  }

  async #send<T>(
    name: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      return await retryStorage(
        `s3://${this.#bucket}/${this.#prefix}${name}`,
        (abortSignal) => send({ abortSignal }),
        signal,
        this.limits,
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#explained(name, error);
    }
  }

  #explained(name: string, error: unknown): unknown {
    if (error instanceof OfxError || statusOf(error) === undefined) return error;
    return refused(`s3://${this.#bucket}/${this.#prefix}${name}`, error);
  }

  async #absentIsUndefined<T>(name: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      const cause = error instanceof OfxError ? error.cause : error;
      if (statusOf(cause) === 404 && (cause as Error).name !== 'NoSuchBucket') return undefined;
      throw this.#explained(name, error);
    }
  }

  #at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + name };
  }
}

function refused(what: string, cause: unknown): OfxError {
  const { name, message } = cause as Error;
  return new OfxError('IO_FAILED', `${what}: the store answers ${name}: ${message}`, {
    suggestion:
      'Check the bucket and the rights of the credentials: s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket.',
    cause,
  });
}
