import { appendFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { writeFileAtomic } from './write.js';
import { makeFolder } from './make-folder.js';
import { nameKey } from '../text/names.js';
import { checkSettings, type JournalSettings } from './journal-settings.js';
import { readText } from './read-text.js';

/**
 * What of a long run is finished: one JSON line an item, behind a line that says under which settings. A line is
 * appended once an item's outputs are in place, so a run that is killed at any moment loses at most the items it was
 * working on.
 */
export class Journal<Entry> {
  private constructor(
    private readonly file: string,
    /** What an earlier run with the same settings finished, by key. */
    readonly finished: ReadonlyMap<string, Entry>,
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
    const header = JSON.stringify({ settings });
    const finished = resume ? await readEntries<Entry>(file, settings) : new Map<string, Entry>();
    // Written again, so that a last line cut short by a crash does not spoil the next one.
    const lines = [...finished].map(([key, entry]) => JSON.stringify({ key, entry }));
    await writeFileAtomic(file, `${[header, ...lines].join('\n')}\n`);
    return new Journal(file, finished);
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
}

async function readEntries<Entry>(file: string, settings: JournalSettings): Promise<Map<string, Entry>> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Map();
    throw new OfxError('INPUT_UNREADABLE', `Cannot read the journal ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const [first, ...lines] = text.split('\n');
  const earlier = readHeader(first!);
  const entries = new Map<string, Entry>();
  if (earlier === undefined) return entries;
  checkSettings(earlier, settings, path.dirname(file));
  for (const line of lines) {
    try {
      const { key, entry } = JSON.parse(line) as { key: string; entry: Entry };
      entries.set(key, entry);
    } catch {
      // The line that a crash cut short; its item is done again.
    }
  }
  return entries;
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
