import pc from 'picocolors';
import type { Inspection } from '../python/inspection.js';
import { counted } from '../text/plural.js';
import { plainTable } from './table.js';

type Network = Inspection['networks'][number];

/** Names of tensors that are told; `--json` has all. */
const LONG_LIST = 4;

/** What a checkpoint is, for people. */
export function inspectionText(found: Inspection): string {
  const { file, convertible, problem, networks, input, epoch, metadata } = found;
  const facts: [label: string, value: string | undefined][] = [
    ['file', `${file.format}, ${megabytes(file.bytes)}, sha256 ${file.sha256}`],
    ['epoch', epoch === null ? undefined : String(epoch)],
    ['input', input ? inputText(input) : undefined],
    ['metadata', list(Object.entries(metadata).map(([key, value]) => `${key} ${value}`))],
    ['configuration', list(Object.keys(found.configuration), 'in ', ' (--json has it)')],
    [
      'weights',
      networks.length > 0
        ? undefined
        : list(found.entries.filter(({ kind }) => kind === 'weights').map((entry) => entryText(entry))),
    ],
    ['left out', list(found.entries.flatMap((entry) => leftOut(entry)))],
  ];
  return [
    pc.bold(file.name),
    ...networks.flatMap((network) => ['', ...networkLines(network)]),
    '',
    table(facts),
    ...metricLines(found),
    '',
    convertible
      ? pc.green('It can be converted: ofx convert … --out MODEL')
      : pc.yellow(`It cannot be converted. ${problem ?? ''}`),
    ...(found.suggestion === null ? [] : [found.suggestion]),
  ].join('\n');
}

function networkLines(network: Network): string[] {
  const { name, architecture, parameters, types, configuration, chosen, problem, averaged } = network;
  const title = `${architecture ?? 'network'}${name === '' ? '' : ` under ${name}`}`;
  const notes = [...(averaged ? ['an average'] : []), ...(chosen ? ['taken'] : [])];
  const values = Object.entries(types).map(([type, count]) => `${type} (${count.toLocaleString('en')})`);
  const wrappers = network.wrappers.map(({ name: part, by }) => (by === null ? part : `${part} (${by})`));
  const sizes = Object.entries(configuration ?? {}).map(([key, value]) => [words(key), said(value)] as const);
  return [
    `${pc.bold(title)}${notes.length > 0 ? ` – ${notes.join(', ')}` : ''}`,
    table([
      [
        'parameters',
        parameters === null ? undefined : `${parameters.toLocaleString('en')} in ${megabytes(network.bytes)}`,
      ],
      ['values', list(values)],
      ...sizes,
      ['wrapped in', list(wrappers)],
      ['missing', names(network.missing)],
      ['too many', names(network.foreign)],
      [
        'other shapes',
        list(
          network.misshapen.map(
            ({ name: key, found, needed }) => `${key} ${shape(found)} for ${shape(needed)}`,
          ),
        ),
      ],
      ['beside it', names(network.leftOut)],
      ['not needed', names(network.notNeeded)],
      ['problem', problem ?? undefined],
    ]),
  ];
}

function inputText({ shapes, runs, refused, trainedAt }: NonNullable<Inspection['input']>): string {
  return [
    shapes === 'free' ? 'squares, or photos in their own shape (--fit free)' : 'squares',
    runs.length > 0 ? `runs at ${runs.join(', ')}` : 'runs at no size that was tried',
    ...(refused.length > 0 ? [`not at ${refused.join(', ')}`] : []),
    ...(trainedAt === null ? [] : [`trained at ${trainedAt}`]),
  ].join('; ');
}

/** The last value of each, and the best two where there is a history. */
function metricLines({ metrics }: Inspection): string[] {
  if (metrics.length === 0) return [];
  const rows = metrics.map(({ name, count, values }) => {
    const numbers = values.filter((value) => value !== null);
    const last = values.at(-1) ?? null;
    const spread = count > 1 && numbers.length > 0;
    return [
      name,
      String(count),
      last === null ? 'not a number' : number(last),
      spread ? number(Math.min(...numbers)) : '',
      spread ? number(Math.max(...numbers)) : '',
    ];
  });
  return ['', plainTable(['metric', 'values', 'last', 'lowest', 'highest'], rows)];
}

/** What a conversion does not read. */
function leftOut(entry: Inspection['entries'][number]): string[] {
  if (['weights', 'value', 'configuration', 'metrics'].includes(entry.kind)) return [];
  return [entryText(entry)];
}

function entryText({ name, kind, tensors, bytes }: Inspection['entries'][number]): string {
  const size = tensors === 0 ? '' : `, ${counted(tensors, 'tensor')}, ${megabytes(bytes)}`;
  return `${name === '' ? 'the file itself' : name} (${kind}${size})`;
}

function table(rows: readonly (readonly [string, string | undefined])[]): string {
  return plainTable(
    [],
    rows.flatMap(([label, value]) => (value ? [[pc.dim(label), value]] : [])),
  ).replaceAll(/^/gm, '  ');
}

function list(items: readonly string[], before = '', after = ''): string | undefined {
  return items.length === 0 ? undefined : `${before}${items.join(', ')}${after}`;
}

function names(all: readonly string[]): string | undefined {
  const more = all.length - LONG_LIST;
  return list(
    all.slice(0, LONG_LIST),
    all.length > 1 ? `${all.length}: ` : '',
    more > 0 ? `, … (${more} more)` : '',
  );
}

function shape(sides: readonly number[]): string {
  return sides.join(' × ') || 'one number';
}

function words(key: string): string {
  return key.replaceAll('_', ' ');
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
