import pc from 'picocolors';
import {
  coldStartLines,
  comparisonTable,
  machineLine,
  networkLabel,
  overviewTable,
  recommendationLines,
  stepsTable,
  workLine,
  type TextTable,
} from '../bench/describe.js';
import { percent } from '../text/numbers.js';
import { digits } from '../text/units.js';
import type { BenchReport } from '../bench/result.js';
import { numberTable } from './table.js';

/** Node names of an exported graph are paths; their ends tell them apart. */
const NODE_WIDTH = 60;
const SHOWN_OPERATORS = 12;

/** A bench report for the terminal, at most about 100 columns wide. */
export function benchText(report: BenchReport): string {
  const { configurations, machine, gates, against, baseline, profiles } = report;
  const [first] = configurations;
  const networks = [...new Set(configurations.map(networkLabel))];
  return [
    `${pc.bold(networks.join(', '))}: ${workLine(report)}`,
    pc.dim(machineLine(machine)),
    ...coldStartLines(report).map((line) => `${pc.bold('Cold start')}  ${line}`),
    ...networks.flatMap((network) => [
      '',
      ...(networks.length > 1 ? [pc.bold(network)] : []),
      // A table a network: with a column for it they would be wider than a terminal.
      table(overviewTable(configurations.filter((each) => networkLabel(each) === network))),
    ]),
    ...(configurations.some(({ settled }) => settled === false) ? [pc.yellow('  * did not settle')] : []),
    ...(first ? ['', pc.bold('Steps of one image') + pc.dim(`  ${first.id}`), table(stepsTable(first))] : []),
    ...profiles.flatMap(({ network, operators, slowest }) => [
      '',
      pc.bold('Time by operator') +
        pc.dim(`  ${network.name} ${network.inputSize} ${network.precision}, an inference`),
      table({
        head: ['operator', 'nodes', 'ms', 'share'],
        rows: operators
          .slice(0, SHOWN_OPERATORS)
          .map(({ type, nodes, ms, share }) => [type, String(nodes), digits(ms), percent(share)]),
      }),
      '',
      pc.bold('Slowest nodes'),
      table({
        head: ['node', 'operator', 'ms', 'share'],
        rows: slowest.map(({ node, type, ms, share }) => [tail(node), type, digits(ms), percent(share)]),
      }),
    ]),
    ...comparison('Against the other model, in turns', against),
    ...comparison('Against the baseline', baseline),
    ...titled('Recommended', recommendationLines(report)),
    ...titled(
      'Gates',
      gates.map(({ name, subject, passed, detail }) => {
        const mark = passed ? pc.green('✓') : pc.red('✗');
        return `${mark} ${name}: ${passed ? detail : pc.red(detail)}${pc.dim(`  ${subject}`)}`;
      }),
    ),
  ].join('\n');
}

function comparison(title: string, comparisons: BenchReport['against']): string[] {
  if (comparisons.length === 0) return [];
  const { head, rows } = comparisonTable(comparisons);
  // Two ids side by side are wider than a terminal.
  return [
    '',
    pc.bold(title),
    ...rows.map(([id, reference]) => `  ${id!} ${pc.dim('against')} ${reference!}`),
    table({ head: head.slice(2), rows: rows.map((row) => row.slice(2)) }),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', pc.bold(title), ...lines.map((line) => `  ${line}`)];
}

function table({ head, rows }: TextTable): string {
  return numberTable(head, rows);
}

function tail(name: string): string {
  return name.length <= NODE_WIDTH ? name : `…${name.slice(1 - NODE_WIDTH)}`;
}
