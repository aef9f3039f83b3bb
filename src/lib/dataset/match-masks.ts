import type { InputFile } from '../inputs/find-images.js';
import { foldedName } from '../text/names.js';
import type { Findings } from './finding.js';

/** What people add to an image's name to name its ground truth. */
const AFFIX = /^(?:gt|mask)[_-]|[._-](?:gt|mask|groundtruth|ground_truth|edgemask)$/;

/**
 * Finds each image's ground truth by name, never by position: `x.png`, `x_gt.png`, `x_mask.png`, `gt_x.png`, `x.jpg.png`, …
 * in any case and Unicode form, in the same subfolder first and then, where that is unambiguous, in any.
 *
 * @returns for each image its mask's path, or null
 */
export function matchMasks(
  images: readonly InputFile[],
  masks: readonly InputFile[],
  findings: Findings,
): (string | null)[] {
  const byPath = groupBy(masks, ({ below }) => keysOf(below));
  const byName = groupBy(masks, ({ below }) => keysOf(baseName(below)));
  const owners = new Map<InputFile, string[]>();
  const found = images.map(({ below }) => {
    const candidates = findCandidates(below, byPath) ?? findCandidates(baseName(below), byName);
    if (!candidates) return null;
    if (candidates.length > 1) {
      findings.add('ambiguous-mask', `${below}: ${candidates.map((mask) => mask.below).join(', ')}`);
    }
    const mask = candidates[0]!;
    owners.set(mask, [...(owners.get(mask) ?? []), below]);
    return mask.image;
  });
  const imageNames = new Set(
    images.map(({ below }) => foldedName(baseName(below))).flatMap((name) => [name, stem(name)]),
  );
  for (const mask of masks) {
    const claimants = owners.get(mask) ?? [];
    if (claimants.length > 1) findings.add('shared-mask', `${mask.below}: ${claimants.join(', ')}`);
    // A mask that lost against another one of its image is ambiguous, not unmatched.
    const lost = keysOf(baseName(mask.below)).some((key) => imageNames.has(key));
    if (claimants.length === 0 && !lost) findings.add('unmatched-mask', mask.below);
  }
  return found;
}

function findCandidates(below: string, masks: Map<string, InputFile[]>): InputFile[] | undefined {
  const name = foldedName(below);
  // `x.jpg.png` names its image wholly, so it goes before `x.png`.
  return masks.get(name) ?? masks.get(stem(name));
}

/** Names of images that a mask's name can stand for: its own, and without what marks it as a mask. */
function keysOf(below: string): string[] {
  const own = stem(foldedName(below));
  const slash = own.lastIndexOf('/') + 1;
  const bare = own.slice(0, slash) + own.slice(slash).replace(AFFIX, '');
  return bare === own ? [own] : [own, bare];
}

function groupBy(
  masks: readonly InputFile[],
  keys: (mask: InputFile) => readonly string[],
): Map<string, InputFile[]> {
  const groups = new Map<string, InputFile[]>();
  for (const mask of masks) {
    for (const key of keys(mask)) groups.set(key, [...(groups.get(key) ?? []), mask]);
  }
  return groups;
}

function baseName(below: string): string {
  return below.slice(below.lastIndexOf('/') + 1);
}

function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(0, dot) : name;
}
