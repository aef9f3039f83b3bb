/** Has photos examined: several at once, as many as the server works on, and waits where it has to. */
import { places, predict, Problem, sample } from './api.js';
import { looksCloser } from './closer.js';
import { change, entries, fileOf, keepFile, keepPictures } from './session.js';

/** A photo for which the server had no time, or lost its worker, is asked for so often. */
const MOST_TRIES = 3;
const WORTH_ANOTHER_TRY = ['DEADLINE_EXCEEDED', 'WORKER_LOST'];

/** How many photos the time left is told from, and from how few on. */
const RECENT = 40;
const FEWEST = 6;

let running;

/** Whether photos are being examined. */
export function isWorking() {
  return running !== undefined;
}

export function stop() {
  running?.controller.abort();
  running = undefined;
}

/** Has a photo examined that was before. */
export function again(entry) {
  change(entry, { result: undefined, problem: undefined });
}

export function waiting() {
  return entries.filter(({ result, problem }) => !result && !problem);
}

/**
 * Examines what has neither result nor problem yet; what is added meanwhile, too.
 *
 * @param {object} events
 * @param {(entry: object) => void} events.onDone - with each that has its result or problem
 * @param {(seconds: number) => void} events.onWait - the server takes nothing for so long
 * @param {(entry: object) => boolean} events.isLone - whether somebody waits for this one alone: its problem is thrown
 * @returns {Promise<boolean>} whether all is done; false where it was stopped
 * @throws {Problem} what concerns all photos; `entry` is the one that met it
 */
export async function work({ onDone, onWait, isLone }) {
  stop();
  const controller = new AbortController();
  const run = { controller, taken: new Set(), until: 0 };
  running = run;
  const next = () => entries.find((one) => !one.result && !one.problem && !run.taken.has(one));
  const lane = async () => {
    for (let entry = next(); entry; entry = next()) {
      run.taken.add(entry);
      await examineInTurn(entry, run, { onWait, isLone });
      if (controller.signal.aborted) return;
      run.taken.delete(entry);
      noteDone();
      onDone(entry);
    }
  };
  try {
    // One more than are worked on, so that no worker waits for the next upload.
    const lanes = Math.min(waiting().length, (await places()) + 1);
    await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
    return running === run;
  } catch (error) {
    if (running !== run) return false;
    controller.abort();
    throw error;
  } finally {
    if (running === run) running = undefined;
  }
}

async function examineInTurn(entry, run, { onWait, isLone }) {
  const { signal } = run.controller;
  for (let tries = 1; ; tries++) {
    await pause(run.until - Date.now(), signal);
    if (signal.aborted) return;
    try {
      await examine(entry, {}, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      error.entry = entry;
      if (!(error instanceof Problem) || isLone(entry)) throw error;
      const { code, message, suggestion, retryAfter } = error;
      if (WORTH_ANOTHER_TRY.includes(code) && tries < MOST_TRIES) {
        run.until = Date.now() + 1000 * (retryAfter ?? 1);
      } else if (retryAfter && !WORTH_ANOTHER_TRY.includes(code)) {
        run.until = Math.max(run.until, Date.now() + 1000 * retryAfter);
        onWait(retryAfter);
      } else if (concernsAll(code)) {
        throw error;
      } else {
        change(entry, { problem: { code, message: withName(message, entry), suggestion } });
        return;
      }
    }
  }
}

/**
 * Has one photo examined.
 *
 * @param {{maskThreshold?: number}} question
 */
export async function examine(entry, question, signal) {
  if (entry.source && !(await fileOf(entry))) keepFile(entry, await sample(entry.source, { signal }));
  const file = await fileOf(entry);
  if (!file) throw gone(entry);
  const { result, pictures } = await predict(file, entry.path, {
    tile: looksCloser(entry),
    ...question,
    signal,
  }).catch(async (error) => {
    throw error.code !== 'UNREACHABLE' || (await canBeRead(file)) ? error : gone(entry);
  });
  signal?.throwIfAborted();
  await keepPictures(entry, pictures);
  change(entry, { result: { ...result, image: entry.path }, problem: undefined });
}

/** A file that was moved or changed since it was dropped fails in the browser, as a lost connection does. */
async function canBeRead(file) {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

function gone({ path }) {
  return new Problem({
    code: 'IMAGE_GONE',
    title: 'The photo is no longer here',
    detail: `${path} cannot be read: it was moved or changed since, or this browser had no room to keep it.`,
    suggestion: 'Drop it here again.',
  });
}

/** What every other photo would meet as well. */
const FOR_ALL = [
  'UNREACHABLE',
  'UNAUTHORISED',
  'FORBIDDEN',
  'STOPPING',
  'OVERLOADED',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'MODEL_CORRUPT',
  'MODEL_NOT_FOUND',
];

function concernsAll(code) {
  return FOR_ALL.includes(code);
}

/** The server takes no note of a file's name, and speaks of "the image". */
export function withName(detail, entry) {
  return detail.replace(/^The (image|upload)\b/, () => entry?.path ?? 'The photo');
}

let finished = [];

function noteDone() {
  finished.push(performance.now());
  finished = finished.slice(-RECENT);
}

/** @returns {string} about how long it takes until all is done; empty where that cannot be told yet */
export function timeLeft() {
  if (finished.length < FEWEST) return '';
  const each = (performance.now() - finished[0]) / finished.length;
  return duration((waiting().length * each) / 1000);
}

export function forgetPace() {
  finished = [];
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 50) return `about ${Math.max(5, 5 * Math.round(seconds / 5))} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} minute${minutes === 1 ? '' : 's'}`;
  return `about ${(seconds / 3600).toFixed(1)} hours`;
}

function pause(milliseconds, signal) {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
