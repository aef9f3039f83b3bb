/** Moves the threshold above which a pixel is marked: at once in the picture, then in the result, by the server. */
import { showThreshold } from './result.js';
import { examine, withName } from './work.js';
import { drawHeat, shareAbove } from './viewer.js';

const byId = (id) => document.getElementById(id);
const slider = byId('threshold-slider');
const words = byId('threshold-words');

let current;
let asking;
let done;

/** @param {(entry: object) => void} onMarked - called with an entry that has a new result */
export function startThreshold(onMarked) {
  done = onMarked;
  slider.addEventListener('input', () => {
    const threshold = Number(slider.value);
    drawHeat(threshold);
    showThreshold(threshold);
    say(threshold, `about ${(100 * shareAbove(threshold)).toFixed(1)} % marked`);
  });
  slider.addEventListener('change', () => void mark(Number(slider.value)));
  byId('threshold-reset').addEventListener('click', () => void mark(undefined));
}

export function showSlider(entry) {
  asking?.abort();
  current = entry;
  const { maskThreshold } = entry.result;
  slider.value = String(maskThreshold);
  say(maskThreshold, '');
}

/** Verdict, regions, mask and report follow from the threshold, so they are made where they always are. */
async function mark(maskThreshold) {
  asking?.abort();
  const entry = current;
  asking = new AbortController();
  const { signal } = asking;
  words.textContent = 'Marking again …';
  try {
    await examine(entry, { maskThreshold }, signal);
    if (entry === current && !signal.aborted) done(entry);
  } catch (error) {
    if (!signal.aborted) words.textContent = withName(error.message, entry);
  }
}

function say(threshold, text) {
  slider.setAttribute('aria-valuetext', `Pixels above ${threshold.toFixed(2)} are marked`);
  words.textContent = `${threshold.toFixed(2)}${text && ` · ${text}`}`;
}
