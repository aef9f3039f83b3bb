import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { makeFolder } from '../files/make-folder.js';
import { settingsDifferences } from '../files/journal-settings.js';
import { writeError } from '../files/write.js';
import type { ImageLimits } from '../image/decode/samples.js';
import type { ModelIdentity } from '../model/network.js';
import { dropDuplicates, KeyHashes } from './duplicates.js';
import type { MaskChoice } from './masks-choice.js';
import {
  SHARD_LIST_FILE,
  manifestLine,
  ManifestWriter,
  type ManifestEntry,
  type ManifestSummary,
} from './manifest.js';
import { readRun, RUN_FILE, runKeyOf, runSettings, type RunFile } from './run.js';
import type { Store } from './store/store.js';

export interface PlanRequest {
  keys: AsyncIterable<ManifestEntry> | Iterable<ManifestEntry>;
  folders: readonly string[];
  /** Folder that relative paths start from. */
  base: string;
  shardSize: number;
  model: { reference: string; identity: ModelIdentity };
  evidence: RunFile['evidence'];
  thresholds: RunFile['thresholds'];
  minArea: number;
  tile: boolean;
  limits: ImageLimits;
  threads: number;
  masks: MaskChoice;
}

export interface Planned {
  run: RunFile;
  /** The same run was planned before, and nothing was written. */
  existed: boolean;
  duplicates: number;
}

/** How often progress is told, in images. */
const TOLD_EVERY = 10_000;

/**
 * Lists the images and writes what a run is. May be called again, also after it was killed: what is there of the same run
 * stays, and another run is refused.
 *
 * @throws {OfxError} NO_IMAGES, USAGE where another run is there, OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function planRun(
  store: Store,
  request: PlanRequest,
  onProgress: (images: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Planned> {
  const earlier = await readRun(store, signal);
  const draft = path.join(store.drafts, `.ofx-${process.pid}-${randomUUID()}.part`);
  const withoutDuplicates = `${draft}-2`;
  try {
    await makeFolder(store.drafts).catch((error: unknown) => {
      throw writeError(store.drafts, error);
    });
    const hashes = new KeyHashes();
    let manifest = await writeManifest(draft, request, hashes, onProgress, signal);
    if (manifest.images === 0) {
      throw new OfxError('NO_IMAGES', 'There is no image in the inputs.', {
        suggestion: 'Images are JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP files, told by their content.',
      });
    }
    const repeated = hashes.repeated();
    let file = draft;
    const { images } = manifest;
    if (repeated) {
      file = withoutDuplicates;
      manifest = await dropDuplicates(draft, file, request.shardSize, repeated);
    }
    const duplicates = images - manifest.images;
    const run = runFileOf(request, manifest);
    if (earlier) {
      refuseOther(store, earlier, run);
      return { run: earlier, existed: true, duplicates };
    }
    if ((await store.adopt(SHARD_LIST_FILE, file, signal)) === 'exists') {
      // Of a plan that was killed before its run file: it is no one's, unless somebody plans beside us.
      await store.remove(SHARD_LIST_FILE, signal);
      await store.adopt(SHARD_LIST_FILE, file, signal);
    }
    if ((await store.create(RUN_FILE, `${JSON.stringify(run)}\n`, signal)) === 'created') {
      return { run, existed: false, duplicates };
    }
    const other = (await readRun(store, signal))!;
    refuseOther(store, other, run);
    return { run: other, existed: true, duplicates };
  } finally {
    for (const file of [draft, withoutDuplicates]) await rm(file, { force: true }).catch(() => undefined);
  }
}

async function writeManifest(
  file: string,
  { keys, shardSize }: PlanRequest,
  hashes: KeyHashes,
  onProgress: (images: number) => void,
  signal: AbortSignal | undefined,
): Promise<ManifestSummary> {
  const writer = await ManifestWriter.create(file, shardSize).catch((error: unknown) => {
    throw writeError(file, error);
  });
  try {
    for await (const entry of keys) {
      hashes.add(entry.key);
      await writer.add(manifestLine(entry));
      if (writer.images % TOLD_EVERY === 0) {
        signal?.throwIfAborted();
        onProgress(writer.images);
      }
    }
    signal?.throwIfAborted();
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error instanceof OfxError || signal?.aborted ? error : writeError(file, error);
  }
}

/** The run file that a request and its manifest make. */
export function runFileOf(request: Omit<PlanRequest, 'keys'>, manifest: ManifestSummary): RunFile {
  const { folders, base, shardSize, model, evidence, thresholds, minArea, tile, limits, threads, masks } =
    request;
  const run: Omit<RunFile, 'runKey'> = {
    schemaVersion: 1,
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    createdAt: new Date().toISOString(),
    model: { reference: model.reference, ...model.identity },
    evidence,
    thresholds,
    minArea,
    tile,
    limits,
    threads,
    masks,
    base,
    folders: [...folders],
    images: manifest.images,
    shardSize,
    manifest: {
      linesSha256: manifest.linesSha256,
      sha256: manifest.sha256,
      offsets: manifest.offsets,
    },
  };
  return { ...run, runKey: runKeyOf(run) };
}

function refuseOther(store: Store, earlier: RunFile, run: RunFile): void {
  const differences = settingsDifferences(runSettings(earlier), runSettings(run));
  if (differences.length === 0) return;
  throw new OfxError('USAGE', `Another run is in ${store.place}: ${differences.join('; ')}.`, {
    suggestion: 'Choose another folder with --out, or give the settings and inputs of that run.',
  });
}
