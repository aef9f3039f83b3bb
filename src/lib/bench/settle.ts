import { median } from './statistics.js';

/** Windows that must agree, and by how much, before a series counts as settled. */
export const SETTLED_WINDOWS = 3;
export const SETTLED_SPREAD = 0.05;

/** A window holds at least this many runs and lasts at least this long. */
const WINDOW_RUNS = 3;
const WINDOW_MS = 1000;

/** Tells whether a series of latencies has settled: the medians of its last three windows lie within 5 %. */
export class SettleWatch {
  readonly #medians: number[] = [];
  #open: number[] = [];
  #openedAt: number;
  readonly #runs: number;

  /**
   * @param startedAt - the clock at the start of the series, in milliseconds
   * @param cycle - runs after which the work repeats (the number of photos): a window sees all of it
   */
  constructor(startedAt: number, cycle = 1) {
    this.#openedAt = startedAt;
    this.#runs = Math.max(WINDOW_RUNS, cycle);
  }

  add(value: number, now: number): void {
    this.#open.push(value);
    if (this.#open.length < this.#runs || now - this.#openedAt < WINDOW_MS) return;
    this.#medians.push(median(this.#open));
    this.#open = [];
    this.#openedAt = now;
  }

  /** How far the last three windows lie apart, as a share of the smallest; undefined before there are three. */
  get spread(): number | undefined {
    const last = this.#medians.slice(-SETTLED_WINDOWS);
    if (last.length < SETTLED_WINDOWS) return undefined;
    return Math.max(...last) / Math.min(...last) - 1;
  }

  get settled(): boolean {
    return this.spread !== undefined && this.spread <= SETTLED_SPREAD;
  }
}
