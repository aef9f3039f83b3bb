/** Takes photos by drop, paste or choice, and shows what the server says about them. */
import { defaultModel, Problem, samples, useToken } from './api.js';
import { offerCloser, restoreCloser, startCloser } from './closer.js';
import { chosenPhotos, droppedPhotos } from './intake.js';
import { emptyList, focusEntry, isFiltered, setView, shown, showList, startList, summarise } from './list.js';
import { open, startOpening } from './open.js';
import { startSaving } from './saving.js';
import { forgetReview, keepNote, startReview } from './review.js';
import * as session from './session.js';
import { startThreshold } from './threshold.js';
import { again, forgetPace, isWorking, stop, timeLeft, waiting, withName, work } from './work.js';

const byId = (id) => document.getElementById(id);
const { entries } = session;

/** How often the list follows what comes, in milliseconds. */
const LIST_PACE = 400;

let model;
/** The photo that somebody waits for alone: it is shown once it is there. */
let lone;
let stopped = false;
let countdown;
let listTimer;
let isWaiting = false;

for (const id of ['file', 'folder']) {
  byId(id).addEventListener('change', ({ target }) => {
    const photos = chosenPhotos(target.files);
    target.value = '';
    void take(photos);
  });
}
for (const id of ['choose', 'another', 'others'])
  byId(id).addEventListener('click', () => byId('file').click());
for (const id of ['choose-folder', 'add-folder'])
  byId(id).addEventListener('click', () => byId('folder').click());
byId('to-list').addEventListener('click', () => history.pushState(null, '', location.pathname));
byId('to-list').addEventListener('click', showPlace);
byId('retry').addEventListener('click', () => {
  if (lone) again(lone);
  void examineAll();
});
byId('retry-failed').addEventListener('click', () => {
  for (const entry of entries) if (entry.problem) again(entry);
  void examineAll();
});
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(byId('token').value.trim());
  if (entries.length > 0) void examineAll();
});
byId('clear').addEventListener('click', () => byId('clear-dialog').showModal());
byId('clear-dialog').addEventListener('close', ({ target }) => {
  if (target.returnValue === 'clear') void clear();
  target.returnValue = '';
});

document.addEventListener('paste', ({ clipboardData, target }) => {
  if (clipboardData.files.length > 0 && !/^(INPUT|TEXTAREA)$/.test(target.tagName ?? ''))
    void take(chosenPhotos(clipboardData.files));
});
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dragging', name === 'dragover');
    if (name === 'drop') void takeDrop(event.dataTransfer);
  });
}
window.addEventListener('popstate', showPlace);

startList(entries, {
  open: go,
  review: (entry, changes) => session.change(entry, changes),
  changed: (view) => session.set('view', { ...view }),
});
startReview(go);
startThreshold((entry) => void show(entry));
startCloser(() => void examineAll());
startSaving({
  filtered: () => (isFiltered() ? shown() : undefined),
  model: () => model,
  examine: () => void examineAll(),
});
startOpening(() => model);
session.follow({
  onChange: () => {
    if (byId('result').hidden) showPlace();
  },
  onClear: forget,
  onFull: tellFull,
});
void begin();

async function begin() {
  const introduced = introduce();
  await session.restore();
  setView((await session.setting('view')) ?? {});
  await restoreCloser();
  byId('kept').textContent = session.isKept()
    ? 'Photos and results stay in this browser until you clear them.'
    : 'This browser keeps nothing: a reload loses the results.';
  if (entries.length > 0) {
    showPlace();
    say(waiting().length > 0 ? '' : summarise());
  }
  await introduced;
  if (waiting().length > 0) await examineAll();
}

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
  const path = source.split('/').at(-1);
  const button = document.createElement('button');
  button.type = 'button';
  const image = new Image();
  image.src = source;
  image.alt = `Sample: ${path.replace(/\.\w+$/, '').replaceAll('-', ' ')}`;
  button.append(image);
  button.addEventListener('click', () => void take([{ path, source }]));
  const item = document.createElement('li');
  item.append(button);
  return item;
}

async function takeDrop(transfer) {
  say('Looking into what was dropped …', 'working');
  try {
    await take(await droppedPhotos(transfer));
  } catch (error) {
    showProblem(error);
  }
}

/** Takes photos in addition to those before. One alone is shown as soon as it is examined. */
async function take(photos) {
  if (photos.length === 0) {
    say(entries.length > 0 ? summarise() : 'There is no file in what was given.');
    return;
  }
  const { added, kept } = await session.add(photos);
  void kept.then((unkept) => tellUnkept(unkept));
  lone = added.length === 1 ? added[0] : undefined;
  if (lone?.problem) again(lone);
  if (lone?.result) return go(lone);
  if (location.hash) history.pushState(null, '', location.pathname);
  await examineAll();
}

function tellUnkept(unkept) {
  if (unkept.length === 0) return;
  byId('kept').textContent =
    `This browser has no room for ${unkept.length} of the photos: their results are kept, but until they are examined a reload loses them.`;
}

/** Examines what has neither result nor problem yet. */
async function examineAll() {
  clearInterval(countdown);
  byId('retry').disabled = false;
  byId('retry').textContent = 'Try again';
  stopped = false;
  forgetPace();
  setState(lone && entries.length === 1 ? 'busy' : 'list');
  if (!lone) byId('list-title').focus({ preventScroll: true });
  tellProgress();
  try {
    const isAll = await alone(() => work({ onDone, onWait: tellWaiting, isLone: (entry) => entry === lone }));
    if (!isAll) return;
    if (!model) void introduce();
    showList();
    offerRetry();
    say(byId('result').hidden ? summarise() : '');
  } catch (error) {
    if (error.entry && error.entry === lone) {
      const { code, message, suggestion } = error;
      if (error instanceof Problem && /^(IMAGE|PAGE|REQUEST)_/.test(code))
        session.change(lone, { problem: { code, message: withName(message, lone), suggestion } });
    }
    showProblem(error);
  }
}

/** Two tabs with the same session do not both examine it: one waits until the other is done or closed. */
function alone(job) {
  if (!navigator.locks) return job();
  return navigator.locks.request('ofx-session', { ifAvailable: true }, (lock) => {
    if (lock || isWorking()) return job();
    say('Another tab of this browser examines these photos: they appear here as they are done.');
    void takeOver();
    return false;
  });
}

/** Goes on where the other tab is closed before all is done. */
async function takeOver() {
  if (isWaiting) return;
  isWaiting = true;
  await navigator.locks.request('ofx-session', () => undefined);
  isWaiting = false;
  if (waiting().length > 0) await examineAll();
  else say(summarise());
}

function tellFull() {
  byId('full').hidden = false;
}

function onDone(entry) {
  if (entry === lone && entry.result) {
    lone = undefined;
    go(entry);
    return;
  }
  tellProgress();
  listTimer ??= setTimeout(() => {
    listTimer = undefined;
    if (!byId('list').hidden) showList();
  }, LIST_PACE);
}

function tellProgress() {
  const left = waiting();
  const [next] = left;
  if (!next) return;
  const done = entries.length - left.length;
  const place = entries.length > 1 ? ` (${Math.min(done + 1, entries.length)} of ${entries.length})` : '';
  const time = timeLeft();
  say(`Examining ${next.path}${place} …${time && ` ${time} left`}`, 'working');
}

function tellWaiting(seconds) {
  say(`The server is busy with other photos. This page goes on by itself in ${seconds} s …`, 'working');
}

/** Opens a photo under an address of its own, so that Back leads to the list. */
function go(entry) {
  history.pushState(null, '', `#photo=${entry.id}`);
  showPlace();
}

/** Shows what the address says: a photo, or the list. */
function showPlace() {
  const id = /^#photo=([\w-]+)$/.exec(location.hash)?.[1];
  const entry = id && session.find(id);
  keepNote();
  if (entry?.result) return void show(entry);
  const opened = byId('result').dataset.id;
  setState(stopped ? 'problem' : entries.length > 0 ? 'list' : 'begin');
  if (entries.length === 0) return;
  if (!isWorking() && !stopped) say(summarise());
  if (opened && session.find(opened)) focusEntry(session.find(opened));
  else showList();
  delete byId('result').dataset.id;
}

async function show(entry) {
  await open(entry, () => {
    setState('result');
    byId('result').dataset.id = entry.id;
    if (!isWorking()) say('');
    byId('verdict').focus({ preventScroll: true });
    byId('result').scrollIntoView({ block: 'start', behavior: 'smooth' });
  });
}

async function clear() {
  stop();
  forgetReview();
  await session.clear();
  forget();
  byId('choose').focus();
}

/** As at the beginning. */
function forget() {
  stop();
  forgetReview();
  emptyList();
  byId('full').hidden = true;
  history.replaceState(null, '', location.pathname);
  lone = undefined;
  stopped = false;
  setState('begin');
  say('Cleared: this browser keeps nothing of it.');
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
  byId('problem-detail').textContent = withName(error.message, error.entry);
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

/** @param {'begin' | 'busy' | 'list' | 'result' | 'problem'} state */
function setState(state) {
  const hasList = entries.length > 0 && !['begin', 'busy', 'result'].includes(state);
  document.body.classList.toggle('begun', state === 'result' || hasList);
  byId('result').hidden = state !== 'result';
  byId('list').hidden = !hasList;
  byId('problem').hidden = state !== 'problem';
  offerRetry();
  if (hasList) showList();
}

function offerRetry() {
  offerCloser(isWorking());
  byId('retry-failed').hidden = isWorking() || !entries.some(({ problem }) => problem);
}
