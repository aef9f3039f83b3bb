/**
 * A small seeded generator of numbers in [0, 1): a counter that steps by the golden ratio of 2^32, mixed by MurmurHash3's
 * finaliser. Its sequence is the same everywhere, and 2^32 numbers are plenty for resampling.
 */
export function seededRandom(seed: number): () => number {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a over the text's UTF-16 units, mixed with a seed: the same image gets the same weights in every run. */
export function hashText(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/**
 * What an image is known by in resamples: the last part of its name and its contents. So intervals are the same whatever
 * the order of a data set is and in which folders its images lie.
 */
export function resampleKey(image: string, sha256: string): string {
  return `${lastPart(image)}\t${sha256}`;
}

/** Of an image's name in its data set: without folders. */
export function lastPart(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1);
}

/** Things in the order of their keys, code unit by code unit: the same on every machine. */
export function byKey<T>(things: readonly T[], keyOf: (thing: T) => string): T[] {
  return things
    .map((thing) => ({ thing, key: keyOf(thing) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ thing }) => thing);
}

/** A number drawn from the Poisson distribution with mean 1, by inversion. */
export function poissonOne(random: () => number): number {
  let rest = random();
  let chance = Math.exp(-1);
  let count = 0;
  while (rest >= chance && count < 20) {
    rest -= chance;
    count++;
    chance /= count;
  }
  return count;
}

/** Picks `count` of `length` indices without replacement, in ascending order. */
export function sampleIndices(length: number, count: number, random: () => number): number[] {
  const indices = Array.from({ length }, (_, index) => index);
  for (let i = 0; i < Math.min(count, length); i++) {
    const other = i + Math.floor(random() * (length - i));
    [indices[i], indices[other]] = [indices[other]!, indices[i]!];
  }
  return indices.slice(0, count).sort((a, b) => a - b);
}
