import type { ImageRow } from '../report/image-row.js';

/** `all`, `none`, or the number of worst images whose panels are kept. */
export type PanelChoice = 'all' | 'none' | { worst: number };

/**
 * Decides, image by image in the order of the data set, whose panel is drawn and whose is taken away again. For the
 * worst n, at no time more than n panels are kept, so a run of any length needs little room; an interrupted run that is
 * taken up comes to the same choice.
 */
export class PanelKeeper {
  /** Worst first; only where not all are kept. */
  readonly #worst: { image: string; badness: number }[] = [];

  constructor(private readonly choice: PanelChoice) {}

  /** @returns whether to draw this image's panel, and the image whose panel gives way to it */
  decide(row: ImageRow): { draw: boolean; remove?: string } {
    if (row.error !== null || this.choice === 'none') return { draw: false };
    if (this.choice === 'all') return { draw: true };
    const entry = { image: row.image, badness: badness(row) };
    const place = this.#worst.findIndex((other) => other.badness < entry.badness);
    this.#worst.splice(place === -1 ? this.#worst.length : place, 0, entry);
    if (this.#worst.length <= this.choice.worst) return { draw: true };
    const { image } = this.#worst.pop()!;
    return image === row.image ? { draw: false } : { draw: true, remove: image };
  }

  /** Whether the panel of an image that was decided on is there. */
  keeps({ image, error }: ImageRow): boolean {
    if (this.choice === 'all') return error === null;
    return this.#worst.some((entry) => entry.image === image);
  }
}

/**
 * How wrong the mask is: for a tampered image what its F1 lacks, and among equals the larger wrong area; for an authentic
 * one the share of it that is called tampered.
 */
function badness({ label, predicted, f1, fp, fn, tp, tn, tamperedFraction }: ImageRow): number {
  if (fp === null) return label === predicted ? 0 : 1;
  if (label === 0) return tamperedFraction!;
  const wrongArea = (fp + fn!) / (tp! + fp + fn! + tn!);
  return 1 - f1! + wrongArea * 1e-3;
}
