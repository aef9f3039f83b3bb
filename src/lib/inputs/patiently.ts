import { setTimeout } from 'node:timers/promises';
import { systemCode } from '../core/errors.js';

/** How often to try again, and how long to wait in between. */
const TRIES = 40;
const PAUSE_MS = 50;

/** Does what opens a file, again after a while where too many are open: others will be closed. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const isFull = ['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '');
      if (!isFull || tries >= TRIES) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}
