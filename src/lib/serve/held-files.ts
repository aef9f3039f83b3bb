import { existsSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Model } from '../model/catalogue.js';
import { externalData } from '../model/external-data.js';
import { MANIFEST_FILE } from '../model/manifest.js';
import { hashOnnx } from '../model/onnx-hash.js';
import { readText } from '../files/read-text.js';

/** Something on disk that a model consists of: its manifest, or a network with the files that it refers to. */
interface WatchedPart {
  files: readonly string[];
  /** Device, number, size and time of each file when they were last compared; undefined where one was missing. */
  seen: string | undefined;
  /** Whether they hold what is in use. */
  isSame: () => Promise<boolean>;
  /** What was found to be something else: it is not read again with every look. */
  other?: string | undefined;
}

/**
 * The files of a model as they were when it was loaded. They are kept open, so that workers that are started later read the
 * same network, though its folder was replaced meanwhile; and they are compared with what lies there now, so that a change
 * is said.
 */
export class HeldFiles {
  private constructor(
    private readonly handles: readonly FileHandle[],
    private readonly parts: readonly WatchedPart[],
    /** The model with the names of its open files, where the system has such names. */
    readonly model: Model,
  ) {}

  /** @param hasManifest - the model is one on disk, and not made up for a bare file */
  static async of(model: Model, hasManifest = true): Promise<HeldFiles> {
    const { folder, manifest } = model;
    const parts: WatchedPart[] = [];
    if (hasManifest) parts.push(await manifestPart(path.join(folder, MANIFEST_FILE)));
    const handles: FileHandle[] = [];
    const variants: typeof manifest.variants = [];
    for (const variant of manifest.variants) {
      const file = path.join(folder, variant.file);
      const others = referredTo(file);
      parts.push({
        files: [file, ...others],
        seen: await fingerprint([file, ...others]),
        isSame: async () => (await hashOnnx(file)).sha256 === variant.sha256,
      });
      // What it refers to, a network looks for beside itself, by name. One that is missing is told of when it is asked for.
      const handle = others.length === 0 ? await openOrNot(file) : undefined;
      if (handle) handles.push(handle);
      variants.push(
        handle
          ? { ...variant, file: path.relative(folder, path.join(OPEN_FILES, String(handle.fd))) }
          : variant,
      );
    }
    return new HeldFiles(handles, parts, { folder, manifest: { ...manifest, variants } });
  }

  /** Which of the files changed on disk since, or are gone. */
  async changed(): Promise<string[]> {
    const changed: string[] = [];
    for (const part of this.parts) {
      const seen = await fingerprint(part.files);
      if (seen === part.seen) continue;
      // The same bytes, written again, are no change.
      const isOther = seen === undefined || seen === part.other || !(await part.isSame().catch(no));
      if (isOther) {
        part.other = seen;
        changed.push(part.files[0]!);
      } else part.seen = seen;
    }
    return changed;
  }

  async close(): Promise<void> {
    await Promise.all(this.handles.map((handle) => handle.close()));
  }
}

/** The files that this process has open, by their numbers, as other processes of the same user see them. */
const OPEN_FILES = `/proc/${process.pid}/fd`;

async function manifestPart(file: string): Promise<WatchedPart> {
  const read = (): Promise<string> => readText(file).catch(() => '');
  const text = await read();
  return {
    files: [file],
    seen: await fingerprint([file]),
    isSame: async () => (await read()) === text,
  };
}

function no(error: unknown): false {
  if (error instanceof OfxError) return false;
  throw error;
}

function referredTo(file: string): string[] {
  try {
    return externalData(file).map((name) => path.join(path.dirname(file), name));
  } catch (error) {
    // Whoever opens it says what is wrong.
    no(error);
    return [];
  }
}

async function fingerprint(files: readonly string[]): Promise<string | undefined> {
  try {
    const stats = await Promise.all(files.map((file) => stat(file, { bigint: true })));
    return stats.flatMap(({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs]).join(':');
  } catch {
    return undefined;
  }
}

async function openOrNot(file: string): Promise<FileHandle | undefined> {
  if (!existsSync(OPEN_FILES)) return undefined;
  return open(file).catch(() => undefined);
}
