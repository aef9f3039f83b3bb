/** What a store says of a file. */
export interface StoredFile {
  /** Its name in the store, with `/`. */
  name: string;
  bytes: number;
  modified: Date;
}

/**
 * Where a run lies: a folder, or a prefix of a bucket. Names are relative, with `/`. Files are written once and never
 * replaced, which is all that a run needs to stay whole however many machines work on it.
 */
export interface Store {
  /** As people gave it. */
  readonly place: string;
  /** A local folder for files that are being made; of a folder, on the same disk. */
  readonly drafts: string;
  /** A file's bytes; undefined where there is none. */
  read: (name: string, signal?: AbortSignal) => Promise<Uint8Array | undefined>;
  /** Part of a file. */
  readRange: (name: string, start: number, length: number, signal?: AbortSignal) => Promise<Uint8Array>;
  /** What is known of a file without reading it; undefined where there is none. */
  stat: (name: string, signal?: AbortSignal) => Promise<StoredFile | undefined>;
  /** The sha256 of a file, where that costs little: a bucket would have to send it all. */
  hash: (name: string) => Promise<string | undefined>;
  /** Writes a file durably where there is none of that name. Of several writers one wins. */
  create: (name: string, data: Uint8Array | string, signal?: AbortSignal) => Promise<'created' | 'exists'>;
  /** The same of a finished file on this machine, in {@link Store.drafts}. */
  adopt: (name: string, file: string, signal?: AbortSignal) => Promise<'created' | 'exists'>;
  /** The files directly below a folder of the store, in no order. */
  list: (folder: string, signal?: AbortSignal) => AsyncIterable<StoredFile>;
  /** Removes a file, if it is there. */
  remove: (name: string, signal?: AbortSignal) => Promise<void>;
  /** Removes an empty folder, where a store has folders. */
  removeFolder?: (name: string) => Promise<void>;
}
