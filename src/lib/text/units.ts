/** 0.4213 → "0.421 ms", 183.6 → "184 ms", 2345 → "2.35 s" */
export function formatMs(ms: number): string {
  if (Math.abs(ms) >= 1000) return `${digits(ms / 1000)} s`;
  return `${digits(ms)} ms`;
}

/** Decimal units, as in --fail-on "rss > 2GB": 1234567890 → "1.23 GB" */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  if (size >= 999.5e6) return `${digits(bytes / 1e9)} GB`;
  if (size >= 999.5e3) return `${digits(bytes / 1e6)} MB`;
  return `${digits(bytes / 1e3)} kB`;
}

/** 0.0734 → "+7.3 %" */
export function formatChange(ratio: number): string {
  const percent = (ratio - 1) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
}

/** Three significant digits, more before the point where there are more, without an exponent. */
export function digits(value: number): string {
  const rounded = Math.abs(Number(value.toPrecision(3)));
  if (rounded === 0) return '0';
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(rounded))));
}
