import { decimals, intervalText } from '../text/numbers.js';
import type { ConvertReport, PrecisionsReport } from '../convert/result.js';

type Variant = ConvertReport['variants'][number];

/** The report for people. */
export function convertText(report: ConvertReport): string {
  const { folder, architecture, parameters, variants, seconds } = report;
  return [
    `${architecture}, ${(parameters / 1e6).toFixed(1)} million parameters, in ${seconds.toFixed(0)} s:`,
    ...variants.map((variant) =>
      variant.precision === 'fp32' ? float32Line(variant, report) : precisionLine(variant, report.latency),
    ),
    ...weightsLines(variants),
    tryIt(folder),
  ].join('\n');
}

/** The same where more precisions were made of a model. */
export function precisionsText({ folder, name, variants, latency, seconds }: PrecisionsReport): string {
  return [
    `${name}, in ${seconds.toFixed(0)} s:`,
    ...variants.map((variant) =>
      variant.precision === 'fp32'
        ? `  ${variant.file} (${megabytes(variant)}): as it was`
        : precisionLine(variant, latency),
    ),
    ...weightsLines(variants),
    tryIt(folder),
  ].join('\n');
}

function float32Line(variant: Variant, { parity }: ConvertReport): string {
  const { map, score, pytorch, flippedPixels, pixels } = parity.variants.find(
    ({ inputSize }) => inputSize === variant.inputSize,
  )!;
  return (
    `  ${variant.file} (${megabytes(variant)}): largest difference from PyTorch in float64 ${map.max.toExponential(1)} in the map, ` +
    `${score.max.toExponential(1)} in the score (PyTorch in float32: ${pytorch.map.max.toExponential(1)}, ` +
    `${pytorch.score.max.toExponential(1)}); ${flippedPixels} of ${pixels} mask pixels flip`
  );
}

function precisionLine(variant: Variant, latency: ConvertReport['latency']): string {
  const { file, difference, quantisation, accuracy } = variant;
  const measured = latency?.variants.find((each) => each.file === file);
  return `  ${file} (${megabytes(variant)}): ${[
    ...(quantisation ? [`${quantisation.int8Nodes} of ${quantisation.candidates} nodes in int8`] : []),
    ...(measured
      ? [
          `takes ${decimals(measured.ratio, 2)} of fp32’s time (${intervalText(measured, (bound) => decimals(bound, 2))})`,
        ]
      : []),
    ...(difference
      ? [
          `mean difference from fp32 ${difference.map.mean.toExponential(1)} in the map, ` +
            `${difference.score.mean.toExponential(1)} in the score`,
          `${(100 * difference.flippedPixels).toFixed(2)} % of mask pixels flip`,
        ]
      : []),
    ...(typeof accuracy === 'object' ? [] : ['accuracy not measured (--validate DATASET)']),
  ].join('; ')}`;
}

function megabytes({ bytes }: Variant): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function weightsLines(variants: readonly Variant[]): string[] {
  const weights = [...new Set(variants.flatMap(({ externalData = [] }) => externalData))];
  return weights.length > 0 && variants.length > 1
    ? [`  their weights are in ${weights.join(', ')}, once for all`]
    : [];
}

function tryIt(folder: string): string {
  return `Try it: ofx predict photo.jpg --model ${folder}`;
}
