/** More empty words than any document has between its objects. */
const MOST_EMPTY_WORDS = 10_000;

/**
 * A document's bytes, which end a reader that goes round in circles: where objects are damaged, that of @libpdf/core 0.4 reads an empty word at
 * a lone ")", "{" or "}" again and again without end, and keeps a complaint of each until memory is gone. It takes every word by `subarray`.
 */
export class BoundedBytes extends Uint8Array {
  #emptyWords = 0;

  // Parts are plain bytes.
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  /** @throws {Error} once too many of them were empty */
  override subarray(begin?: number, end?: number): Uint8Array<ArrayBuffer> {
    if (begin !== undefined && begin === end && ++this.#emptyWords > MOST_EMPTY_WORDS)
      throw new Error('its objects are damaged');
    return super.subarray(begin, end);
  }
}
