import pc from 'picocolors';
import type { ShownModel } from '../models/result.js';
import type { Latency } from '../model/latency-file.js';
import type { Variant } from '../model/manifest.js';
import { signed } from '../text/numbers.js';
import { counted } from '../text/plural.js';
import { plainTable } from './table.js';

const NOT_MEASURED = 'not measured';

/** A model's manifest for people. */
export function modelText({ folder, manifest, thresholds, latency }: ShownModel): string {
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
  const files = variants.map((variant, index) => {
    const { file, inputSize, precision, bytes } = variant;
    const { score, mask, temperature, evidence, origin } = thresholds[index]!;
    const megabytes = `${(bytes / 1e6).toFixed(1)} MB`;
    return [
      file,
      `${inputSize}`,
      precision,
      megabytes,
      latencyText(variant, latency),
      accuracyText(variant),
      score.toFixed(3),
      mask.toFixed(3),
      temperature.toFixed(2),
      evidence.join(' + '),
      origin,
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
    plainTable(
      [
        'file',
        'size',
        'precision',
        'bytes',
        'time',
        'accuracy',
        'score >',
        'mask >',
        'temperature',
        'by',
        'thresholds from',
      ],
      files,
    ),
    ...(latency ? ['', measuredOn(latency)] : []),
    ...(testData === undefined ? [] : ['', `${pc.bold('Test photos')}: ${testData}.`]),
    ...(limits === undefined ? [] : ['', pc.bold('Limits'), ...limits.map((limit) => `- ${limit}`)]),
  ].join('\n');
}

/** Of an inference, over that of float32; known only of the network that was measured. */
function latencyText({ file, sha256, precision }: Variant, latency: Latency | undefined): string {
  const measured = latency?.variants.find((each) => each.file === file && each.sha256 === sha256);
  if (measured) return measured.ratio.toFixed(2);
  return precision === 'fp32' ? '1' : NOT_MEASURED;
}

/** What a precision costs, where it was held against float32. */
function accuracyText({ precision, accuracy }: Variant): string {
  if (precision === 'fp32') return 'the reference';
  if (typeof accuracy !== 'object') return NOT_MEASURED;
  const { metrics, dataset, accepted } = accuracy;
  const change = (name: 'pixel.macro.f1' | 'image.auc'): string => {
    const { difference } = metrics[name];
    return difference === null ? 'n/a' : signed(difference, 3);
  };
  return (
    `F1 ${change('pixel.macro.f1')}, AUC ${change('image.auc')} on ${dataset.name} (${counted(dataset.images, 'image')})` +
    (accepted ? '' : ', kept by --force')
  );
}

function measuredOn({ processor, int8, threads }: Latency): string {
  const support = int8 === null ? '' : int8 === 'none' ? ', no AVX2' : `, ${int8}`;
  return `${pc.bold('time')}: of an inference, over that of fp32, on ${processor}${support}, ${counted(threads, 'thread')}`;
}
