import { borderShare } from './border-share.js';
import { drawnPixels, roughness } from './truth-shape.js';

/**
 * What the maker of a ground-truth mask meant to mark. Most masks are white on black and are read as they are; others hold
 * class numbers, colours of a palette, or the mask in their alpha channel, and would count as black, that is as authentic.
 */
export type TruthReading =
  /** Grey, above the middle is marked: what nearly all masks are. */
  | 'grey'
  /** Nothing is marked. */
  | 'black'
  /** Class numbers, or a mark that is darker than the middle. */
  | 'dark'
  /** Colours on black. */
  | 'colour'
  /** The alpha channel, opaque is marked. */
  | 'alpha';

/** A decoded mask file. */
export interface StoredTruth {
  width: number;
  height: number;
  channels: 1 | 3;
  /** `height * width * channels` samples as stored, of 8 or 16 bits. */
  samples: Uint8Array | Uint16Array;
  /** The alpha channel in 8 bits; null where there is none, or one that is the same everywhere. */
  alpha: Uint8Array | null;
  /** Whether the format changes values a little where it compresses. */
  lossy: boolean;
}

export interface ReadTruth {
  reading: TruthReading;
  /** For each pixel whether it is marked; null for grey, whose levels stay as they are. */
  marks: Uint8Array | null;
}

/** A mask whose meaning cannot be told for certain; the message says why. */
export class UnclearTruth extends Error {}

/** A drawing has few colours; more are smooth edges, compression or a photo. */
const FLAT_COLOURS = 32;
/** More than this share of pixels between dark and bright, and that many levels, are no mask that anybody drew. */
const PHOTO_SHARE = 0.3;
const PHOTO_LEVELS = 64;
/** Levels of 255 that compression leaves on black or takes from white. */
const NOISE = 16;
/** A pixel is coloured where its channels differ by at least this, in levels of 255: more than what compression does to grey. */
const COLOURED = { lossless: 32, lossy: 64 };
/** Coloured pixels that make a mask coloured, as a share of the bright ones. */
const COLOURED_SHARE = 0.01;
/** Levels of 255 by which compression changes an area of one colour. */
const BLUR = 8;
/** Dark pixels that somebody drew are classes where they are this share of the bright ones, or of all that are marked. */
const CLASS_SHARE = 0.01;
/** Pixels of a photo, and of a piece of one, that stand out from both of their neighbours; smooth maps have next to none. */
const ROUGH = 0.1;

/**
 * Tells what a mask marks.
 *
 * @throws {UnclearTruth}
 */
export function readTruth(stored: StoredTruth): ReadTruth {
  const facts = examine(stored);
  const byAlpha = stored.alpha && readAlpha(stored.alpha, stored, facts);
  if (byAlpha) return byAlpha;
  if (facts.photo) throw new UnclearTruth('it looks like a photo, or a piece of one');
  const read = facts.coloured ? readColours(stored, facts) : readGrey(stored, facts);
  if (stored.alpha) checkAgainstAlpha(stored, facts, read);
  return read;
}

interface Facts {
  /** Largest channel of each pixel: its brightness, whatever its colour. */
  values: Uint8Array | Uint16Array;
  /** The largest value that the samples can have. */
  white: number;
  /** Pixels by value in 256 levels. */
  levels: Uint32Array;
  max: number;
  coloured: boolean;
  /** Distinct colours; more than {@link FLAT_COLOURS} are not counted. */
  colours: number;
  /** Much of it is between black and bright, in many levels. */
  between: boolean;
  photo: boolean;
  flat: boolean;
  /** Pixels that somebody drew, by areas of one level that end sharply, at levels up to a limit. */
  drawn: (upTo: number) => number;
}

function examine({ width, height, channels, samples, lossy }: StoredTruth): Facts {
  const white = samples instanceof Uint16Array ? 65535 : 255;
  const shift = white === 65535 ? 8 : 0;
  const pixels = samples.length / channels;
  const values = channels === 1 ? samples : new (white === 65535 ? Uint16Array : Uint8Array)(pixels);
  const levels = new Uint32Array(256);
  const seen = new Set<number>();
  let last = -1;
  let max = 0;
  let colouredPixels = 0;
  let brightPixels = 0;
  for (let i = 0; i < pixels; i++) {
    let value = samples[i * channels]!;
    let colour = value;
    if (channels === 3) {
      const green = samples[i * 3 + 1]!;
      const blue = samples[i * 3 + 2]!;
      const least = Math.min(value, green, blue);
      colour = (value * 65536 + green) * 65536 + blue;
      value = Math.max(value, green, blue);
      values[i] = value;
      if ((value - least) >> shift >= (lossy ? COLOURED.lossy : COLOURED.lossless)) colouredPixels++;
    }
    if (value > white / 2) brightPixels++;
    if (value > max) max = value;
    levels[value >> shift]!++;
    if (colour !== last && seen.size <= FLAT_COLOURS) seen.add((last = colour));
  }
  const between = pixels - sum(levels, 0, NOISE) - sum(levels, 256 - NOISE, 256);
  const manyLevels = levels.filter((count) => count > 0).length > PHOTO_LEVELS;
  const flat = !lossy && seen.size <= FLAT_COLOURS;
  const step = white / 255;
  const background = flat ? 0 : NOISE * step;
  const plane = { width, height, values, tolerance: lossy ? BLUR * step : 0 };
  // A piece of a photo, on black or on white, is rough inside; smooth edges are not, and are no large part of a mask.
  const ground = Math.max(sum(levels, 0, NOISE), sum(levels, 256 - NOISE, 256));
  const piece = manyLevels && between > (pixels - ground) / 2;
  return {
    values,
    white,
    levels,
    max,
    coloured: colouredPixels > COLOURED_SHARE * brightPixels,
    colours: seen.size,
    flat,
    between: manyLevels && between > PHOTO_SHARE * pixels,
    photo: piece && roughness(plane, NOISE * step, white - NOISE * step) > ROUGH,
    drawn: (upTo) => drawnPixels(plane, background, upTo),
  };
}

function readGrey({ lossy }: StoredTruth, facts: Facts): ReadTruth {
  const { values, white, levels, max, colours, flat, between } = facts;
  if (max === 0) return { reading: 'black', marks: null };
  if (max > white / 2) {
    const hasBackground = flat ? count(values, 0) > 0 : sum(levels, 0, NOISE) > 0;
    if (hasBackground && facts.drawn(white / 2) > CLASS_SHARE * sum(levels, 128, 256)) {
      throw new UnclearTruth('it holds dark marks, which look like class numbers, beside bright ones');
    }
    return { reading: 'grey', marks: null };
  }
  if (between) throw new UnclearTruth('it looks like a dark photo');
  if (lossy && max <= NOISE) {
    throw new UnclearTruth(`its brightest level is ${max}, which compression alone can cause`);
  }
  if (flat && colours > 1 && count(values, 0) === 0) {
    throw new UnclearTruth('none of its levels is 0, so it has no background');
  }
  return { reading: 'dark', marks: above(values, markedAbove(lossy, facts)) };
}

function readColours({ lossy }: StoredTruth, facts: Facts): ReadTruth {
  const { values, white, levels, colours, between } = facts;
  if (between && facts.drawn(white) <= CLASS_SHARE * values.length) {
    throw new UnclearTruth('its colours blend into each other as those of a photo do');
  }
  const hasBackground = lossy ? sum(levels, 0, NOISE) > 0 : count(values, 0) > 0;
  if (!hasBackground && colours > 1) {
    throw new UnclearTruth('it has several colours, and none of them is black, the background');
  }
  return { reading: 'colour', marks: above(values, markedAbove(lossy, facts)) };
}

/** From which level on a mask without white is marked: all that is not black, or, where edges are smooth, their middle. */
function markedAbove(lossy: boolean, { flat, max, values, drawn }: Facts): number {
  if (flat) return 0;
  const marked = values.length - count(values, 0);
  if (drawn(max / 2) <= CLASS_SHARE * marked) return max / 2;
  if (!lossy) return 0;
  throw new UnclearTruth(
    'its marks differ in brightness, and compression has blurred where the dark ones end',
  );
}

/** Where the colours say nothing, the alpha channel must be what is meant. */
function readAlpha(alpha: Uint8Array, { width, height }: StoredTruth, facts: Facts): ReadTruth | null {
  if (facts.colours > 1 && !facts.photo) return null;
  const max = alpha.reduce((most, value) => Math.max(most, value), 0);
  const marks = above(alpha, max > 127 ? 127 : 0);
  if (count(marks, 1) > marks.length / 2 && borderShare({ width, height, data: marks }, 0) > 0.5) {
    throw new UnclearTruth(
      'its mask is in the alpha channel, and whether what is opaque or what is transparent is marked cannot be told',
    );
  }
  return { reading: 'alpha', marks };
}

/** What nobody can see is not what somebody marked. */
function checkAgainstAlpha({ alpha }: StoredTruth, { values, white }: Facts, { marks }: ReadTruth): void {
  const marked = marks ?? above(values, white / 2);
  let total = 0;
  let unseen = 0;
  for (let i = 0; i < marked.length; i++) {
    if (marked[i] === 0) continue;
    total++;
    if (alpha![i] === 0) unseen++;
  }
  if (unseen > total / 2) {
    throw new UnclearTruth('most of what its colours mark is transparent, so colours and alpha contradict');
  }
}

function above(values: Uint8Array | Uint16Array, threshold: number): Uint8Array {
  const marks = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) if (values[i]! > threshold) marks[i] = 1;
  return marks;
}

function count(values: Uint8Array | Uint16Array, wanted: number): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) found++;
  return found;
}

function sum(levels: Uint32Array, from: number, to: number): number {
  return levels.subarray(from, to).reduce((total, one) => total + one, 0);
}
