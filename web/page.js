/** Takes photos by drop, paste or choice, and shows what the server says about them. */
import { defaultModel, predict, Problem, sample, samples, useToken } from './api.js';
import { focusEntry, placeEntry, startList, summarise } from './list.js';
import { listed, showReport } from './result.js';
import { canShow, showOverlay, showPrediction } from './viewer.js';

const byId = (id) => document.getElementById(id);

/** Of several photos one is asked for so often, where the server has no place for it or no time. */
const MOST_TRIES = 3;

let model;
/** What was given together, one entry a photo; see list.js. */
let entries = [];
let current;
let opened;
let stopped = false;
let asking;
let countdown;

byId('file').addEventListener('change', ({ target }) => {
  void examine(...target.files);
  target.value = '';
});
for (const id of ['choose', 'another', 'others']) {
  byId(id).addEventListener('click', () => byId('file').click());
}
byId('to-list').addEventListener('click', () => {
  setState(stopped ? 'problem' : 'list');
  focusEntry(opened);
});
byId('retry').addEventListener('click', () => void work());
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(byId('token').value.trim());
  if (entries.length > 0) void work();
});

document.addEventListener('paste', ({ clipboardData }) => {
  void examine(...clipboardData.files);
});
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dragging', name === 'dragover');
    if (name === 'drop') void examine(...event.dataTransfer.files);
  });
}

void introduce();

async function introduce() {
  try {
    model = await defaultModel();
    byId('model').textContent = `${model.name} ${model.version}`;
    byId('model').hidden = false;
  } catch {
    // Without a token, or over the rate, the page still works: it says so when a photo comes.
  }
  try {
    const list = await samples();
    byId('sample-list').replaceChildren(...list.map(sampleButton));
    byId('samples').hidden = list.length === 0;
  } catch {
    byId('samples').hidden = true;
  }
}

function sampleButton(source) {
  const name = source.split('/').at(-1);
  const button = document.createElement('button');
  button.type = 'button';
  const image = new Image();
  image.src = source;
  image.alt = `Sample: ${name.replace(/\.\w+$/, '').replaceAll('-', ' ')}`;
  button.append(image);
  button.addEventListener('click', () => void take([{ file: { name }, source }]));
  const item = document.createElement('li');
  item.append(button);
  return item;
}

async function examine(...files) {
  if (files.length === 0) return;
  await take(files.map((file) => ({ file, address: URL.createObjectURL(file) })));
}

/** Takes these photos in place of those before. A sample is still on the server. */
async function take(photos) {
  for (const { address } of entries) URL.revokeObjectURL(address);
  entries = photos;
  startList(several() ? entries : [], open);
  await work();
}

/** Examines what has neither result nor problem yet, one photo after the other. */
async function work() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  clearInterval(countdown);
  byId('retry').disabled = false;
  byId('retry').textContent = 'Try again';
  stopped = false;
  setState(several() ? 'list' : 'busy');
  if (several()) byId('list-title').focus();
  try {
    for (const [index, entry] of entries.entries()) {
      if (entry.result || entry.problem) continue;
      current = entry.file;
      const place = several() ? ` (${index + 1} of ${entries.length})` : '';
      say(`Examining ${current.name || 'the photo'}${place} …`, 'working');
      await (several() ? examineInTurn(entry, signal) : examineEntry(entry, signal));
      if (signal.aborted) return;
    }
    if (!model) void introduce();
    say(several() ? summarise(entries) : '');
    if (!several()) open(entries[0]);
  } catch (error) {
    if (!signal.aborted) showProblem(error);
  }
}

async function examineEntry(entry, signal) {
  if (!entry.address) {
    entry.file = await sample(entry.source, { signal });
    entry.address = URL.createObjectURL(entry.file);
  }
  entry.shown = await canShow(entry.address);
  entry.result = await predict(entry.file, { overlay: !entry.shown, signal });
}

/** Waits for a busy server; a problem of this photo alone stands in its row, and the next has its turn. */
async function examineInTurn(entry, signal) {
  for (let tries = 1; !entry.result && !entry.problem; tries++) {
    try {
      await examineEntry(entry, signal);
    } catch (error) {
      if (error.retryAfter && tries < MOST_TRIES) {
        say(`The server has no place for ${error.retryAfter} s, then it goes on …`, 'working');
        await pause(error.retryAfter, signal);
      } else if (error instanceof Problem && !concernsAll(error)) {
        entry.problem = withName(error.message, entry.file);
      } else {
        throw error;
      }
    }
  }
  if (!signal.aborted) placeEntry(entry);
}

function concernsAll({ code, retryAfter }) {
  return ['UNAUTHORISED', 'UNREACHABLE'].includes(code) || (retryAfter && code !== 'DEADLINE_EXCEEDED');
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

function open(entry) {
  const { address, result, shown } = entry;
  opened = entry;
  if (shown) showPrediction(address, result, listed(result));
  else showOverlay(result, listed(result));
  showReport(result, model);
  setState('result');
  byId('back').hidden = !several();
  byId('verdict').focus({ preventScroll: true });
  byId('result').scrollIntoView({ block: 'start', behavior: 'smooth' });
}

function several() {
  return entries.length > 1;
}

/** @param {'working' | ''} kind */
function say(text, kind = '') {
  byId('status').textContent = text;
  byId('status').classList.toggle('working', kind === 'working');
}

function showProblem(error) {
  const known = error instanceof Problem;
  stopped = true;
  setState('problem');
  say('');
  byId('problem').dataset.code = known ? error.code : 'PAGE';
  byId('problem-title').textContent = known ? error.title : 'Something went wrong on this page';
  byId('problem-detail').textContent = withName(error.message, current);
  byId('problem-hint').textContent = known ? (error.suggestion ?? '') : '';
  const wantsToken = known && error.code === 'UNAUTHORISED';
  byId('token-form').hidden = !wantsToken;
  byId('retry').hidden = wantsToken || (known && /^(IMAGE|REQUEST)_/.test(error.code));
  if (wantsToken) {
    byId('problem-hint').textContent = 'Ask whoever runs this server for a token.';
    byId('token').value = '';
    byId('token').focus();
  } else {
    byId('problem').focus({ preventScroll: true });
    byId('problem').scrollIntoView({ block: 'nearest' });
  }
  if (known && error.retryAfter) waitBeforeRetry(error.retryAfter);
}

/** The server takes no note of a file's name, and speaks of "the image". */
function withName(detail, file) {
  return detail.replace(/^The (image|upload)\b/, () => file.name || 'The photo');
}

/** Counts down on the button until the server takes requests again. */
function waitBeforeRetry(seconds) {
  const button = byId('retry');
  byId('problem-hint').textContent = '';
  let left = seconds;
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : 'Try again';
    if (left <= 0) clearInterval(countdown);
    left--;
  };
  tick();
  countdown = setInterval(tick, 1000);
}

/** @param {'busy' | 'list' | 'result' | 'problem'} state */
function setState(state) {
  document.body.classList.toggle('begun', state === 'result' || several());
  byId('result').hidden = state !== 'result';
  byId('list').hidden = state === 'result' || !several();
  byId('problem').hidden = state !== 'problem';
}
