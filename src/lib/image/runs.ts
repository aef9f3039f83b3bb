/** A connected part of the mask. Lengths in pixels of the mask. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Pixels. */
  area: number;
  /** Mean of the probability map over the region's pixels. */
  meanProbability: number;
}

/**
 * The runs of a mask, stretches of its pixels within a row, added from the top and from the left, and joined to regions
 * in a union-find forest: a run and one of the row above belong together if they touch, corners included.
 */
export class Runs {
  private count = 0;
  private row = new Int32Array(1024);
  private start = new Int32Array(1024);
  /** One past the last pixel. */
  private end = new Int32Array(1024);
  private probabilitySum = new Float64Array(1024);
  /** A run's parent in the forest is never a later run, so a root is its region's first run. */
  private parent = new Int32Array(1024);

  /** First runs of the row above and of the present one, and the one of the row above from which touching is tried. */
  private rowAbove = 0;
  private thisRow = 0;
  private candidate = 0;

  /** To be called before the runs of each row, empty rows included. */
  startRow(): void {
    this.rowAbove = this.thisRow;
    this.thisRow = this.count;
    this.candidate = this.rowAbove;
  }

  add(y: number, start: number, end: number, probabilitySum: number): void {
    const run = this.count++;
    if (run === this.row.length) this.grow();
    this.row[run] = y;
    this.start[run] = start;
    this.end[run] = end;
    this.probabilitySum[run] = probabilitySum;
    this.parent[run] = run;
    // The last one that touches may touch the next run, too, so it stays the candidate.
    while (this.candidate < this.thisRow && this.end[this.candidate]! < start) this.candidate++;
    for (let above = this.candidate; above < this.thisRow && this.start[above]! <= end; above++) {
      this.candidate = above;
      this.join(above, run);
    }
  }

  /** Calls back for every run, with the run that stands for its region. */
  each(visit: (y: number, start: number, end: number, root: number) => void): void {
    for (let run = 0; run < this.count; run++) {
      visit(this.row[run]!, this.start[run]!, this.end[run]!, this.root(run));
    }
  }

  /** The regions, by the run that stands for each. */
  regions(): Map<number, Region> {
    const regions = new Map<number, Region>();
    const right = new Map<number, number>();
    for (let run = 0; run < this.count; run++) {
      const root = this.root(run);
      const start = this.start[run]!;
      const end = this.end[run]!;
      let region = regions.get(root);
      if (region === undefined) {
        region = { x: start, y: this.row[run]!, width: 0, height: 0, area: 0, meanProbability: 0 };
        regions.set(root, region);
      }
      right.set(root, Math.max(right.get(root) ?? 0, end));
      region.x = Math.min(region.x, start);
      region.width = right.get(root)! - region.x;
      region.height = this.row[run]! + 1 - region.y;
      region.area += end - start;
      region.meanProbability += this.probabilitySum[run]!;
    }
    for (const region of regions.values()) region.meanProbability /= region.area;
    return regions;
  }

  private root(run: number): number {
    while (this.parent[run] !== run) {
      // Path halving keeps the forest flat without recursion.
      this.parent[run] = this.parent[this.parent[run]!]!;
      run = this.parent[run]!;
    }
    return run;
  }

  private join(a: number, b: number): void {
    const rootA = this.root(a);
    const rootB = this.root(b);
    this.parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }

  private grow(): void {
    const size = this.row.length * 2;
    const grown = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    this.row = grown(this.row);
    this.start = grown(this.start);
    this.end = grown(this.end);
    this.parent = grown(this.parent);
    const sums = new Float64Array(size);
    sums.set(this.probabilitySum);
    this.probabilitySum = sums;
  }
}
