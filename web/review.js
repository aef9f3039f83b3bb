/** What a person says of a photo, and the way from one photo to the next. */
import { change } from './session.js';
import { shown } from './list.js';

const byId = (id) => document.getElementById(id);

/** So long after the last key a note is kept, in milliseconds; leaving the field keeps it at once. */
const PAUSE = 400;

let current;
let timer;
let go;

/** @param {(entry: object) => void} open - called with the photo to go on with */
export function startReview(open) {
  go = open;
  byId('reviewed').addEventListener('change', ({ target }) => change(current, { reviewed: target.checked }));
  byId('note').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(keepNote, PAUSE);
  });
  byId('note').addEventListener('change', keepNote);
  byId('before').addEventListener('click', () => step(-1));
  byId('after').addEventListener('click', () => step(1));
  // Nothing typed is lost, however the page is left.
  window.addEventListener('pagehide', keepNote);
}

export function showReview(entry) {
  keepNote();
  current = entry;
  byId('reviewed').checked = Boolean(entry.reviewed);
  byId('note').value = entry.note ?? '';
  const examined = shown().filter(({ result }) => result);
  const place = examined.indexOf(entry);
  byId('place').textContent = place < 0 ? '' : `${place + 1} of ${examined.length}`;
  byId('before').disabled = place <= 0;
  byId('after').disabled = place < 0 || place === examined.length - 1;
}

function step(by) {
  keepNote();
  const examined = shown().filter(({ result }) => result);
  const next = examined[examined.indexOf(current) + by];
  if (next) go(next);
}

export function keepNote() {
  clearTimeout(timer);
  const note = byId('note').value;
  if (current && note !== (current.note ?? '')) change(current, { note });
}

export function forgetReview() {
  clearTimeout(timer);
  current = undefined;
}
