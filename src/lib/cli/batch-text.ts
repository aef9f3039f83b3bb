import pc from 'picocolors';
import type { BatchCollect, BatchPlan, BatchStatus, BatchSubmit, BatchWork } from '../batch/result.js';
import { intervalText } from '../text/numbers.js';
import { counted } from '../text/plural.js';
import { formatSeconds } from './progress.js';

export function planText({ run, images, shards, duplicates, existed }: BatchPlan): string {
  return [
    `${existed ? 'Was planned before' : 'Planned'}: ${counted(images, 'image')} in ${counted(shards, 'shard')}, ${run}`,
    ...(duplicates > 0
      ? [`${counted(duplicates, 'input')} named before: each image is looked at once.`]
      : []),
  ].join('\n');
}

export function submitText({ queue, waitingList, added, known, finished }: BatchSubmit): string {
  return [
    `${counted(added, 'shard')} submitted to ${queue}${waitingList === null ? '' : ` (list ${waitingList})`}`,
    ...(known > 0 ? [`${counted(known, 'shard')} in the queue already`] : []),
    ...(finished > 0 ? [`${counted(finished, 'shard')} done before`] : []),
  ].join('\n');
}

export function workText({ shards, images, errors, seconds, missing }: BatchWork): string {
  const rate = seconds > 0 && images > 0 ? `, ${(images / seconds).toFixed(1)}/s` : '';
  return [
    `${counted(shards.published, 'shard')} done, ${counted(images, 'image')}${rate}${tallyText(errors, '; failed: ')}`,
    ...(shards.already > 0 ? [`${counted(shards.already, 'shard')} published by others first`] : []),
    ...(missing > 0 ? [`${counted(missing, 'shard')} of the run still to do`] : []),
  ].join('\n');
}

export function collectText({
  images,
  verdicts,
  failed,
  errors,
  output,
  processors,
  retry,
}: BatchCollect): string {
  const types = Object.keys(processors).length;
  return [
    `${counted(images, 'image')}: ${tallyText({ ...verdicts, ...(failed > 0 && { failed }) }) || 'none'}`,
    ...(failed > 0 ? [`Failed by code: ${tallyText(errors)}`] : []),
    ...(types > 1 ? [`Scored on ${types} types of processors: last digits may differ between them.`] : []),
    `Results: ${output}`,
    ...(retry ? [retryText(retry)] : []),
  ].join('\n');
}

function retryText({ run, images }: NonNullable<BatchCollect['retry']>): string {
  return images === 0
    ? 'No image failed for a reason that may have passed: no other run was planned.'
    : `Planned ${counted(images, 'image')} again: ofx batch work ${run}`;
}

/** Cells of the bar of a status. */
const BAR = 30;

export function statusText(status: BatchStatus): string {
  const { run, images, imagesDone, shards, shardsDone, verdicts, errors, imagesPerSecond, secondsLeft } =
    status;
  const { active, oldestActive, queue } = status;
  const share = imagesDone / images;
  const full = Math.floor(share * BAR);
  return [
    `${pc.bold(run)}: ${imagesDone} of ${counted(images, 'image')} (${(100 * share).toFixed(1)} %), ${shardsDone} of ${counted(shards, 'shard')}`,
    `  ${'█'.repeat(full)}${'░'.repeat(BAR - full)}`,
    ...(Object.keys(verdicts).length > 0 ? [`  ${tallyText(verdicts)}`] : []),
    ...(Object.keys(errors).length > 0 ? [`  failed: ${tallyText(errors)}`] : []),
    ...(shardsDone < shards ? [`  ${speed(imagesPerSecond, secondsLeft)}`] : []),
    ...(oldestActive
      ? [
          `  ${counted(active, 'shard')} under way, the oldest is ${oldestActive.shard} on ${oldestActive.host}, for ${formatSeconds(oldestActive.seconds)}`,
        ]
      : []),
    ...(queue ? [`  queue: ${tallyText({ ...queue })}`] : []),
  ].join('\n');
}

function speed(perSecond: number | null, left: BatchStatus['secondsLeft']): string {
  if (perSecond === null) return 'nothing was published in the last ten minutes';
  const rate = `${perSecond.toPrecision(3)} images a second`;
  if (!left) return rate;
  return `${rate}, ${formatSeconds(left.expected)} left (${intervalText(left, formatSeconds)})`;
}

function tallyText(tally: Readonly<Record<string, number>>, before = ''): string {
  const texts = Object.entries(tally).map(([name, count]) => `${count} ${name}`);
  return texts.length > 0 ? before + texts.join(', ') : '';
}
