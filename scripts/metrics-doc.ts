import { format } from 'prettier';
import { METRIC_DEFINITIONS } from '../src/lib/metrics/definitions.js';

const BETTER = { higher: '↑', lower: '↓', none: '' } as const;

/** `docs/metrics.md` with its table of all numbers made again from the definitions that the code uses. */
export async function metricsDoc(document: string): Promise<string> {
  const rows = Object.entries(METRIC_DEFINITIONS).map(
    ([path, { definition, better }]) => `| \`${path}\` | ${BETTER[better]} | ${definition} |`,
  );
  const table = ['| path | better | what it is |', '|---|---|---|', ...rows].join('\n');
  const renewed = document.replace(
    /(<!-- numbers: .*? -->\n)[^]*?(<!-- \/numbers -->)/,
    `$1\n${table}\n\n$2`,
  );
  return format(renewed, { parser: 'markdown', printWidth: 110 });
}
