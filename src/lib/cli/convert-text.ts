import type { ConvertReport } from '../convert/result.js';

/** The report for people. */
export function convertText({
  folder,
  architecture,
  parameters,
  variants,
  parity,
  seconds,
}: ConvertReport): string {
  const lines = variants.map(({ file, inputSize, bytes, precision, difference, quantisation, accuracy }) => {
    if (precision !== 'fp32' && difference) {
      const nodes = quantisation
        ? `${quantisation.int8Nodes} of ${quantisation.candidates} nodes in int8; `
        : '';
      return (
        `  ${file} (${(bytes / 1e6).toFixed(1)} MB): ${nodes}mean difference from fp32 ` +
        `${difference.map.mean.toExponential(1)} in the map, ${difference.score.mean.toExponential(1)} in the score; ` +
        `${(100 * difference.flippedPixels).toFixed(2)} % of mask pixels flip` +
        (typeof accuracy === 'object' ? '' : '; accuracy not measured (--validate DATASET)')
      );
    }
    const { map, score, pytorch, flippedPixels, pixels } = parity.variants.find(
      (variant) => variant.inputSize === inputSize,
    )!;
    return (
      `  ${file} (${(bytes / 1e6).toFixed(1)} MB): largest difference from PyTorch in float64 ${map.max.toExponential(1)} in the map, ` +
      `${score.max.toExponential(1)} in the score (PyTorch in float32: ${pytorch.map.max.toExponential(1)}, ` +
      `${pytorch.score.max.toExponential(1)}); ${flippedPixels} of ${pixels} mask pixels flip`
    );
  });
  const weights = [...new Set(variants.flatMap(({ externalData = [] }) => externalData))];
  return [
    `${architecture}, ${(parameters / 1e6).toFixed(1)} million parameters, in ${seconds.toFixed(0)} s:`,
    ...lines,
    ...(weights.length > 0 && variants.length > 1
      ? [`  their weights are in ${weights.join(', ')}, once for all`]
      : []),
    `Try it: ofx predict photo.jpg --model ${folder}`,
  ].join('\n');
}
