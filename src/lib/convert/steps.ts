/** What a caller is told while a model is made. */
export interface ConvertEvents {
  onWarning?: (warning: string) => void;
  onStart?: (total: number) => void;
  /** The total may have grown. */
  onProgress?: (done: number, total: number) => void;
}

/** Counts what is done of a conversion, and collects what people should know. */
export class Steps {
  readonly warnings: string[] = [];
  readonly #started = performance.now();
  #done = 0;
  #total = 0;

  constructor(private readonly events: ConvertEvents) {}

  /** Since the beginning. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  start(total: number): void {
    this.#total = total;
    this.events.onStart?.(total);
  }

  /** More is to be done than was known. */
  readonly add = (more: number): void => {
    this.#total += more;
    this.events.onProgress?.(this.#done, this.#total);
  };

  readonly done = (): void => {
    this.events.onProgress?.(++this.#done, this.#total);
  };

  readonly warn = (warning: string): void => {
    this.warnings.push(warning);
    this.events.onWarning?.(warning);
  };
}
