import type * as Sdk from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { loadOptional } from '../../core/optional.js';
import { retryStorage, type RetryLimits } from './retry.js';

/** Where an object lies. */
export interface S3Place {
  bucket: string;
  key: string;
}

const SCHEME = 's3://';

export function isS3(text: string): boolean {
  return text.startsWith(SCHEME);
}

/** Keys are taken as they are, never decoded: `s3://bucket/a%20b` and `s3://bucket/a b` are two objects. */
export function parseS3(url: string): S3Place {
  const rest = url.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  return slash === -1
    ? { bucket: rest, key: '' }
    : { bucket: rest.slice(0, slash), key: rest.slice(slash + 1) };
}

export interface S3 {
  client: S3Client;
  sdk: typeof Sdk;
}

let shared: Promise<S3> | undefined;

/**
 * The client, by the credential chain of AWS; `AWS_ENDPOINT_URL` names other stores.
 *
 * @throws {OfxError} PACKAGE_MISSING
 */
export async function openS3(): Promise<S3> {
  shared ??= loadOptional('s3', async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const sdk = await import('@aws-sdk/client-s3');
    const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
    const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
    const client = new sdk.S3Client({
      // Stores of other makers know one region, and buckets by path only.
      ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
      ...(endpoint !== undefined && { forcePathStyle: true }),
      // Around the body too, and for longer than the SDK would: see retryStorage.
      maxAttempts: 1,
      // Some stores send the checksum of the whole object with a part of it.
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    return { client, sdk };
  });
  return shared;
}

/**
 * A whole object or a range of it, tried again for as long as the storage is at fault: also where the body breaks off, is
 * shorter than announced, or stalls.
 *
 * @param maxBytes - larger ones are not read
 */
export async function readObject(
  { client, sdk }: S3,
  { bucket, key }: S3Place,
  options: {
    range?: string;
    ifMatch?: string | undefined;
    maxBytes?: number;
    signal?: AbortSignal | undefined;
  },
  limits?: RetryLimits,
): Promise<{ bytes: Uint8Array; etag: string | undefined } | 'too large'> {
  return retryStorage(
    `s3://${bucket}/${key}`,
    async (signal, alive) => {
      const response = await client.send(
        new sdk.GetObjectCommand({
          Bucket: bucket,
          Key: key,
          Range: options.range,
          IfMatch: options.ifMatch,
        }),
        { abortSignal: signal },
      );
      alive();
      if (options.maxBytes !== undefined && (response.ContentLength ?? 0) > options.maxBytes) {
        (response.Body as { destroy?: () => void } | undefined)?.destroy?.();
        return 'too large' as const;
      }
      return { bytes: await bodyOf(response, signal, alive), etag: response.ETag };
    },
    options.signal,
    limits,
  );
}

async function bodyOf(
  { Body, ContentLength }: GetObjectCommandOutput,
  signal: AbortSignal,
  alive: () => void,
): Promise<Uint8Array> {
  const body = Body as (AsyncIterable<Uint8Array> & { destroy: (error?: Error) => void }) | undefined;
  if (!body) return new Uint8Array(0);
  // The SDK's own signal ends with the headers; a body that stalls would hang for ever.
  const onAbort = (): void => {
    body.destroy(new Error('The body stalled.'));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for await (const chunk of body) {
      alive();
      chunks.push(chunk);
      total += chunk.length;
    }
    if (ContentLength !== undefined && total !== ContentLength) {
      throw new Error(`${total} of ${ContentLength} bytes came`);
    }
    return Buffer.concat(chunks);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
