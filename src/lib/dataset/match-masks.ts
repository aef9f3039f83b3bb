import type { InputFile } from '../inputs/find-images.js';
import { imageNamesOfMask, nameStem } from '../inputs/mask-names.js';
import { foldedName } from '../text/names.js';
import type { Findings } from './finding.js';

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
  const byPath = groupBy(masks, ({ below }) => imageNamesOfMask(below));
  const byName = groupBy(masks, ({ below }) => imageNamesOfMask(baseName(below)));
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
    images.map(({ below }) => foldedName(baseName(below))).flatMap((name) => [name, nameStem(name)]),
  );
  for (const mask of masks) {
    const claimants = owners.get(mask) ?? [];
    if (claimants.length > 1) findings.add('shared-mask', `${mask.below}: ${claimants.join(', ')}`);
    // A mask that lost against another one of its image is ambiguous, not unmatched.
    const lost = imageNamesOfMask(baseName(mask.below)).some((key) => imageNames.has(key));
    if (claimants.length === 0 && !lost) findings.add('unmatched-mask', mask.below);
  }
  return found;
}

function findCandidates(below: string, masks: Map<string, InputFile[]>): InputFile[] | undefined {
  const name = foldedName(below);
  // `x.jpg.png` names its image wholly, so it goes before `x.png`.
  return masks.get(name) ?? masks.get(nameStem(name));
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
