import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { OfxError } from '../core/errors.js';
import type { Store } from './store/store.js';

/** One image of a run: a path, or a key of an object store, and what a listing said of it. */
export interface ManifestEntry {
  key: string;
  /** Tells whether the image is still the one that was listed. */
  etag?: string | undefined;
  bytes?: number | undefined;
  /** Why there is nothing to look at: a folder that cannot be listed, a name that cannot be opened. */
  error?: { code: string; message: string } | undefined;
}

/** All keys of a run, one a line, in one gzip member a shard: `zcat` reads it all, a worker reads its own member. */
export const SHARD_LIST_FILE = 'manifest.txt.gz';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * A line of the manifest: the key itself; as a JSON string where it would not stand in one line or could be taken for JSON;
 * as a JSON object where more is known of it.
 */
export function manifestLine({ key, etag, bytes, error }: ManifestEntry): string {
  if (etag !== undefined || bytes !== undefined || error) return JSON.stringify({ key, etag, bytes, error });
  return /^["{]|[\n\r]/.test(key) ? JSON.stringify(key) : key;
}

export function parseManifestLine(line: string): ManifestEntry {
  if (line.startsWith('"')) return { key: JSON.parse(line) as string };
  if (line.startsWith('{')) return JSON.parse(line) as ManifestEntry;
  return { key: line };
}

/** What a manifest was written as. */
export interface ManifestSummary {
  images: number;
  /** Byte offset of each shard's member, and behind them the length of the file. */
  offsets: number[];
  /** Of the lines, uncompressed: what the images are, whatever packed them. */
  linesSha256: string;
  /** Of the file as it is. */
  sha256: string;
}

/** Writes a manifest as its entries come, and keeps no more of them than one shard. */
export class ManifestWriter {
  readonly #linesHash = createHash('sha256');
  readonly #hash = createHash('sha256');
  readonly #offsets = [0];
  #lines: string[] = [];
  #images = 0;
  /** The member that is being compressed while the next one is collected. */
  #pending: Promise<void> = Promise.resolve();

  private constructor(
    private readonly handle: FileHandle,
    private readonly shardSize: number,
  ) {}

  static async create(file: string, shardSize: number): Promise<ManifestWriter> {
    return new ManifestWriter(await open(file, 'wx'), shardSize);
  }

  get images(): number {
    return this.#images;
  }

  async add(line: string): Promise<void> {
    this.#lines.push(line);
    this.#images++;
    if (this.#lines.length === this.shardSize) await this.#flush();
  }

  async finish(): Promise<ManifestSummary> {
    if (this.#lines.length > 0) await this.#flush();
    await this.#pending;
    await this.handle.sync();
    await this.handle.close();
    return {
      images: this.#images,
      offsets: this.#offsets,
      linesSha256: this.#linesHash.digest('hex'),
      sha256: this.#hash.digest('hex'),
    };
  }

  async abort(): Promise<void> {
    await this.#pending.catch(() => undefined);
    await this.handle.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const text = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#linesHash.update(text);
    await this.#pending;
    this.#pending = compress(text).then(async (member) => {
      await this.handle.writeFile(member);
      this.#hash.update(member);
      this.#offsets.push(this.#offsets.at(-1)! + member.length);
    });
    // Told by the next await; without this a failure meanwhile would count as nobody's.
    this.#pending.catch(() => undefined);
  }
}

/**
 * The entries of one shard.
 *
 * @param offsets - of the run's members, the file's length last
 * @throws {OfxError} RUN_INVALID where the manifest is not the one that the run was planned with
 */
export async function readShard(
  store: Store,
  shard: number,
  { offsets, images, shardSize }: { offsets: readonly number[]; images: number; shardSize: number },
  signal?: AbortSignal,
): Promise<ManifestEntry[]> {
  const start = offsets[shard]!;
  const member = await store.readRange(SHARD_LIST_FILE, start, offsets[shard + 1]! - start, signal);
  const expected = Math.min(shardSize, images - shard * shardSize);
  try {
    const lines = (await decompress(member)).toString('utf8').split('\n');
    if (lines.pop() !== '' || lines.length !== expected) throw new Error(`it has ${lines.length} lines`);
    return lines.map(parseManifestLine);
  } catch (error) {
    throw new OfxError(
      'RUN_INVALID',
      `Shard ${shard} of ${store.place}/${SHARD_LIST_FILE} is not what was planned: ${(error as Error).message}.`,
      { suggestion: 'Restore the file, or plan the run again into another folder.', cause: error },
    );
  }
}

/** Shards that {@link sampleImages} looks into, and images that it takes of each. */
const SAMPLE = { shards: 8, images: 4 } as const;

/** Some images from all over the run. */
export async function sampleImages(
  store: Store,
  {
    manifest,
    images,
    shardSize,
  }: { manifest: { offsets: readonly number[] }; images: number; shardSize: number },
): Promise<ManifestEntry[]> {
  const { offsets } = manifest;
  const shards = new Set(
    Array.from({ length: SAMPLE.shards }, () => Math.floor(Math.random() * (offsets.length - 1))),
  );
  const found: ManifestEntry[] = [];
  for (const shard of shards) {
    const entries = await readShard(store, shard, { offsets, images, shardSize });
    for (let i = 0; i < SAMPLE.images; i++) found.push(entries[Math.floor(Math.random() * entries.length)]!);
  }
  return found;
}
