/**
 * Goes through a source ahead of whoever takes from it, by a limited number of items, so that it is known early how many
 * there are.
 */
export class Lookahead<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  readonly #source: AsyncIterator<T>;
  #failure: { error: unknown } | undefined;
  #isAll = false;
  #found = 0;
  #pump: Promise<void> | undefined;
  /** Resolved when something has changed. */
  #changed = signal();

  constructor(
    source: AsyncIterable<T>,
    private readonly most: number,
  ) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Items that the source gave so far. */
  get found(): number {
    return this.#found;
  }

  /** Whether the source has no more. */
  get isAll(): boolean {
    return this.#isAll;
  }

  /**
   * How many items there are, as far as it matters.
   *
   * @returns the number where it is smaller, otherwise what was found so far
   * @throws what the source throws before so many were found
   */
  async countAtLeast(few: number): Promise<number> {
    this.#start();
    while (this.#found < few && !this.#isAll) await this.#changed.promise;
    if (this.#failure && this.#found < few) throw this.#failure.error;
    return this.#found;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        this.#start();
        if (this.#waiting.length > 0) yield this.#waiting.shift()!;
        else if (this.#failure) throw this.#failure.error;
        else if (this.#isAll) return;
        else await this.#changed.promise;
      }
    } finally {
      this.#isAll = true;
      await this.#source.return?.();
    }
  }

  #start(): void {
    this.#pump ??= this.#fill().finally(() => {
      this.#pump = undefined;
    });
  }

  async #fill(): Promise<void> {
    while (this.#waiting.length < this.most && !this.#isAll) {
      try {
        const next = await this.#source.next();
        if (next.done) this.#isAll = true;
        else {
          this.#waiting.push(next.value);
          this.#found++;
        }
      } catch (error) {
        this.#failure = { error };
        this.#isAll = true;
      }
      this.#tell();
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = signal();
  }
}

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
