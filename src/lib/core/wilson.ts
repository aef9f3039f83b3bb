/** The 95 % interval of a share of `n` (Wilson 1927): it stays within 0 and 1, and is wide where n is small. */
export function wilsonInterval(share: number, n: number): { low: number; high: number } {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
