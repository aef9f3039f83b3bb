import { setImmediate } from 'node:timers/promises';

/** A clock that stands still until all work waits for it, then jumps: hours of measuring take no time. */
export class FakeClock {
  #now = 0;
  #sleepers: { at: number; wake: () => void }[] = [];

  readonly now = (): number => this.#now;

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#now + ms, wake }));
  }

  /** Runs a task, and time with it. */
  async run<T>(task: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const watched = task.finally(() => {
      state.isDone = true;
    });
    for (;;) {
      await setImmediate();
      if (state.isDone) return watched;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (!next) throw new Error('Everything waits, and nothing will happen.');
      this.#now = next.at;
      next.wake();
    }
  }
}
