import { setImmediate } from 'node:timers/promises';

/** Lets other requests have their turn after each item: the thread that answers them makes these items, too. */
export async function* breathing<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    await setImmediate();
  }
}
