import path from 'node:path';
import { counted, inNumber } from '../text/plural.js';
import type { SkipReason } from './input-file.js';

/** How many files of folders were left out, and why. */
export interface SkippedCounts {
  /** Files that are no images, by their extension in lower case, "" where they have none. */
  noImages: Record<string, number>;
  /** Images that `ofx` wrote. */
  ownOutputs: number;
  /** Ground truth beside its photos. */
  groundTruth: number;
  /** Folders, and files named like images, whose names begin with a dot. */
  hidden: number;
}

/** Extensions that are counted apart; what else there is goes to {@link OTHERS}. */
const MOST_EXTENSIONS = 100;
const OTHERS = 'other';

export class SkippedFiles {
  readonly #noImages = new Map<string, number>();
  readonly #counts = { 'no-image': 0, 'own-output': 0, 'ground-truth': 0, hidden: 0 };

  get total(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  add(file: string, reason: SkipReason): void {
    this.#counts[reason]++;
    if (reason !== 'no-image') return;
    const extension = path.extname(file).toLowerCase();
    const isKnown = this.#noImages.has(extension) || this.#noImages.size < MOST_EXTENSIONS;
    const key = isKnown ? extension : OTHERS;
    this.#noImages.set(key, (this.#noImages.get(key) ?? 0) + 1);
  }

  counts(): SkippedCounts {
    return {
      noImages: Object.fromEntries([...this.#noImages].sort(([a], [b]) => (a < b ? -1 : 1))),
      ownOutputs: this.#counts['own-output'],
      groundTruth: this.#counts['ground-truth'],
      hidden: this.#counts.hidden,
    };
  }
}

/** What people should know of files that were left out. */
export function skippedNotes({ noImages, ownOutputs, groundTruth, hidden }: SkippedCounts): string[] {
  const others = Object.values(noImages).reduce((sum, count) => sum + count, 0);
  return [
    ...(others > 0
      ? [inNumber(others, `${others} {file is not an image and was|files are not images and were} left out.`)]
      : []),
    ...(ownOutputs > 0
      ? [`${counted(ownOutputs, 'image')} that ofx wrote ${inNumber(ownOutputs, '{was|were}')} left out.`]
      : []),
    ...(groundTruth > 0
      ? [
          `${counted(groundTruth, 'ground-truth mask')} beside ${inNumber(groundTruth, '{its photo was|their photos were}')} left out.`,
        ]
      : []),
    ...(hidden > 0
      ? [`${hidden} hidden ${inNumber(hidden, '{image or folder was|images and folders were}')} left out.`]
      : []),
  ];
}
