import { sigmoid } from '../core/temperature.js';
import { TAMPERED, type Label } from '../core/label.js';

/** Log-odds of the joined score = bias + Σ weight · log-odds of a source. */
export interface FittedWeights {
  weights: number[];
  bias: number;
}

const NEWTON_STEPS = 50;
/** Steps smaller than this change no digit that is kept. */
const CONVERGED = 1e-9;
/** Log-odds beyond this on every image mean that the likelihood has no maximum. */
const RUNAWAY = 1e3;
/** So many are kept of a weight: more than any data set can tell, and few enough that the order of images does not show. */
const DIGITS = 3;

/**
 * How sources of evidence are best joined on labelled images: the logistic regression without a penalty that maximises the likelihood,
 * where both classes weigh alike however many images they have (Newton's method, as iteratively reweighted least squares).
 *
 * @param images - labels, and the log-odds of each source, in the same order for every image
 * @returns undefined where there is no single best one: the classes can be parted without error, there is one class only, or one
 *   source says of every image what another says
 */
export function fitFusion(
  images: readonly { label: Label; logits: readonly number[] }[],
): FittedWeights | undefined {
  const sources = images[0]?.logits.length ?? 0;
  const tampered = images.filter(({ label }) => label === TAMPERED).length;
  const authentic = images.length - tampered;
  if (tampered === 0 || authentic === 0) return undefined;
  const rows = images.map(({ label, logits }) => ({
    x: [...logits, 1],
    y: label === TAMPERED ? 1 : 0,
    weight: 0.5 / (label === TAMPERED ? tampered : authentic),
  }));
  let beta = new Array<number>(sources + 1).fill(0);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient = beta.map(() => 0);
    const hessian = beta.map(() => beta.map(() => 0));
    for (const { x, y, weight } of rows) {
      const p = sigmoid(x.reduce((sum, value, i) => sum + value * beta[i]!, 0));
      x.forEach((value, i) => {
        gradient[i]! += weight * (y - p) * value;
        x.forEach((other, j) => {
          hessian[i]![j]! += weight * p * (1 - p) * value * other;
        });
      });
    }
    const change = solve(hessian, gradient);
    if (!change || change.some((value) => !Number.isFinite(value))) return undefined;
    beta = beta.map((value, i) => value + change[i]!);
    if (beta.some((value) => Math.abs(value) > RUNAWAY)) return undefined;
    if (change.every((value) => Math.abs(value) < CONVERGED)) {
      const kept = beta.map((value) => Number(value.toFixed(DIGITS)));
      return { weights: kept.slice(0, -1), bias: kept.at(-1)! };
    }
  }
  return undefined;
}

/** The solution of a small symmetric system by Gaussian elimination with pivots; undefined where it has none. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const largest = Math.max(...matrix.flat().map(Math.abs));
  for (let column = 0; column < size; column++) {
    const candidates = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + candidates.indexOf(Math.max(...candidates));
    if (Math.abs(rows[pivot]![column]!) <= largest * 1e-12) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = column + 1; i < size; i++) {
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= size; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, j) => (j > i ? sum + rows[i]![j]! * value : sum), 0);
    solution[i] = (rows[i]![size]! - known) / rows[i]![i]!;
  }
  return solution;
}
