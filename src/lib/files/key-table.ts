import { createHash } from 'node:crypto';

/** 32-bit words of a key that are kept: enough that two keys never look alike. */
const WORDS = 4;
/** Of the slots, so many may be in use: searches stay short. */
const FULL = 0.7;

/**
 * Tells which of very many texts were seen, each with a number where that is wanted, in 16 bytes a text, or 24. A `Map` of a
 * million paths takes hundreds of megabytes; here only the first 128 bits of their SHA-256 are kept.
 */
export class KeyTable {
  #slots = 1024;
  #count = 0;
  #words = new Uint32Array(this.#slots * WORDS);
  #values: Float64Array | undefined;

  constructor({ withValues = false } = {}) {
    if (withValues) this.#values = new Float64Array(this.#slots);
  }

  get size(): number {
    return this.#count;
  }

  /** @returns whether it was not there before; its value stays that of the first time */
  add(key: string, value = 0): boolean {
    if (this.#count >= this.#slots * FULL) this.#grow();
    return this.#put(digest(key), value);
  }

  has(key: string): boolean {
    return this.#find(digest(key)).isTaken;
  }

  get(key: string): number | undefined {
    const { slot, isTaken } = this.#find(digest(key));
    return isTaken ? this.#values?.[slot] : undefined;
  }

  /** Replaces the value, or adds it. */
  set(key: string, value: number): void {
    if (this.add(key, value) || !this.#values) return;
    this.#values[this.#find(digest(key)).slot] = value;
  }

  #put(words: Uint32Array, value: number): boolean {
    const { slot, isTaken } = this.#find(words);
    if (isTaken) return false;
    this.#words.set(words, slot * WORDS);
    if (this.#values) this.#values[slot] = value;
    this.#count++;
    return true;
  }

  #find(words: Uint32Array): { slot: number; isTaken: boolean } {
    for (let slot = words[0]! % this.#slots; ; slot = (slot + 1) % this.#slots) {
      const at = slot * WORDS;
      const found = this.#words;
      // A text's last word is never 0.
      if (found[at + 3] === 0) return { slot, isTaken: false };
      if (
        found[at] === words[0] &&
        found[at + 1] === words[1] &&
        found[at + 2] === words[2] &&
        found[at + 3] === words[3]
      ) {
        return { slot, isTaken: true };
      }
    }
  }

  #grow(): void {
    const [words, values, slots] = [this.#words, this.#values, this.#slots];
    this.#slots *= 2;
    this.#count = 0;
    this.#words = new Uint32Array(this.#slots * WORDS);
    if (values) this.#values = new Float64Array(this.#slots);
    for (let slot = 0; slot < slots; slot++) {
      if (words[slot * WORDS + 3] === 0) continue;
      this.#put(words.subarray(slot * WORDS, (slot + 1) * WORDS), values?.[slot] ?? 0);
    }
  }
}

function digest(key: string): Uint32Array {
  const bytes = createHash('sha256').update(key).digest();
  const words = Uint32Array.from({ length: WORDS }, (_, index) => bytes.readUInt32LE(index * 4));
  if (words[3] === 0) words[3] = 1;
  return words;
}
