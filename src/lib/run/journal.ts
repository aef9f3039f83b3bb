import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { OfxError, systemCode } from '../core/errors.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { createFolder } from '../files/journal.js';
import { checkSettings, type JournalSettings } from '../files/journal-settings.js';
import type { SampleRecord } from './sample-record.js';

export type { JournalSettings };

/** Lies in the folder of a run that is not finished. */
export const VALIDATION_JOURNAL = '.ofx-validate.ndjson';

const deflate = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw);

/**
 * The records of a run that is under way, a line each, in the order of the data set, behind a line of settings. A record
 * holds all that an image adds to any number (its pixels as a histogram of some tens of kilobytes), so a run that is
 * killed at any moment loses only the images it was working on. Read and written as a stream: thousands of histograms
 * fit no string.
 */
export class ValidationJournal {
  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  /** Begins a journal again. */
  static async create(folder: string, settings: JournalSettings): Promise<ValidationJournal> {
    await createFolder(folder);
    const file = path.join(folder, VALIDATION_JOURNAL);
    const journal = new ValidationJournal(file, await openFile(file, 'w'));
    await journal.#write(JSON.stringify({ settings }));
    return journal;
  }

  /**
   * Takes up a journal: tells every whole record to `onRecord` and cuts off what a crash left of the next one.
   *
   * @throws {OfxError} USAGE where the journal was made under other settings
   */
  static async resume(
    folder: string,
    settings: JournalSettings,
    onRecord: (record: SampleRecord) => Promise<void>,
  ): Promise<ValidationJournal> {
    const file = path.join(folder, VALIDATION_JOURNAL);
    const { size } = await stat(file);
    let wholeBytes = 0;
    let isFirst = true;
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const end = wholeBytes + Buffer.byteLength(line) + 1;
      // A last line without its newline was cut short, even if it happens to parse.
      if (end > size) break;
      if (isFirst)
        checkSettings((JSON.parse(line) as { settings: JournalSettings }).settings, settings, folder);
      else await onRecord(decodeRecord(line));
      isFirst = false;
      wholeBytes = end;
    }
    if (isFirst) return ValidationJournal.create(folder, settings);
    const handle = await openFile(file, 'r+');
    await handle.truncate(wholeBytes);
    await handle.close();
    return new ValidationJournal(file, await openFile(file, 'a'));
  }

  /** All records so far, in order. */
  async *records(): AsyncGenerator<SampleRecord> {
    yield* recordsIn(this.file);
  }

  async add(record: SampleRecord): Promise<void> {
    await this.#write(await encodeRecord(record));
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** The run is finished, and its records stay in another place. */
  async keep(place: string): Promise<void> {
    await this.close();
    await mkdir(path.dirname(place), { recursive: true });
    await rename(this.file, place);
  }

  /** The run is finished; nothing is left to take up. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.file, { force: true });
  }

  async #write(line: string): Promise<void> {
    try {
      await this.handle.appendFile(`${line}\n`);
    } catch (error) {
      throw new OfxError('IO_FAILED', `Cannot write the journal ${this.file}: ${(error as Error).message}`, {
        suggestion: 'Free some space or check the disk, then run the same command with --resume.',
        cause: error,
      });
    }
  }
}

/** All records of a journal, in order. */
export async function* recordsIn(file: string): AsyncGenerator<SampleRecord> {
  let isFirst = true;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (!isFirst) yield decodeRecord(line);
    isFirst = false;
  }
}

async function encodeRecord(record: SampleRecord): Promise<string> {
  const pixel = record.kind === 'scored' ? record.evidence.pixel : null;
  if (record.kind !== 'scored' || !pixel) return JSON.stringify(record);
  // The fastest level takes a third of the time of the default one for a few per cent more.
  const histogram = (await deflate(pixel.histogram, { level: constants.Z_BEST_SPEED })).toString('base64');
  return JSON.stringify({
    ...record,
    evidence: { ...record.evidence, pixel: { ...pixel, histogram } },
  });
}

function decodeRecord(line: string): SampleRecord {
  const record = JSON.parse(line) as SampleRecord;
  if (record.kind !== 'scored' || !record.evidence.pixel) return record;
  const encoded = record.evidence.pixel.histogram as unknown as string;
  const histogram = new Uint8Array(inflateRawSync(Buffer.from(encoded, 'base64')));
  const evidence: ImageEvidence = { ...record.evidence, pixel: { ...record.evidence.pixel, histogram } };
  return { ...record, evidence };
}

async function openFile(file: string, mode: string): Promise<FileHandle> {
  try {
    return await open(file, mode);
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `Cannot write ${file} (${systemCode(error) ?? 'unknown error'}).`,
      { suggestion: 'Choose a place that you may write to, with --out.', cause: error },
    );
  }
}
