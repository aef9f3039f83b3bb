import type { Gate } from '../gates/gate.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { counted } from '../text/plural.js';
import type { Comparison } from '../run/comparison.js';
import { MAIN_NUMBERS } from './main-numbers.js';
import { metricText, VERDICT_WORDS } from '../metrics/wording.js';
import { decimals, intervalText, signed } from '../text/numbers.js';
import { metricAt, type RunSummary } from '../run/summary.js';

/** A run for a pull request or the summary of a CI job. */
export function runMarkdown(summary: RunSummary, gates: readonly Gate[]): string {
  const { model, dataset, headline, settings } = summary;
  const row = (path: MetricPath): string[] => {
    const estimate = metricAt(summary.metrics, path)!;
    const { title } = METRIC_DEFINITIONS[path];
    if (estimate.value === null) return [title, `n/a: ${estimate.reason ?? ''}`, '', `\`${path}\``];
    return [title, metricText(path, estimate.value), intervalText(estimate), `\`${path}\``];
  };
  const head = ['number', 'value', '95 % interval', 'path'];
  const all = (Object.keys(METRIC_DEFINITIONS) as MetricPath[]).map(row);
  return joined([
    `## ${model.name} ${model.version} on ${dataset.name}${gateVerdict(gates)}`,
    `**${headline.title}: ${headline.value === null ? 'n/a' : `${decimals(headline.value)} (${intervalText(headline)})`}**, ` +
      `${counted(dataset.samples, 'image')} at ${model.inputSize} × ${model.inputSize}, ` +
      `thresholds ${short(settings.scoreThreshold)} (score) and ${short(settings.maskThreshold)} (mask).`,
    gateTable(gates),
    table(head, MAIN_NUMBERS.map(row)),
    folded('All numbers', table(head, all)),
    list(summary.warnings),
  ]);
}

/** A comparison for a pull request or the summary of a CI job. */
export function comparisonMarkdown({ runs, comparisons, notes, gates, images }: Comparison): string {
  return joined([
    `## ${runs.map(({ name }) => name).join(' against ')}${gateVerdict(gates)}`,
    `${counted(images.paired, 'image')}: ${images.tampered} tampered, ${images.authentic} authentic.`,
    gateTable(gates),
    ...comparisons.flatMap(({ sentence, differences, run, changed }) => {
      const head = ['number', runs[0]!.name, runs[run]!.name, 'difference', '95 % interval', ''];
      const rows = (paths: readonly MetricPath[]): string[][] =>
        paths.map((path) => {
          const { first, second, difference, low, high, verdict } = differences[path];
          return [
            METRIC_DEFINITIONS[path].title,
            decimals(first),
            decimals(second),
            signed(difference),
            low === null ? '' : `${signed(low)} to ${signed(high)}`,
            VERDICT_WORDS[verdict],
          ];
        });
      const images = changed.map(({ image, change }) => [`\`${image}\``, signed(change)]);
      return [
        `**${sentence}**`,
        table(head, rows(MAIN_NUMBERS)),
        folded('All numbers', table(head, rows(Object.keys(differences) as MetricPath[]))),
        images.length === 0 ? '' : folded('Images that changed most', table(['image', 'change'], images)),
      ];
    }),
    list(notes),
  ]);
}

function gateVerdict(gates: readonly Gate[]): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed).length;
  return failed === 0 ? `: all ${gates.length} gates passed` : `: ${failed} of ${gates.length} gates failed`;
}

function gateTable(gates: readonly Gate[]): string {
  if (gates.length === 0) return '';
  return table(
    ['', 'gate', 'found', 'run'],
    gates.map(({ name, subject, passed, detail }) => [passed ? '✅' : '❌', `\`${name}\``, detail, subject]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Neither a bar nor an angle bracket of a file's name may end a cell or begin a tag; code takes `<` as it is. */
function cell(text: string): string {
  const line = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return line.startsWith('`') ? line : line.replaceAll('<', '&lt;');
}

function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line.replaceAll('<', '&lt;')}`).join('\n');
}

function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function short(value: number): string {
  return String(Number(value.toFixed(4)));
}
