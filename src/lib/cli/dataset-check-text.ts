import pc from 'picocolors';
import { percent } from '../text/numbers.js';
import type { Finding } from '../dataset/finding.js';
import type { DatasetCheck, SpreadOfValues } from '../dataset/check-result.js';

/** What `ofx dataset check` found, for people. */
export function datasetCheckText(check: DatasetCheck): string {
  const { counts } = check;
  const lines = [
    `${pc.bold(check.name)} (${check.list ?? check.layout}): ${counts.samples} samples`,
    `  classes         ${counts.tampered} tampered, ${counts.authentic} authentic`,
    `  ground truth    ${counts.withTruth} of ${counts.tampered} tampered images`,
    `  formats         ${
      Object.entries(check.formats)
        .map(([format, count]) => `${count} ${format}`)
        .join(', ') || 'none'
    }`,
    `  width           ${spreadText(check.width, (value) => `${value}`)} px`,
    `  height          ${spreadText(check.height, (value) => `${value}`)} px`,
    `  tampered area   ${spreadText(check.tamperedFraction, percent)}`,
    '',
  ];
  if (check.findings.length === 0) lines.push(pc.green('Nothing to complain about.'));
  else lines.push(...check.findings.flatMap(findingParagraph));
  if (check.fixed) {
    const { file, samples, dropped } = check.fixed;
    lines.push('', `${samples} samples that raise no doubt are listed in ${file} (${dropped} left out).`);
  }
  return lines.join('\n');
}

const PAINT = { error: pc.red, warning: pc.yellow, note: pc.dim };

function findingParagraph({ severity, code, message, count, examples }: Finding): string[] {
  const more = count > examples.length ? [`    … and ${count - examples.length} more`] : [];
  return [
    `${PAINT[severity](severity)} ${message} ${pc.dim(`[${code}]`)}`,
    ...examples.map((example) => `    ${example}`),
    ...more,
  ];
}

function spreadText(values: SpreadOfValues, write: (value: number) => string): string {
  return values === null
    ? '–'
    : `${write(values.smallest)} to ${write(values.largest)}, median ${write(values.median)}`;
}
