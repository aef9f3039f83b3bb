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
  const lines = variants.map(({ file, inputSize, bytes }) => {
    const { map, score, flippedPixels, pixels } = parity.variants.find(
      (variant) => variant.inputSize === inputSize,
    )!;
    return (
      `  ${file} (${(bytes / 1e6).toFixed(1)} MB): largest difference from PyTorch ${map.max.toExponential(1)} in the map, ` +
      `${score.max.toExponential(1)} in the score; ${flippedPixels} of ${pixels} mask pixels flip`
    );
  });
  return [
    `${architecture}, ${(parameters / 1e6).toFixed(1)} million parameters, in ${seconds.toFixed(0)} s:`,
    ...lines,
    `Try it: ofx predict photo.jpg --model ${folder}`,
  ].join('\n');
}
