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

/** "0.902 – 0.954", or nothing where there is no interval. */
export function intervalText({ low, high }: { low: number | null; high: number | null }): string {
  return low === null || high === null ? '' : `${decimals(low)} – ${decimals(high)}`;
}

export function percent(share: number | null, digits = 1): string {
  return share === null ? 'n/a' : `${(share * 100).toFixed(digits)} %`;
}
