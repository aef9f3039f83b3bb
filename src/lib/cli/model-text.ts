import pc from 'picocolors';
import type { ShownModel } from '../models/result.js';
import { plainTable } from './table.js';

/** A model's manifest for people. */
export function modelText({ folder, manifest, thresholds }: ShownModel): string {
  const { name, version, description, architecture, licence, variants, provenance, limits, testData } =
    manifest;
  const { checkpoint, torch, date } = provenance ?? {};
  const facts: [label: string, value: string | undefined][] = [
    ['architecture', architecture],
    ['licence', licence],
    ['checkpoint', checkpoint && `${checkpoint.name} (sha256 ${checkpoint.sha256.slice(0, 12)}…)`],
    ['made', [date, torch && `with torch ${torch}`].filter(Boolean).join(' ')],
    ['folder', folder],
  ];
  const files = variants.map(({ file, inputSize, precision, bytes }, index) => {
    const { score, mask, temperature } = thresholds[index]!;
    const megabytes = `${(bytes / 1e6).toFixed(1)} MB`;
    return [
      file,
      `${inputSize}`,
      precision,
      megabytes,
      score.toFixed(3),
      mask.toFixed(3),
      temperature.toFixed(2),
    ];
  });
  return [
    `${pc.bold(name)} ${version}`,
    ...(description === undefined ? [] : [description]),
    '',
    plainTable(
      [],
      facts.flatMap(([label, value]) => (value ? [[pc.dim(label), value]] : [])),
    ),
    '',
    plainTable(['file', 'size', 'precision', 'bytes', 'score >', 'mask >', 'temperature'], files),
    ...(testData === undefined ? [] : ['', `${pc.bold('Test photos')}: ${testData}.`]),
    ...(limits === undefined ? [] : ['', pc.bold('Limits'), ...limits.map((limit) => `- ${limit}`)]),
  ].join('\n');
}
