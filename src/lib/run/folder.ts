import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { RUN_FILES } from './files.js';
import { loadSummary } from './load.js';
import { MAPS_FOLDER } from './maps.js';
import { VALIDATION_JOURNAL } from './journal.js';

/** Where runs go that are not told where. */
const DEFAULT_PLACE = 'reports';

/** How the files end that a run writes into its folders. */
const CHART_FILE = /\.(vl\.json|svg|png)$/;
const MAP_FILE = /\.(npy|png|json|ndjson)$/;
const PANEL_FILE = /\.(?:png|jpg|webp)$/;

export interface RunFolderRequest {
  /** As the user gave it. */
  out: string | undefined;
  dataset: string;
  model: string;
  date: Date;
  resume: boolean;
}

/**
 * The folder of a run, absolute, and whether it holds a journal to take up. Without `out`
 * it is `reports/<data set>-<model>-<date>`, numbered where that is taken; `resume` looks for the latest such run that is
 * not finished.
 *
 * @throws {OfxError} USAGE where there is nothing to resume
 */
export async function chooseRunFolder(
  request: RunFolderRequest,
): Promise<{ folder: string; isUnfinished: boolean }> {
  const { out, resume } = request;
  if (out !== undefined) {
    const folder = path.resolve(out);
    const isUnfinished = resume && (await exists(path.join(folder, VALIDATION_JOURNAL)));
    if (resume && !isUnfinished && (await exists(path.join(folder, RUN_FILES.summary)))) {
      throw new OfxError('USAGE', `The run in ${out} is finished; there is nothing to resume.`, {
        suggestion: 'Leave --resume out to run it again.',
      });
    }
    return { folder, isUnfinished };
  }
  const prefix = `${slug(request.dataset)}-${slug(request.model)}-`;
  if (resume) return { folder: await latestUnfinished(prefix), isUnfinished: true };
  const base = path.resolve(DEFAULT_PLACE, prefix + request.date.toISOString().slice(0, 10));
  let folder = base;
  for (let number = 2; await exists(folder); number++) folder = `${base}-${number}`;
  return { folder, isUnfinished: false };
}

/**
 * Takes away what an earlier run left in a folder that is used again, so that no image of it is taken for a new one. What
 * no run writes stays.
 *
 * @throws {OfxError} OUTPUT_UNWRITABLE where the folder holds a summary that is not a run's
 */
export async function clearEarlierRun(folder: string): Promise<void> {
  const hasSummary = await exists(path.join(folder, RUN_FILES.summary));
  const hasJournal = await exists(path.join(folder, VALIDATION_JOURNAL));
  if (!hasSummary && !hasJournal) return;
  if (!hasJournal) await assertRun(folder);
  const { charts, panels, ...files } = RUN_FILES;
  await clearFolder(path.join(folder, MAPS_FOLDER), MAP_FILE);
  for (const name of Object.values(files)) await rm(path.join(folder, name), { force: true });
  await clearFolder(path.join(folder, charts), CHART_FILE);
  await clearFolder(path.join(folder, panels), PANEL_FILE);
}

/** Many a program writes a summary.json. */
async function assertRun(folder: string): Promise<void> {
  try {
    await loadSummary(folder);
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `The folder ${folder} holds a ${RUN_FILES.summary} that is not of a run of ofx, and would be overwritten.`,
      { suggestion: 'Choose another --out.', cause: error },
    );
  }
}

/** Removes files by their names, and the folders that become empty. */
async function clearFolder(folder: string, name: RegExp): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) await clearFolder(place, name);
    else if (name.test(entry.name)) await rm(place, { force: true });
  }
  // Fails where something is left, which is as it should be.
  await rmdir(folder).catch(() => undefined);
}

async function latestUnfinished(prefix: string): Promise<string> {
  const names = await readdir(DEFAULT_PLACE).catch(() => []);
  const unfinished: { folder: string; changed: number }[] = [];
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const folder = path.resolve(DEFAULT_PLACE, name);
    const journal = await stat(path.join(folder, VALIDATION_JOURNAL)).catch(() => undefined);
    if (journal) unfinished.push({ folder, changed: journal.mtimeMs });
  }
  const [latest] = unfinished.sort((a, b) => b.changed - a.changed);
  if (latest) return latest.folder;
  throw new OfxError('USAGE', `There is no unfinished run ${path.join(DEFAULT_PLACE, prefix)}… to resume.`, {
    suggestion: 'Name its folder with --out, or leave --resume out to begin one.',
  });
}

/** A name as part of a file's name. */
function slug(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'unnamed';
}
