import { createReadStream } from 'node:fs';
import { appendFile, open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { OfxError, systemCode } from '../core/errors.js';
import { writeFileAtomic } from './write.js';
import { makeFolder } from './make-folder.js';
import { withoutMark } from '../text/decode.js';
import { nameKey } from '../text/names.js';
import { KeyTable } from './key-table.js';
import { checkSettings, type JournalSettings } from './journal-settings.js';

/**
 * What of a long run is finished: one JSON line an item, behind a line that says under which settings. A line is
 * appended once an item's outputs are in place, so a run that is killed at any moment loses at most the items it was
 * working on. Of each line only where it stands is in memory.
 */
export class Journal<Entry> {
  #reader: FileHandle | undefined;

  private constructor(
    private readonly file: string,
    /** Where in the file each key's last line begins. */
    private readonly lines: KeyTable,
  ) {}

  /**
   * @param settings - everything that decides an entry
   * @param resume - keep what is finished; otherwise the journal begins again
   * @throws {OfxError} OUTPUT_UNWRITABLE, USAGE where what is to be kept was made under other settings
   */
  static async open<Entry>(
    file: string,
    settings: JournalSettings,
    resume: boolean,
  ): Promise<Journal<Entry>> {
    const lines = new KeyTable({ withValues: true });
    // Written again, so that a last line cut short by a crash does not spoil the next one.
    await writeFileAtomic(file, content(file, settings, resume, lines));
    return new Journal(file, lines);
  }

  /** How many items an earlier run with the same settings finished. */
  get finished(): number {
    return this.lines.size;
  }

  /** What an earlier run wrote last of an item. */
  async find(key: string): Promise<Entry | undefined> {
    const start = this.lines.get(key);
    if (start === undefined) return undefined;
    this.#reader ??= await open(this.file, 'r');
    const line = await readLine(this.#reader, start);
    return (JSON.parse(line) as { entry: Entry }).entry;
  }

  async add(key: string, entry: Entry): Promise<void> {
    try {
      await appendFile(this.file, `${JSON.stringify({ key, entry })}\n`);
    } catch (error) {
      throw new OfxError('IO_FAILED', `Cannot write the journal ${this.file}: ${(error as Error).message}`, {
        suggestion: 'Free some space or check the disk, then run the same command with --resume.',
        cause: error,
      });
    }
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }
}

/** The lines of the new journal; notes in `starts` where each key's begins. */
async function* content(
  file: string,
  settings: JournalSettings,
  resume: boolean,
  starts: KeyTable,
): AsyncGenerator<string> {
  const header = `${JSON.stringify({ settings })}\n`;
  yield header;
  let at = Buffer.byteLength(header);
  if (!resume) return;
  for await (const { key, line } of readLines(file, settings)) {
    starts.set(key, at);
    const text = `${line}\n`;
    at += Buffer.byteLength(text);
    yield text;
  }
}

/** The whole lines of an earlier journal; none where there is none. */
async function* readLines(
  file: string,
  settings: JournalSettings,
): AsyncGenerator<{ key: string; line: string }> {
  let isFirst = true;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (isFirst) {
        const earlier = readHeader(withoutMark(line));
        if (earlier === undefined) return;
        checkSettings(earlier, settings, path.dirname(file));
      } else {
        const key = keyOf(line);
        if (key !== undefined) yield { key, line };
      }
      isFirst = false;
    }
  } catch (error) {
    if (error instanceof OfxError) throw error;
    if (systemCode(error) === 'ENOENT') return;
    throw new OfxError('INPUT_UNREADABLE', `Cannot read the journal ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Nothing of the line that a crash cut short; its item is done again. */
function keyOf(line: string): string | undefined {
  try {
    return (JSON.parse(line) as { key: string }).key;
  } catch {
    return undefined;
  }
}

/** Most lines fit into so many bytes. */
const LINE_BYTES = 4096;

async function readLine(handle: FileHandle, start: number): Promise<string> {
  const chunks: Buffer[] = [];
  for (let at = start; ; at += LINE_BYTES) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_BYTES), 0, LINE_BYTES, at);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    chunks.push(buffer.subarray(0, end < 0 ? bytesRead : end));
    if (end >= 0 || bytesRead < LINE_BYTES) return Buffer.concat(chunks).toString('utf8');
  }
}

/** Nothing where the line is no journal's; what follows it is none of ours. */
function readHeader(line: string): JournalSettings | undefined {
  try {
    return (JSON.parse(line) as { settings?: JournalSettings }).settings;
  } catch {
    return undefined;
  }
}

/** A file's content as far as its path, size and time of change tell it; changes when the file is replaced. */
export async function fileKey(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  return JSON.stringify([nameKey(path.resolve(file)), size, mtimeMs]);
}

/** @throws {OfxError} OUTPUT_UNWRITABLE */
export async function createFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `Cannot create the folder ${folder} (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Choose a place that you may write to.',
        cause: error,
      },
    );
  }
}
