import { Analyser } from '../predict/analyse.js';
import type { Prediction } from '../predict/result.js';
import { answerTasks, workerData } from '../workers/tasks.js';
import type { Row } from './row.js';
import type { FetchedImage, Scored } from './scorer.js';
import type { ScoringWorkerData } from './scoring-pool.js';

/** A process that looks at one image at a time, from its bytes to its row. */
const { model, size, threads, options, masks } = (await workerData()) as ScoringWorkerData;

const ONE_PIXEL_GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const opened = Analyser.open(model, { size, threads, concurrency: 1 });

answerTasks(
  score,
  // The first image loads the decoder, which would count as its own time.
  opened.then(async (analyser) => analyser.analyse('warm-up', ONE_PIXEL_GIF, options)),
);

async function score({ key, bytes }: FetchedImage): Promise<Scored> {
  const analyser = await opened;
  const { prediction, files } = await analyser.analyse(key, bytes, {
    ...options,
    ...(masks !== 'none' && { outputs: { mask: 'png' } }),
  });
  const row = rowOf(prediction);
  return { row, mask: masks === 'all' || row.verdict === 'manipulated' ? files.mask : undefined };
}

function rowOf(prediction: Prediction): Partial<Row> {
  const {
    width,
    height,
    score,
    tamperedFraction,
    regions,
    warnings,
    evidence,
    verdict,
    sha256,
    bytes,
    timingsMs,
    windows,
    regionCount,
    unseen,
  } = prediction;
  return {
    verdict,
    score,
    width,
    height,
    tamperedFraction,
    regions: JSON.stringify(regions),
    details: JSON.stringify({ evidence, warnings, windows, regionCount, unseen }),
    sha256,
    bytes,
    milliseconds: timingsMs.total,
  };
}
