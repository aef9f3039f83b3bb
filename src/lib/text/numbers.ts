/** How numbers are written for people; one way everywhere. */

export function decimals(value: number | null, digits = 3): string {
  return value === null ? 'n/a' : value.toFixed(digits).replace('-', '−');
}

/** "+0.041", "−0.003", "0.000" */
export function signed(value: number | null, digits = 3): string {
  if (value === null) return 'n/a';
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** "0.902 to 0.954", or nothing where there is no interval. */
export function intervalText(
  { low, high }: { low: number | null; high: number | null },
  show: (bound: number) => string = decimals,
): string {
  return low === null || high === null ? '' : `${show(low)} to ${show(high)}`;
}

/** "0.931 (95 %: 0.902 to 0.954)" */
export function withInterval(estimate: {
  value: number | null;
  low: number | null;
  high: number | null;
}): string {
  const interval = intervalText(estimate);
  return interval === '' ? decimals(estimate.value) : `${decimals(estimate.value)} (95 %: ${interval})`;
}

/** 0.0734 → "7.3 %" */
export function percent(share: number | null, digits = 1): string {
  return share === null ? 'n/a' : `${(share * 100).toFixed(digits)} %`;
}
