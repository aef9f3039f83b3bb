import { inputText } from '../text/input-text.js';
import pc from 'picocolors';
import { VERDICT_WORDS } from '../core/verdict.js';
import { OUTPUT_KINDS } from '../image/output-kinds.js';
import type { CopyFinding } from '../predict/evidence/copies-schema.js';
import { worthInShort } from '../predict/worth.js';
import { percent } from '../text/numbers.js';
import {
  isFailed,
  type FailedInput,
  type PredictResult,
  type PredictSummary,
  type Prediction,
} from '../predict/result.js';

/** One line an image, for runs over many. */
export function predictionLine(result: PredictResult): string {
  if (isFailed(result)) return `${pc.yellow('failed     ')}     –        –  ${describeFailure(result)}`;
  const { image, score, tamperedFraction, regions, regionCount = regions.length } = result;
  const where = regionCount > 0 ? pc.dim(`  ${count(regionCount, 'region')}`) : '';
  const unread = result.unseen ? pc.yellow(`  ${count(result.unseen.length, 'picture')} not read`) : '';
  return `${verdict(result, 11)}  ${score.toFixed(3)}  ${percent(tamperedFraction).padStart(7)}  ${image}${where}${unread}`;
}

/** What failed, and why; most messages name the file themselves. */
export function describeFailure({ image, error }: FailedInput): string {
  return error.message.includes(image) ? error.message : `${image}: ${error.message}`;
}

export const PREDICTION_HEADER = pc.dim('verdict      score     area  image');

/** A paragraph about the one image that was asked for. */
export function predictionParagraph(result: Prediction): string {
  const { image, score, scoreThreshold, tamperedFraction, regions, outputs, model, timingsMs } = result;
  const { regionCount = regions.length } = result;
  const lines = [
    `${image}: ${pc.bold(verdict(result))}, score ${score.toFixed(3)} (threshold ${scoreThreshold.toFixed(3)})`,
    `  ${percent(tamperedFraction)} of the image is marked${regionCount > 0 ? `, in ${count(regionCount, 'region')}:` : ''}`,
    ...regions
      .slice(0, SHOWN_REGIONS)
      .map(
        ({ x, y, width, height, meanProbability }) =>
          `    ${width} × ${height} px at (${x}, ${y}), mean probability ${meanProbability.toFixed(2)}`,
      ),
  ];
  if (regionCount > SHOWN_REGIONS)
    lines.push(`    and ${regionCount - SHOWN_REGIONS} more (--json lists them)`);
  lines.push(...copiedPlaces(result));
  lines.push(`  ${VERDICT_WORDS[result.verdict].meaning}`);
  if (result.tested)
    lines.push(...worthInShort(result.tested, model.name).map((sentence) => `  ${sentence}`));
  lines.push(...result.warnings.map((warning) => `  ${pc.yellow('warning')}: ${warning}`));
  for (const [kind, file] of Object.entries(outputs)) lines.push(`  ${kind.padEnd(11)} ${file}`);
  lines.push(
    pc.dim(`  ${model.name} ${model.version} at ${inputText(model)}, ${timingsMs.total.toFixed(0)} ms`),
  );
  return lines.join('\n');
}

/** What was copied from where: evidence that a person can check with their own eyes. */
function copiedPlaces(result: Prediction): string[] {
  const copies = (result as { copies?: CopyFinding[] }).copies ?? [];
  return copies.slice(0, SHOWN_REGIONS).map(({ from, to, directionKnown, rotation, scale }) => {
    const turned = Math.abs(rotation) >= 1 ? `, turned by ${rotation.toFixed(0)}°` : '';
    const scaled = Math.abs(scale - 1) >= 0.02 ? `, scaled by ${scale.toFixed(2)}` : '';
    const places = `(${from.x}, ${from.y}) ${directionKnown ? 'to' : 'and'} (${to.x}, ${to.y})`;
    return directionKnown
      ? `  copied: ${to.width} × ${to.height} px from ${places}${turned}${scaled}`
      : `  the same twice: ${to.width} × ${to.height} px at ${places}${turned}${scaled}; which is the copy cannot be told`;
  });
}

/** What is said once below many results, where test photos tell what scores are worth. */
export function worthNote({ model: { name } }: Prediction): string {
  return pc.dim(
    `A score is evidence and no proof: ofx models show ${name} --card says how often such scores are wrong, and what destroys traces.`,
  );
}

export function summaryLine({
  inputs,
  manipulated,
  suspicious,
  noFinding,
  failed,
  unseenPictures,
  resumed,
  seconds,
}: PredictSummary): string {
  const parts = [`${manipulated} manipulated`, `${suspicious} suspicious`, `${noFinding} without a finding`];
  if (failed > 0) parts.push(pc.yellow(`${failed} failed`));
  if (unseenPictures) parts.push(pc.yellow(`${count(unseenPictures, 'picture')} in documents not read`));
  if (resumed > 0) parts.push(`${resumed} resumed from an earlier run`);
  return `${count(inputs, 'image')}: ${parts.join(', ')} (${seconds.toFixed(1)} s)`;
}

/** The columns of `--format csv`, flat, so that a spreadsheet can read them. */
export const PREDICTION_COLUMNS = [
  'image',
  'width',
  'height',
  'verdict',
  'tampered',
  'score',
  'scoreThreshold',
  'maskThreshold',
  'tamperedFraction',
  'regions',
  ...OUTPUT_KINDS,
  'model',
  'modelVersion',
  'modelSha256',
  'evidence',
  'sha256',
  'bytes',
  'examinedAt',
  'software',
  'totalMs',
  'warnings',
  'errorCode',
  'errorMessage',
] as const;

export function predictionRow(
  result: PredictResult,
): Partial<Record<(typeof PREDICTION_COLUMNS)[number], unknown>> {
  if (isFailed(result)) {
    return { image: result.image, errorCode: result.error.code, errorMessage: result.error.message };
  }
  return {
    ...result,
    tampered: String(result.tampered),
    regions: result.regionCount ?? result.regions.length,
    ...result.outputs,
    model: result.model.name,
    modelVersion: result.model.version,
    modelSha256: result.model.sha256,
    evidence: Object.entries(result.evidence)
      .map(([name, { score }]) => `${name}=${score}`)
      .join(' '),
    software: `${result.software.name} ${result.software.version} (build ${result.software.build})`,
    totalMs: result.timingsMs.total.toFixed(1),
    warnings: result.warnings.join(' '),
  };
}

const SHOWN_REGIONS = 5;

/** Padded before it is coloured: a terminal's colours take characters, but no room. No green: no verdict clears an image. */
function verdict({ verdict }: Prediction, width = 0): string {
  const title = VERDICT_WORDS[verdict].title;
  if (verdict === 'manipulated') return pc.red(title.toUpperCase().padEnd(width));
  return (verdict === 'suspicious' ? pc.yellow : String)(title.toLowerCase().padEnd(width));
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
