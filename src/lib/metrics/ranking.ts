/**
 * Positives and negatives in the order of a score. Entry i holds how many of each share the i-th smallest score (or bin
 * of scores): a tie. Counts may be weights of a resample, so they need not be whole.
 */
export interface Ranking {
  positives: ArrayLike<number>;
  negatives: ArrayLike<number>;
  /** Not 0 where an entry is a bin of scores that differ, whose order is lost, and no tie. Left out: all are ties. */
  spread?: ArrayLike<number>;
}

/** A cut through a ranking: everything from entry `from` upwards is called positive. */
export interface Cut {
  from: number;
  tp: number;
  fp: number;
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Mann–Whitney U).
 * Null where a class is missing.
 */
export function rocAuc(ranking: Ranking): number | null {
  const { positives, negatives } = ranking;
  let below = 0;
  let wins = 0;
  let positiveTotal = 0;
  for (let i = 0; i < positives.length; i++) {
    const p = positives[i]!;
    const n = negatives[i]!;
    wins += p * (below + n / 2);
    below += n;
    positiveTotal += p;
  }
  return positiveTotal === 0 || below === 0 ? null : wins / (positiveTotal * below);
}

/**
 * Average precision: Σ (R_k − R_{k−1}) · P_k over the cuts from the highest score down, without interpolation, as
 * scikit-learn's `average_precision_score`. Null where a class is missing.
 *
 * A bin of differing scores counts as if its positives and negatives alternated evenly: as a tie it would lower the area
 * by half of the bin's drop in precision, which adds up to more than 1e-4 where scores crowd.
 */
export function averagePrecision(ranking: Ranking): number | null {
  const { positives, negatives, spread } = ranking;
  let tp = 0;
  let fp = 0;
  let sum = 0;
  for (let i = positives.length - 1; i >= 0; i--) {
    const p = positives[i]!;
    const n = negatives[i]!;
    if (p > 0) sum += p * (spread?.[i] ? meanPrecision(tp, fp, p, n) : (tp + p) / (tp + p + fp + n));
    tp += p;
    fp += n;
  }
  return tp === 0 || fp === 0 ? null : sum / tp;
}

/**
 * Mean precision at the positives among p positives and n negatives in even order, after tp and fp: the integral of
 * (a + p·u) / (b + (p + n)·u) over u from 0 to 1, where a and b count up to the middle of the first place.
 */
function meanPrecision(tp: number, fp: number, p: number, n: number): number {
  const a = tp + 0.5;
  const b = tp + fp + 0.5;
  const share = p / (p + n);
  return share + ((a - share * b) / (p + n)) * Math.log1p((p + n) / b);
}

/** The largest F1 over all cuts; 0 for a ranking without positives. */
export function bestF1(ranking: Ranking): number {
  const { positives, negatives } = ranking;
  const total = totals(ranking).positives;
  let tp = 0;
  let fp = 0;
  let best = 0;
  for (let i = positives.length - 1; i >= 0; i--) {
    tp += positives[i]!;
    fp += negatives[i]!;
    // Only a cut below a positive can be the best.
    if (positives[i]! > 0) best = Math.max(best, (2 * tp) / (tp + fp + total));
  }
  return best;
}

/**
 * Equal error rate: where the false-positive rate meets the false-negative rate, interpolated linearly between the two
 * cuts of the ROC curve that enclose the meeting. Null where a class is missing.
 */
export function equalErrorRate(ranking: Ranking): number | null {
  const { positives: positiveTotal, negatives: negativeTotal } = totals(ranking);
  if (positiveTotal === 0 || negativeTotal === 0) return null;
  let lastFpr = 0;
  let lastFnr = 1;
  for (const { tp, fp } of cutsFromTop(ranking)) {
    const fpr = fp / negativeTotal;
    const fnr = 1 - tp / positiveTotal;
    if (fpr >= fnr) {
      const before = lastFnr - lastFpr;
      const share = before / (before + (fpr - fnr));
      return lastFpr + share * (fpr - lastFpr);
    }
    lastFpr = fpr;
    lastFnr = fnr;
  }
  return null;
}

/** The highest recall among cuts whose false-positive rate is at most `limit`. Null where a class is missing. */
export function recallAtFalsePositiveRate(ranking: Ranking, limit: number): number | null {
  const { positives: positiveTotal, negatives: negativeTotal } = totals(ranking);
  if (positiveTotal === 0 || negativeTotal === 0) return null;
  let best = 0;
  for (const { tp, fp } of cutsFromTop(ranking)) {
    if (fp / negativeTotal > limit) break;
    best = tp / positiveTotal;
  }
  return best;
}

/** Every cut of a ranking that differs from the last, from the highest score down. The object is reused. */
export function* cutsFromTop({ positives, negatives }: Ranking): Generator<Cut> {
  const cut: Cut = { from: positives.length, tp: 0, fp: 0 };
  for (let i = positives.length - 1; i >= 0; i--) {
    const p = positives[i]!;
    const n = negatives[i]!;
    if (p === 0 && n === 0) continue;
    cut.from = i;
    cut.tp += p;
    cut.fp += n;
    yield cut;
  }
}

/** A ranking of few items from their scores: one entry for every different score, ascending. */
export function rankScores(
  scores: readonly number[],
  positive: readonly boolean[],
): Ranking & { scores: number[]; entryOf: Int32Array } {
  const order = scores.map((_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  const ranking = { scores: [] as number[], positives: [] as number[], negatives: [] as number[] };
  const entryOf = new Int32Array(scores.length);
  for (const index of order) {
    const score = scores[index]!;
    let entry = ranking.scores.length - 1;
    if (entry < 0 || ranking.scores[entry] !== score) {
      entry = ranking.scores.push(score) - 1;
      ranking.positives.push(0);
      ranking.negatives.push(0);
    }
    const counts = positive[index] ? ranking.positives : ranking.negatives;
    counts[entry]!++;
    entryOf[index] = entry;
  }
  return { ...ranking, entryOf };
}

/** How many of each class a ranking holds. */
export function totals({ positives, negatives }: Ranking): { positives: number; negatives: number } {
  const total = { positives: 0, negatives: 0 };
  for (let i = 0; i < positives.length; i++) {
    total.positives += positives[i]!;
    total.negatives += negatives[i]!;
  }
  return total;
}
