import { cutsFromTop, totals, type Ranking } from './ranking.js';

export interface CurvePoint {
  x: number;
  y: number;
}

/** Points closer than this in both directions are not told apart in a drawing. */
const DRAWN_STEP = 1 / 400;

/** The ROC curve, from (0, 0) to (1, 1): false-positive rate against recall. Empty where a class is missing. */
export function rocCurve(ranking: Ranking): CurvePoint[] {
  const { positives, negatives } = totals(ranking);
  if (positives === 0 || negatives === 0) return [];
  const points = [{ x: 0, y: 0 }];
  for (const { tp, fp } of cutsFromTop(ranking)) points.push({ x: fp / negatives, y: tp / positives });
  return thinned(points);
}

/** The precision–recall curve: recall against precision. Empty where a class is missing. */
export function precisionRecallCurve(ranking: Ranking): CurvePoint[] {
  const { positives, negatives } = totals(ranking);
  if (positives === 0 || negatives === 0) return [];
  const points: CurvePoint[] = [];
  for (const { tp, fp } of cutsFromTop(ranking)) points.push({ x: tp / positives, y: tp / (tp + fp) });
  // Recall 0 has no precision of its own; the curve starts at that of the highest scores.
  return thinned([{ x: 0, y: points[0]!.y }, ...points]);
}

/** Leaves out points that a drawing cannot show; first and last stay. */
function thinned(points: readonly CurvePoint[]): CurvePoint[] {
  const kept: CurvePoint[] = [];
  points.forEach((point, index) => {
    const last = kept.at(-1);
    const far = !last || Math.abs(point.x - last.x) >= DRAWN_STEP || Math.abs(point.y - last.y) >= DRAWN_STEP;
    if (far || index === points.length - 1) kept.push(point);
  });
  return kept;
}
