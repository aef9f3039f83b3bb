import { eachRow, type ProbabilityMap } from './probability-map.js';
import { Runs, type Region } from './runs.js';

export type { Region };

export interface Segmentation {
  /** 255 manipulated, 0 authentic; `height * width` bytes. */
  mask: Uint8Array;
  /** Largest first. */
  regions: Region[];
  /** Pixels that are 255. */
  tamperedPixels: number;
}

/**
 * Brings a probability map to an image's size, thresholds it there, and takes the mask apart into 8-connected regions.
 *
 * It goes through the image once, row by row, in terms of runs (stretches of mask pixels within a row): a run joins
 * those of the row above that it touches, in a union-find forest. That is linear in time, and needs memory for the mask
 * and the runs only, where the map alone would take 400 MB at 100 megapixels.
 *
 * @param options.threshold a pixel is manipulated if its probability is above.
 * @param options.minArea regions of fewer pixels are dropped from the list and from the mask. [0]
 */
export function segment(
  map: ProbabilityMap,
  width: number,
  height: number,
  { threshold, minArea = 0 }: { threshold: number; minArea?: number },
): Segmentation {
  const runs = new Runs();
  eachRow(map, width, height, (row, y) => {
    runs.startRow();
    for (let x = 0; x < width; x++) {
      const start = x;
      let sum = 0;
      for (; x < width && row[x]! > threshold; x++) sum += row[x]!;
      if (x > start) runs.add(y, start, x, sum);
    }
  });

  const regions = runs.regions();
  const mask = new Uint8Array(width * height);
  runs.each((y, start, end, root) => {
    if (regions.get(root)!.area >= minArea) mask.fill(255, y * width + start, y * width + end);
  });
  const kept = [...regions.values()]
    .filter(({ area }) => area >= minArea)
    .sort((a, b) => b.area - a.area || a.y - b.y || a.x - b.x);
  return { mask, regions: kept, tamperedPixels: kept.reduce((total, { area }) => total + area, 0) };
}
