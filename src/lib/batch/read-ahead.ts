/** Bytes of images that may wait for a process; one image more may be on its way. */
const MOST_BYTES = 64 * 2 ** 20;

/** Keeps what was fetched ahead from filling the memory: 8 photos of a megabyte are little, 8 scans of 200 are not. */
export class ReadAhead {
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  /** Images that may be fetched or wait beside those that are looked at. */
  static readonly images = 8;

  /** Resolves once there is room for another image. */
  async room(): Promise<void> {
    while (this.#held >= MOST_BYTES) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  get bytes(): number {
    return this.#held;
  }
}
