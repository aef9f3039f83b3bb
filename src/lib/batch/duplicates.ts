import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { linesOf } from '../files/lines.js';
import { ManifestWriter, parseManifestLine, type ManifestSummary } from './manifest.js';

/** 64-bit hashes of all keys of a run: 8 bytes a key, 80 MB for ten million. */
export class KeyHashes {
  #halves = new Uint32Array(2 ** 16);
  #length = 0;

  add(key: string): void {
    if (2 * this.#length === this.#halves.length) {
      const larger = new Uint32Array(2 * this.#halves.length);
      larger.set(this.#halves);
      this.#halves = larger;
    }
    const bytes = hash('sha1', key, 'buffer');
    this.#halves[2 * this.#length] = bytes.readUInt32LE(0);
    this.#halves[2 * this.#length + 1] = bytes.readUInt32LE(4);
    this.#length++;
  }

  /** Hashes that came more than once, sorted; undefined where there are none. The hashes of all keys are given up for it. */
  repeated(): BigUint64Array | undefined {
    const sorted = new BigUint64Array(this.#halves.buffer, 0, this.#length).sort();
    let count = 0;
    for (let i = 1; i < sorted.length; i++) {
      // Written over what was read already.
      if (sorted[i] === sorted[i - 1] && (count === 0 || sorted[count - 1] !== sorted[i]))
        sorted[count++] = sorted[i]!;
    }
    return count === 0 ? undefined : sorted.slice(0, count);
  }
}

/**
 * Copies a manifest, and of keys that come more than once only the first. Two keys of one hash are told apart by the rest of
 * it: 160 bits in all, so that no image is lost to a coincidence.
 *
 * @param repeated - hashes that came more than once, sorted
 */
export async function dropDuplicates(
  from: string,
  to: string,
  shardSize: number,
  repeated: BigUint64Array,
): Promise<ManifestSummary> {
  const writer = await ManifestWriter.create(to, shardSize);
  const seen = new Set<string>();
  for await (const line of linesOf(createReadStream(from).pipe(createGunzip()))) {
    const bytes = hash('sha1', parseManifestLine(line).key, 'buffer');
    if (contains(repeated, bytes.readBigUInt64LE(0))) {
      const whole = bytes.toString('latin1');
      if (seen.has(whole)) continue;
      seen.add(whole);
    }
    await writer.add(line);
  }
  return writer.finish();
}

function contains(sorted: BigUint64Array, value: bigint): boolean {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] === value) return true;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}
