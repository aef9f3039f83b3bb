import { Analyser } from '../predict/analyse.js';
import { answerTasks, workerData } from '../workers/tasks.js';
import type { AnalysisReply, AnalysisTask, AnalysisWorkerData } from './analysis-pool.js';
import type { NetworkAddress, WantedNetwork } from './networks.js';

/**
 * A process that works on one image at a time, from its bytes to the result. It keeps the server's own network open, and
 * beside it the last other one that was asked for.
 */
const { own, thresholds, given, threads, evidence } = (await workerData()) as AnalysisWorkerData;

interface Opened {
  key: string;
  analyser: Analyser;
}

const ONE_PIXEL_GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const first = open(own);
let other: Opened | undefined;

answerTasks(handle, first.then(warmUp));

async function handle(task: AnalysisTask): Promise<AnalysisReply> {
  const { analyser } = await opened(task.kind === 'describe' ? 'own' : task.network);
  if (task.kind === 'describe') {
    return {
      kind: 'description',
      network: analyser.network,
      thresholds: await analyser.thresholds({}),
    };
  }
  const { name, bytes, options } = task;
  return { kind: 'analysis', ...(await analyser.analyse(name, bytes, options)) };
}

/** The first image loads the decoder and makes the network allocate its memory: better before a visitor waits for it. */
async function warmUp({ analyser }: Opened): Promise<void> {
  await analyser.analyse('warm-up', ONE_PIXEL_GIF, { minArea: 0, outputs: { mask: 'png' }, thresholds });
}

async function opened(address: WantedNetwork): Promise<Opened> {
  if (address === 'own') return first;
  const key = keyOf(address);
  if (other?.key === key) return other;
  const previous = other;
  other = undefined;
  await previous?.analyser.close();
  other = await open(address);
  return other;
}

async function open(address: NetworkAddress): Promise<Opened> {
  const { reference, otherwise, size, precision } = address;
  const key = keyOf(address);
  // What somebody names holds for the server's own network.
  const options = {
    ...{ size, precision, threads, concurrency: 1, evidence },
    thresholds: address === own ? given : undefined,
  };
  try {
    return { key, analyser: await Analyser.open(reference, options) };
  } catch (error) {
    if (!otherwise) throw error;
    return { key, analyser: await Analyser.open(otherwise, options) };
  }
}

function keyOf({ reference, size }: NetworkAddress): string {
  if (reference.kind === 'onnx') return JSON.stringify([reference.file, size]);
  const { folder, manifest } = reference.model;
  return JSON.stringify([folder, manifest.variants.map(({ sha256 }) => sha256), size]);
}
