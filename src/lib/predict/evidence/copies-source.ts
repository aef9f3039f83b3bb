import { drawPair } from '../../copies/arrow.js';
import { searchCopies, type CopyPair, type Place } from '../../copies/find-copies.js';
import type { Point } from '../../copies/outline.js';
import { eachSpan } from '../../copies/polygon.js';
import { toLuma, workingSize, type Luma } from '../../copies/working-image.js';
import { sigmoid } from '../../core/temperature.js';
import type { ProbabilityMap } from '../../image/probability-map.js';
import type { Strokes } from '../../image/strokes.js';
import type { CopyFinding } from './copies-schema.js';
import { NETWORK, type EvidenceSource, type SourceReport } from './source.js';

/** What the search needs of an image. */
export interface CopiesInput {
  luma: Luma;
  /** Of the image, in pixels. */
  width: number;
  height: number;
}

/** The size of the search: the area of a square of this side, whatever the network's size is. */
const SIDE = 380;
/** The network tells which place is the copy where its mean probabilities differ by this share of the larger one. */
const TELLING = 0.1;
/** A blue that heat maps lack and colour-blind readers can tell, with a rim for light grounds. */
const COLOUR = [86, 196, 255] as const;
const RIM = [8, 20, 40] as const;

/** With what only this source reads. */
interface CopiesReport extends SourceReport {
  findings: { copies: CopyFinding[] };
  map: ProbabilityMap;
  image: { width: number; height: number };
}

/** Places that were copied within the image (src/lib/copies). */
export const COPIES: EvidenceSource<CopiesInput> = {
  prepare(image) {
    const size = workingSize(image.width, image.height, SIDE);
    const luma = toLuma(image, size.width, size.height);
    return {
      input: { luma, width: image.width, height: image.height },
      transfer: [luma.data.buffer as ArrayBuffer],
    };
  },

  examine({ luma, width, height }): CopiesReport {
    const image = { width, height };
    const { score, pairs } = searchCopies(luma, image);
    return complete(score, pairs.map(toFinding), luma, image);
  },

  settle(said, others) {
    const { output, findings, map, image } = said as CopiesReport;
    const network = others.get(NETWORK)?.map;
    if (!network || findings.copies.length === 0) return said;
    return complete(
      output.value,
      findings.copies.map((copy) => direct(copy, network, image)),
      map,
      image,
    );
  },
};

function toFinding(pair: CopyPair): CopyFinding {
  const [from, to] = pair.places.map(toPlace) as [CopyFinding['from'], CopyFinding['to']];
  const { shift, rotation, scale, similarity, residual, evidence } = pair;
  return {
    from,
    to,
    directionKnown: false,
    shift,
    rotation,
    scale,
    similarity,
    residual,
    probability: sigmoid(evidence),
  };
}

function toPlace({ box, area, outline }: Place): CopyFinding['from'] {
  return { ...box, area, outline };
}

/** Whether the network's map tells which place is the copy; a copy's probabilities are larger than its original's. */
function direct(
  copy: CopyFinding,
  network: ProbabilityMap,
  image: { width: number; height: number },
): CopyFinding {
  const from = meanWithin(copy.from.outline, network, image);
  const to = meanWithin(copy.to.outline, network, image);
  if (Math.abs(from - to) < TELLING * Math.max(from, to)) return copy;
  return from > to ? { ...turnRound(copy), directionKnown: true } : { ...copy, directionKnown: true };
}

function turnRound(copy: CopyFinding): CopyFinding {
  return {
    ...copy,
    from: copy.to,
    to: copy.from,
    shift: { x: 0 - copy.shift.x, y: 0 - copy.shift.y },
    rotation: 0 - copy.rotation,
    scale: 1 / copy.scale,
  };
}

/** The report with the map and the drawing that follow from its findings. */
function complete(
  score: number,
  copies: CopyFinding[],
  size: { width: number; height: number },
  image: { width: number; height: number },
): CopiesReport {
  const map = { width: size.width, height: size.height, data: new Float32Array(size.width * size.height) };
  for (const { from, to, directionKnown, probability } of copies) {
    for (const { outline } of directionKnown ? [to] : [from, to]) {
      eachSpan(scaled(outline, map, image), map.width, map.height, (y, start, end) => {
        for (let i = y * map.width + start; i < y * map.width + end; i++) {
          map.data[i] = Math.max(map.data[i]!, probability);
        }
      });
    }
  }
  return {
    output: { kind: 'logit', value: score },
    map,
    findings: { copies },
    strokes: copies.map((copy) => toStrokes(copy, image)),
    image,
  };
}

function toStrokes(
  { from, to, directionKnown }: CopyFinding,
  image: { width: number; height: number },
): Strokes {
  const { width, lines, heads } = drawPair(from.outline, to.outline, image, directionKnown);
  return { width, lines, shapes: heads, colour: COLOUR, rim: RIM };
}

/** Mean of a map within a polygon of the image; 0 where that covers no pixel of the map. */
function meanWithin(
  outline: readonly Point[],
  map: ProbabilityMap,
  image: { width: number; height: number },
): number {
  let sum = 0;
  let count = 0;
  eachSpan(scaled(outline, map, image), map.width, map.height, (y, start, end) => {
    for (let i = y * map.width + start; i < y * map.width + end; i++) sum += map.data[i]!;
    count += end - start;
  });
  return count === 0 ? 0 : sum / count;
}

function scaled(
  outline: readonly Point[],
  map: { width: number; height: number },
  image: { width: number; height: number },
): Point[] {
  return outline.map(({ x, y }) => ({
    x: (x * map.width) / image.width,
    y: (y * map.height) / image.height,
  }));
}
