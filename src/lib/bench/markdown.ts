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
} from './describe.js';
import { gateTable, gateVerdict } from '../gates/markdown.js';
import { code, markdownDetails, markdownList, markdownTable } from '../text/markdown.js';
import { percent } from '../text/numbers.js';
import { digits } from '../text/units.js';
import type { BenchReport } from './result.js';

/** A report for a pull request or a job's summary: the verdict first, the details folded away. */
export function benchMarkdown(report: BenchReport): string {
  const { configurations, gates, warnings, against, baseline, profiles, machine, date } = report;
  const networks = [...new Set(configurations.map(networkLabel))];
  const verdict = gateVerdict(gates) || 'no gates';
  return (
    [
      `## Benchmark: ${verdict}`,
      `${networks.join(', ')}; ${workLine(report)}.`,
      table(overviewTable(configurations)),
      ...(configurations.some(({ settled }) => settled === false) ? ['\\* did not settle'] : []),
      ...section('Against the other model, measured in turns', against.length > 0, () =>
        table(comparisonTable(against)),
      ),
      ...section('Against the baseline', baseline.length > 0, () => table(comparisonTable(baseline))),
      ...section('Gates', gates.length > 0, () => gateTable(gates, 'configuration')),
      ...section('Recommended', report.recommendations.length > 0, () =>
        markdownList(recommendationLines(report)),
      ),
      ...section('Warnings', warnings.length > 0, () => markdownList(warnings)),
      ...section('Cold start', report.coldStarts.length > 0, () => markdownList(coldStartLines(report))),
      '### Steps of one image',
      ...configurations.map((configuration) =>
        markdownDetails(configuration.id, table(stepsTable(configuration))),
      ),
      ...profiles.map(({ network, operators, slowest, runs }) =>
        markdownDetails(
          `Time by operator: ${network.name} ${network.inputSize} ${network.precision}, mean of ${runs} inferences`,
          [
            table({
              head: ['operator', 'nodes', 'ms', 'share'],
              rows: operators.map(({ type, nodes, ms, share }) => [
                type,
                String(nodes),
                digits(ms),
                percent(share),
              ]),
            }),
            table({
              head: ['slowest nodes', 'operator', 'ms', 'share'],
              rows: slowest.map(({ node, type, ms, share }) => [
                code(node),
                type,
                digits(ms),
                percent(share),
              ]),
            }),
          ].join('\n\n'),
        ),
      ),
      `Measured ${date.slice(0, 10)} on ${machineLine(machine)}; fingerprint ${code(machine.fingerprint)}.`,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function section(title: string, shown: boolean, body: () => string): string[] {
  return shown ? [`### ${title}`, body()] : [];
}

function table({ head, rows }: TextTable): string {
  return markdownTable(head, rows);
}
