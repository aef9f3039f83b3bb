import type { Row } from './row.js';

/** An image that was fetched. */
export interface FetchedImage {
  key: string;
  bytes: Uint8Array;
}

export interface Scored {
  /** What the columns say of the image; what is left out is null. */
  row: Partial<Row>;
  /** PNG, where it was asked for. */
  mask?: Uint8Array | undefined;
}

/** Who looks at images. The real one works in processes; tests that count rows use one that computes nothing. */
export interface Scorer {
  /** Images that are looked at at once. */
  readonly places: number;
  /**
   * @throws {OfxError} what is wrong with the image; {@link Unfit} where this machine cannot score any; the signal's reason
   */
  score: (image: FetchedImage, signal: AbortSignal) => Promise<Scored>;
  /** What its processes hold now, in bytes, and how many were replaced. */
  readonly state?: { rss: number; restarts: { crashed: number; recycled: number } };
  close: () => Promise<void>;
}
