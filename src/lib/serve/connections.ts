import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** For the last answers to leave, and for a client to close its connection itself. */
const FAREWELL_MS = 200;

/**
 * The requests that a server has in hand, for its end. Node closes connections that are idle when it is told to stop, but
 * waits for those that become idle later, and for those over which nothing was ever sent (browsers open some in advance),
 * until they time out.
 */
export class Connections {
  readonly #server: Server;
  #requests = 0;
  #onLast: (() => void) | undefined;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
      this.#requests++;
      response.once('close', () => {
        this.#requests--;
        if (this.#requests === 0) this.#onLast?.();
      });
    });
  }

  /**
   * Closes every connection as soon as no request is left in hand.
   *
   * @param graceMs - what is not answered by then is cut off
   */
  async drain(graceMs: number): Promise<void> {
    const given = new AbortController();
    const late = sleep(graceMs, undefined, { signal: given.signal }).catch(() => undefined);
    const answered = this.#answered().then(() => sleep(FAREWELL_MS, undefined, { signal: given.signal }));
    await Promise.race([late, answered.catch(() => undefined)]);
    given.abort();
    this.#server.closeAllConnections();
  }

  #answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLast = resolve;
      if (this.#requests === 0) resolve();
    });
  }
}
