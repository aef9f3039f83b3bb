/** Takes a photo by drop, paste or choice, and shows what the server says about it. */
import { defaultModel, predict, Problem, samples, useToken } from './api.js';
import { LISTED, showReport } from './result.js';
import { canShow, showOverlay, showPrediction } from './viewer.js';

const byId = (id) => document.getElementById(id);

let model;
let current;
let address;
let asking;
let countdown;

byId('file').addEventListener('change', ({ target }) => {
  if (target.files[0]) void examine(target.files[0]);
  target.value = '';
});
for (const id of ['choose', 'another']) byId(id).addEventListener('click', () => byId('file').click());
byId('retry').addEventListener('click', () => void examine(current));
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(byId('token').value.trim());
  if (current) void examine(current);
});

document.addEventListener('paste', ({ clipboardData }) => {
  const [file] = clipboardData.files;
  if (file) void examine(file);
});
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dragging', name === 'dragover');
    const file = name === 'drop' ? event.dataTransfer.files[0] : undefined;
    if (file) void examine(file);
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
  button.addEventListener('click', async () => {
    const content = await (await fetch(source)).blob();
    await examine(new File([content], name, { type: content.type }));
  });
  const item = document.createElement('li');
  item.append(button);
  return item;
}

async function examine(file) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  current = file;
  clearInterval(countdown);
  setState('busy');
  byId('status').textContent = `Examining ${file.name || 'the photo'} …`;
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(file);
  try {
    const shown = await canShow(address);
    const result = await predict(file, { overlay: !shown, signal });
    if (signal.aborted) return;
    if (!model) void introduce();
    if (shown) showPrediction(address, result, result.regions.slice(0, LISTED));
    else showOverlay(result);
    showReport(result, model);
    setState('result');
    byId('status').textContent = '';
    byId('verdict').focus({ preventScroll: true });
    byId('result').scrollIntoView({ block: 'start', behavior: 'smooth' });
  } catch (error) {
    if (!signal.aborted) showProblem(error);
  }
}

function showProblem(error) {
  const known = error instanceof Problem;
  setState('problem');
  byId('status').textContent = '';
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

/** @param {'busy' | 'result' | 'problem'} state */
function setState(state) {
  document.body.dataset.state = state;
  byId('result').hidden = state !== 'result';
  byId('problem').hidden = state !== 'problem';
  byId('retry').disabled = false;
  byId('retry').textContent = 'Try again';
}
