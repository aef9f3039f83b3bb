import { Analyser } from '../predict/analyse.js';
import { answerTasks, workerData } from '../workers/tasks.js';
import type { AnalysisReply, AnalysisTask, AnalysisWorkerData } from './analysis-pool.js';
import type { NetworkAddress } from './networks.js';

/**
 * A process that works on one image at a time, from its bytes to the result. It keeps the server's own network open, and
 * beside it the last other one that was asked for.
 */
const { own, threads } = (await workerData()) as AnalysisWorkerData;

interface Opened {
  key: string;
  analyser: Analyser;
}

const ONE_PIXEL_GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const ownKey = keyOf(own);
const first = open(own);
let other: Opened | undefined;

answerTasks(handle, first.then(warmUp));

async function handle(task: AnalysisTask): Promise<AnalysisReply> {
  const { analyser } = await opened(task.network);
  if (task.kind === 'describe') {
    const { identity, notes } = analyser.network;
    return { kind: 'description', identity, notes };
  }
  const { name, bytes, options } = task;
  return { kind: 'analysis', ...(await analyser.analyse(name, bytes, options)) };
}

/** The first image loads the decoder and makes the network allocate its memory: better before a visitor waits for it. */
async function warmUp({ analyser }: Opened): Promise<void> {
  await analyser.analyse('warm-up', ONE_PIXEL_GIF, { minArea: 0, mask: true });
}

async function opened(address: NetworkAddress): Promise<Opened> {
  const key = keyOf(address);
  if (key === ownKey) return first;
  if (other?.key === key) return other;
  const previous = other;
  other = undefined;
  await previous?.analyser.close();
  other = await open(address);
  return other;
}

async function open(address: NetworkAddress): Promise<Opened> {
  const { reference, size } = address;
  const analyser = await Analyser.open(reference, { size, threads, concurrency: 1 });
  return { key: keyOf(address), analyser };
}

function keyOf({ reference, size }: NetworkAddress): string {
  return JSON.stringify([reference.kind === 'model' ? reference.model.folder : reference.file, size]);
}
