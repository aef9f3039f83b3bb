import { format } from 'prettier';
import type { TObject } from '@sinclair/typebox';
import { NumberRowSchema } from '../src/lib/run/files.js';
import { ImageRowSchema } from '../src/lib/run/rows.js';
import { METRIC_DEFINITIONS } from '../src/lib/metrics/definitions.js';
import { code, markdownTable } from '../src/lib/text/markdown.js';

const BETTER = { higher: '↑', lower: '↓', none: '' } as const;

/** `docs/metrics.md` with its table of all numbers made again from the definitions that the code uses. */
export async function metricsDoc(document: string): Promise<string> {
  const table = markdownTable(
    ['path', 'better', 'what it is'],
    Object.entries(METRIC_DEFINITIONS).map(([path, { definition, better }]) => [
      code(path),
      BETTER[better],
      definition,
    ]),
  );
  let renewed = document.replace(/(<!-- numbers: .*? -->\n)[^]*?(<!-- \/numbers -->)/, `$1\n${table}\n\n$2`);
  const columns = (schema: TObject): string =>
    markdownTable(
      ['column', 'what it is'],
      Object.entries(schema.properties).map(([name, { description = '' }]) => [
        code(name === 'logits' ? 'logit.NAME' : name),
        description,
      ]),
    );
  for (const [name, schema] of [
    ['row-columns', ImageRowSchema],
    ['number-columns', NumberRowSchema],
  ] as const)
    renewed = renewed.replace(
      new RegExp(`(<!-- ${name}: .*? -->\\n)[^]*?(<!-- /${name} -->)`),
      (_, head: string, end: string) => `${head}\n${columns(schema)}\n\n${end}`,
    );
  return format(renewed, { parser: 'markdown', printWidth: 110 });
}
