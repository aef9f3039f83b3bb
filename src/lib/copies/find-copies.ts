import { align } from './align.js';
import { splitBands, type Bands } from './bands.js';
import { correspondences, findPieces, type Piece } from './coherence.js';
import { describe, type Descriptors } from './descriptors.js';
import { ambiguity } from './distinctness.js';
import { DOUBTED, evidenceOf, NO_EVIDENCE, whereThingsRecur } from './evidence.js';
import { searchField, type Field } from './field.js';
import { outline, type Point } from './outline.js';
import { boxOf, boxAndArea, moveRegion, toRegion, type Box, type Mask } from './region.js';
import { meanShift, recurrence } from './recurrence.js';
import { searchable } from './searchable.js';
import { apply, fitSimilarity, translation, type Similarity } from './transform.js';
import { measureAgreement, type Agreement } from './verify.js';
import { toLuma, workingSize, type Luma, type SourceImage } from './working-image.js';
import { isWriting } from './writing.js';

export interface CopyOptions {
  /** The search works on an image of this one's shape and the area of a square of this side, in pixels. [380] */
  side?: number;
  /** Pairs with less evidence than this are not reported. [1.2] */
  minEvidence?: number;
}

/** One of the two places that look the same. */
export interface Place {
  /** In pixels of the image. */
  box: Box;
  /** Pixels of the image. */
  area: number;
  /** Its border as a polygon, in pixels of the image. */
  outline: Point[];
  /** Its pixels at the working size. */
  mask: Mask;
}

/** Two places of an image of which one was copied from the other. Which one is not told by the pixels. */
export interface CopyPair {
  places: [Place, Place];
  /** From the middle of the first place to that of the second, in pixels of the image. */
  shift: Point;
  /** From the first to the second: clockwise, in degrees, -180 … 180. */
  rotation: number;
  /** The second's size as a multiple of the first's. */
  scale: number;
  /** Pixels of the working image with detail that is found again at the other place. */
  support: number;
  /** Correlation of detail of 3 to 8 pixels of the working image, -1 … 1. */
  similarity: number;
  /** Correlation of the finest residual in the quietest quarter, -1 … 1: about 0 where things merely look alike. */
  residual: number;
  /** Distance to the twin as a share of that to the best other place: small for a copy, about 1 in a pattern. */
  ambiguity: number;
  /** Log-odds like {@link CopySearch.score}. */
  evidence: number;
}

export interface CopySearch {
  /** Size of the working image, and of all masks. */
  width: number;
  height: number;
  /** How much the best pair speaks for a copy, as log-odds (uncalibrated); {@link NO_EVIDENCE} where there is none. */
  score: number;
  /** The most convincing first. */
  pairs: CopyPair[];
  timingsMs: { prepare: number; field: number; verify: number };
}

/** Pieces of the field that are looked at, the largest ones. */
const MOST_PIECES = 8;
/** Patches of the smallest piece. */
const MIN_NODES = 20;
const DEFAULT_SIDE = 380;
const DEFAULT_MIN_EVIDENCE = 1.2;
/** A similarity has more freedom than a shift, and must be better by so much. */
const FREEDOM = 0.005;

/** Transforms that take a place to within so many pixels of each other are one. */
const SAME_MOVE = 2;

interface Candidate {
  transform: Similarity;
  comparison: Agreement;
  ambiguity: number;
  evidence: number;
  /** Both places, as far as they have detail. */
  marks: Uint8Array;
}

/**
 * Looks for places that were copied within an image: moved, turned by up to about 15 degrees, scaled by up to about a fifth.
 *
 * A dense field tells for every patch which other one looks most like it; where neighbouring patches point the same way, the
 * two places are laid over each other to a fraction of a pixel, and their detail is compared. The same digits on every machine:
 * random numbers have a fixed seed, and there are no threads.
 *
 * @returns no pairs and no evidence for images of fewer than 20 pixels along a side
 */
export function findCopies(image: SourceImage, options: CopyOptions = {}): CopySearch {
  const { width, height } = workingSize(image.width, image.height, options.side ?? DEFAULT_SIDE);
  return searchCopies(toLuma(image, width, height), image, options);
}

/**
 * The same of an image that has been brought to the size of the search already.
 *
 * @param image - the size in which places are told
 */
export function searchCopies(
  luma: Luma,
  image: { width: number; height: number },
  { minEvidence = DEFAULT_MIN_EVIDENCE }: Pick<CopyOptions, 'minEvidence'> = {},
): CopySearch {
  const started = performance.now();
  const size = { width: luma.width, height: luma.height };
  const descriptors = describe(luma);
  if (!descriptors) {
    return { ...size, score: NO_EVIDENCE, pairs: [], timingsMs: { prepare: 0, field: 0, verify: 0 } };
  }
  const bands = splitBands(luma);
  const prepared = performance.now();
  const field = searchField(descriptors, searchable(descriptors, luma));
  const found = performance.now();
  const pieces = findPieces(field, descriptors, { minNodes: MIN_NODES, most: MOST_PIECES });
  const candidates = verify(pieces, field, descriptors, bands);
  const pairs = mergeAlike(
    candidates.filter(({ evidence }) => evidence >= minEvidence),
    luma.width,
  ).map((candidate) => describePair(candidate, size, image));
  return {
    ...size,
    score: candidates[0]?.evidence ?? NO_EVIDENCE,
    pairs: pairs.filter((pair) => pair !== undefined),
    timingsMs: { prepare: prepared - started, field: found - prepared, verify: performance.now() - found },
  };
}

/** Aligns and compares pieces, and leaves out those that say the same as another; the most convincing first. */
function verify(pieces: readonly Piece[], field: Field, descriptors: Descriptors, bands: Bands): Candidate[] {
  const candidates: Candidate[] = [];
  const shifts = pieces.map((piece) => meanShift(piece, field));
  for (const piece of pieces) {
    const pairs = correspondences(piece, field);
    const seeds = seedPixels(pairs, bands.luma.width);
    if (candidates.some(({ marks }) => covers(marks, seeds))) continue;
    const best = alignPiece(pairs, seeds, bands);
    if (!best) continue;
    const share = ambiguity(descriptors, bands.luma, piece.nodes, best.transform);
    const { pixels } = best.comparison;
    let evidence = evidenceOf({
      ...best.comparison,
      pixels: pixels.length,
      writing: isWriting(bands, boxOf(pixels, bands.luma.width)),
      ambiguity: share,
    });
    if (evidence > DOUBTED) {
      evidence = whereThingsRecur(evidence, recurrence(bands, pixels, best.transform, shifts));
    }
    candidates.push({
      ...best,
      ambiguity: share,
      evidence,
      marks: markBoth(pixels, best.transform, bands.luma),
    });
  }
  return candidates.sort((a, b) => b.evidence - a.evidence);
}

/** Joins candidates that move the same way, or back: pieces of one copy, with something flat between them. */
function mergeAlike(candidates: readonly Candidate[], width: number): Candidate[] {
  const merged: Candidate[] = [];
  for (const candidate of candidates) {
    const at = merged.findIndex((other) => towards(candidate, other, width) !== undefined);
    if (at < 0) {
      merged.push(candidate);
      continue;
    }
    const other = merged[at]!;
    const pixels = new Set(other.comparison.pixels);
    const there = towards(candidate, other, width) === 'back' ? candidate.transform : undefined;
    for (const i of candidate.comparison.pixels) {
      if (!there) {
        pixels.add(i);
        continue;
      }
      const y = Math.floor(i / width);
      const moved = apply(there, i - y * width, y);
      pixels.add(Math.round(moved.y) * width + Math.round(moved.x));
    }
    merged[at] = { ...other, comparison: { ...other.comparison, pixels: Int32Array.from(pixels) } };
  }
  return merged;
}

/** Whether one candidate's middle moves as the other's transform says, forward or back. */
function towards(
  candidate: Candidate,
  { transform }: Candidate,
  width: number,
): 'forward' | 'back' | undefined {
  const box = boxOf(candidate.comparison.pixels, width);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const moved = apply(candidate.transform, middle.x, middle.y);
  const near = (a: { x: number; y: number }, b: { x: number; y: number }): boolean =>
    (a.x - b.x) ** 2 + (a.y - b.y) ** 2 <= SAME_MOVE * SAME_MOVE;
  if (near(apply(transform, middle.x, middle.y), moved)) return 'forward';
  return near(apply(transform, moved.x, moved.y), middle) ? 'back' : undefined;
}

/** The four pixels in the middle of each patch. */
function seedPixels(pairs: Float64Array, width: number): Int32Array {
  const seeds = new Int32Array(pairs.length);
  for (let i = 0; i < pairs.length; i += 4) {
    const at = Math.floor(pairs[i + 1]!) * width + Math.floor(pairs[i]!);
    seeds[i] = at;
    seeds[i + 1] = at + 1;
    seeds[i + 2] = at + width;
    seeds[i + 3] = at + width + 1;
  }
  return seeds;
}

function covers(marks: Uint8Array, seeds: Int32Array): boolean {
  let count = 0;
  for (const i of seeds) count += marks[i]!;
  return 2 * count > seeds.length;
}

function alignPiece(
  pairs: Float64Array,
  seeds: Int32Array,
  bands: Bands,
): { transform: Similarity; comparison: Agreement } | undefined {
  let dx = 0;
  let dy = 0;
  for (let i = 0; i < pairs.length; i += 4) {
    dx += pairs[i + 2]! - pairs[i]!;
    dy += pairs[i + 3]! - pairs[i + 1]!;
  }
  const n = pairs.length / 4;
  const shifted = align(bands.smooth, seeds, translation(dx / n, dy / n), false);
  const turned = align(bands.smooth, seeds, fitSimilarity(pairs), true);
  const asShifted = measureAgreement(bands, seeds, shifted);
  const asTurned = measureAgreement(bands, seeds, turned);
  if (asTurned && (!asShifted || asTurned.similarity > asShifted.similarity + FREEDOM)) {
    return { transform: turned, comparison: asTurned };
  }
  return asShifted && { transform: shifted, comparison: asShifted };
}

function markBoth(
  pixels: Int32Array,
  transform: Similarity,
  { width, height }: { width: number; height: number },
): Uint8Array {
  const marks = new Uint8Array(width * height);
  for (const i of pixels) {
    const y = Math.floor(i / width);
    const { x: u, y: v } = apply(transform, i - y * width, y);
    marks[i] = 1;
    marks[
      Math.min(height - 1, Math.max(0, Math.round(v))) * width +
        Math.min(width - 1, Math.max(0, Math.round(u)))
    ] = 1;
  }
  return marks;
}

function describePair(
  { transform, comparison, ambiguity, evidence }: Candidate,
  { width, height }: { width: number; height: number },
  image: { width: number; height: number },
): CopyPair | undefined {
  const first = toRegion(comparison.pixels, width, height);
  const a = describePlace(first, image);
  const b = describePlace(moveRegion(first, transform), image);
  if (!a || !b) return undefined;
  const middle = { x: a.box.x + a.box.width / 2, y: a.box.y + a.box.height / 2 };
  const scaleX = image.width / width;
  const scaleY = image.height / height;
  const moved = apply(transform, middle.x / scaleX - 0.5, middle.y / scaleY - 0.5);
  return {
    places: [a, b],
    shift: { x: (moved.x + 0.5) * scaleX - middle.x, y: (moved.y + 0.5) * scaleY - middle.y },
    rotation: (Math.atan2(transform.b, transform.a) * 180) / Math.PI,
    scale: Math.sqrt(transform.a ** 2 + transform.b ** 2),
    support: comparison.pixels.length,
    similarity: comparison.similarity,
    residual: comparison.residual,
    ambiguity,
    evidence,
  };
}

/** A mask at the working size, in pixels of the image. */
function describePlace(mask: Mask, image: { width: number; height: number }): Place | undefined {
  const measured = boxAndArea(mask);
  if (!measured) return undefined;
  const scaleX = image.width / mask.width;
  const scaleY = image.height / mask.height;
  const { box, area } = measured;
  const left = Math.floor(box.x * scaleX);
  const top = Math.floor(box.y * scaleY);
  return {
    box: {
      x: left,
      y: top,
      width: Math.min(image.width, Math.ceil((box.x + box.width) * scaleX)) - left,
      height: Math.min(image.height, Math.ceil((box.y + box.height) * scaleY)) - top,
    },
    area: Math.round(area * scaleX * scaleY),
    outline: outline(mask).map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })),
    mask,
  };
}
