/** What a choice between variants weighs: a cost, of which less is better, and a worth, of which more is. */
export interface Weighed {
  /** Milliseconds. */
  latency: number;
  /** Null where it cannot be given. */
  accuracy: number | null;
}

/**
 * The Pareto front: those of which none other is at least as fast and as accurate, and better in one of both. What has no
 * accuracy is never on it.
 */
export function paretoFront<T extends Weighed>(variants: readonly T[]): T[] {
  return variants.filter((one) => one.accuracy !== null && !variants.some((other) => dominates(other, one)));
}

function dominates(other: Weighed, one: Weighed): boolean {
  if (other.accuracy === null) return false;
  const [accuracy, theirs] = [one.accuracy!, other.accuracy];
  return (
    other.latency <= one.latency && theirs >= accuracy && (other.latency < one.latency || theirs > accuracy)
  );
}

/**
 * The most accurate variant within a budget, of equally accurate ones the fastest; it is always on the front of those within the
 * budget. And the next faster one on that front, which is what one gives up accuracy for.
 *
 * @param budget the highest latency; none where it is undefined
 */
export function recommendVariant<T extends Weighed>(
  variants: readonly T[],
  budget: number | undefined,
): { chosen: T; faster: T | undefined } | undefined {
  const within = variants.filter(({ latency }) => latency <= (budget ?? Infinity));
  const front = paretoFront(within).sort((a, b) => b.accuracy! - a.accuracy! || a.latency - b.latency);
  const [chosen, ...others] = front;
  return chosen && { chosen, faster: others.find(({ latency }) => latency < chosen.latency) };
}
