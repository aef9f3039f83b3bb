import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../errors.js';
import { RUN_FILES } from '../report/run-files.js';
import { VALIDATION_JOURNAL } from './validation-journal.js';

/** Where runs go that are not told where. */
const DEFAULT_PLACE = 'reports';

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

/** Takes away what an earlier run left in a folder that is used again, so that no picture of it is taken for a new one. */
export async function clearEarlierRun(folder: string): Promise<void> {
  const isRun =
    (await exists(path.join(folder, RUN_FILES.summary))) ||
    (await exists(path.join(folder, VALIDATION_JOURNAL)));
  if (!isRun) return;
  for (const name of Object.values(RUN_FILES)) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
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

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
