import { foldedName } from '../text/names.js';

/** What people add to an image's name to name its ground truth. */
const AFFIX = /^(?:gt|mask)[_-]|[._-](?:gt|mask|groundtruth|ground_truth|edgemask)$/;

/** What they call a folder of ground truths. */
const FOLDER = /^(?:gt|gts|mask|masks|ground[_ -]?truths?)$/;

/**
 * The names of images that a mask's name can stand for, folded and without ending: its own, and without what marks it as a
 * mask.
 *
 * @param below the mask's path, with `/`
 */
export function imageNamesOfMask(below: string): string[] {
  const own = nameStem(foldedName(below));
  const slash = own.lastIndexOf('/') + 1;
  const bare = own.slice(0, slash) + own.slice(slash).replace(AFFIX, '');
  return bare === own ? [own] : [own, bare];
}

export function isMaskFolder(name: string): boolean {
  return FOLDER.test(foldedName(name));
}

/** A path without the ending of its name. */
export function nameStem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(0, dot) : name;
}
