import { TAMPERED } from '../core/label.js';
import { sampleIndices, seededRandom } from '../metrics/random.js';
import { severity, type ImageRow } from '../run/rows.js';

/** `all`, `none`, how many of which images' panels are kept, or `auto`: all while there are few images. */
export type PanelChoice = 'auto' | 'all' | 'none' | PanelSelection;

export interface PanelSelection {
  /** Images by {@link severity}. */
  worst: number;
  /** Tampered images whose mask is best: of authentic ones hundreds are equally good, and show nothing. [0] */
  best?: number;
  /** Drawn by chance: what the model usually does. [0] */
  sample?: number;
}

/** As many images as `auto` keeps all panels of; at half a megabyte a panel, they fill no disk. */
export const ALL_PANELS_UP_TO = 1000;
const OF_MANY: PanelSelection = { worst: 500, best: 250, sample: 250 };

/** What a choice means for so many images. */
export function settlePanels(choice: PanelChoice, images: number): Exclude<PanelChoice, 'auto'> {
  if (choice !== 'auto') return choice;
  return images > ALL_PANELS_UP_TO ? OF_MANY : 'all';
}

/** A selection as a setting of a run. */
export function describeSelection({ worst, best, sample }: PanelSelection): string {
  return Object.entries({ worst, best, sample })
    .filter(([, count]) => count !== undefined)
    .map(([name, count]) => `${name}:${count}`)
    .join(' ');
}

/**
 * Decides, image by image in the order of the data set, whose panel is drawn and whose is taken away again. Of a selection no more
 * panels than are asked for are kept at any time, so a run of any length needs little room; an interrupted run that is
 * resumed comes to the same choice.
 */
export class PanelKeeper {
  readonly #choice: Exclude<PanelChoice, 'auto'>;
  readonly #sample: ReadonlySet<string>;
  readonly #worst: Ranking;
  readonly #best: Ranking;

  /**
   * @param images names of all images of the run
   * @param seed of the sample
   */
  constructor(choice: PanelChoice, images: readonly string[], seed: number) {
    this.#choice = settlePanels(choice, images.length);
    const { worst = 0, best = 0, sample = 0 } = typeof this.#choice === 'string' ? {} : this.#choice;
    this.#worst = new Ranking(worst);
    this.#best = new Ranking(best);
    this.#sample = new Set(
      sample > 0
        ? sampleIndices(images.length, sample, seededRandom(seed)).map((index) => images[index]!)
        : [],
    );
  }

  /** @returns whether to draw this image's panel, and the images whose panels give way to it */
  decide(row: ImageRow): { draw: boolean; remove: string[] } {
    if (row.error !== null || this.#choice === 'none') return { draw: false, remove: [] };
    // So that worst and best are as many as were asked for, they leave out the sample.
    if (this.#choice === 'all' || this.#sample.has(row.image)) return { draw: true, remove: [] };
    const { image } = row;
    const value = severity(row);
    const out = [this.#worst.add(image, value)];
    if (row.label === TAMPERED && row.fp !== null) out.push(this.#best.add(image, -value));
    const remove = out.filter((other) => other !== undefined && other !== image && !this.#ranks(other));
    return { draw: this.#ranks(image), remove: remove as string[] };
  }

  /** Whether the panel of an image that was decided on is there. */
  keeps({ image, error }: ImageRow): boolean {
    if (error !== null) return false;
    return this.#choice === 'all' || this.#sample.has(image) || this.#ranks(image);
  }

  /** Which panels are kept, in words; undefined where those of all images are, or none. */
  describe(): string | undefined {
    if (typeof this.#choice === 'string') return undefined;
    const parts = [`the ${this.#worst.size} worst`];
    if (this.#choice.best !== undefined) parts.push(`the ${this.#best.size} best`);
    if (this.#choice.sample !== undefined) parts.push(`${this.#sample.size} drawn by chance`);
    return parts.join(', ');
  }

  #ranks(image: string): boolean {
    return this.#worst.has(image) || this.#best.has(image);
  }
}

/** The images with the highest values so far; among equals, the earlier. */
class Ranking {
  /** Highest first. */
  readonly #entries: { image: string; value: number }[] = [];
  readonly #images = new Set<string>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#images.size;
  }

  has(image: string): boolean {
    return this.#images.has(image);
  }

  /** @returns the image that falls out, which may be the one that was added */
  add(image: string, value: number): string | undefined {
    const place = this.#entries.findIndex((other) => other.value < value);
    this.#entries.splice(place === -1 ? this.#entries.length : place, 0, { image, value });
    this.#images.add(image);
    if (this.#entries.length <= this.most) return undefined;
    const { image: last } = this.#entries.pop()!;
    this.#images.delete(last);
    return last;
  }
}
