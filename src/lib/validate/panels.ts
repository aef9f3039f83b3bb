import { severity, type ImageRow } from '../run/rows.js';

/** `all`, `none`, or the number of worst images whose panels are kept. */
export type PanelChoice = 'all' | 'none' | { worst: number };

/**
 * Decides, image by image in the order of the data set, whose panel is drawn and whose is taken away again. For the
 * worst n, at no time more than n panels are kept, so a run of any length needs little room; an interrupted run that is
 * taken up comes to the same choice.
 */
export class PanelKeeper {
  /** Worst first; only where not all are kept. */
  readonly #worst: { image: string; severity: number }[] = [];

  constructor(private readonly choice: PanelChoice) {}

  /** @returns whether to draw this image's panel, and the image whose panel gives way to it */
  decide(row: ImageRow): { draw: boolean; remove?: string } {
    if (row.error !== null || this.choice === 'none') return { draw: false };
    if (this.choice === 'all') return { draw: true };
    const entry = { image: row.image, severity: severity(row) };
    const place = this.#worst.findIndex((other) => other.severity < entry.severity);
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
