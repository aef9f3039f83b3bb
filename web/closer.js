/** Whether large photos are looked at through windows, too: a setting that is kept, and offered where photos are given. */
import { change, entries, set, setting } from './session.js';

const boxes = [...document.querySelectorAll('.closer input')];
const button = document.getElementById('closer-again');

/** A photo is large where its longer side is more than so many times the network's; the server decides. */
const LARGE = 2;

let on = false;
let examineAll;

/** @param {() => void} examine - examines what has no result */
export function startCloser(examine) {
  examineAll = examine;
  for (const box of boxes) box.addEventListener('change', () => turn(box.checked));
  button.addEventListener('click', () => {
    for (const entry of smallerLooks()) change(entry, { result: undefined, problem: undefined });
    examineAll();
  });
}

/** As it was before a reload. */
export async function restoreCloser() {
  show(Boolean(await setting('closer')));
}

/**
 * Whether windows are asked for: as the setting says, and where a photo has a result, as it was seen.
 *
 * @param {{result?: {windows?: object}}} entry
 */
export function looksCloser({ result }) {
  return result ? Boolean(result.windows) : on;
}

/** Says how many photos the setting came too late for. */
export function offerCloser(isWorking) {
  const count = on ? smallerLooks().length : 0;
  button.hidden = isWorking || count === 0;
  button.textContent = `Examine ${count === 1 ? 'the large one' : `the ${count} large ones`} again`;
}

function turn(wanted) {
  set('closer', wanted);
  show(wanted);
  offerCloser(false);
}

function show(wanted) {
  on = wanted;
  for (const box of boxes) box.checked = wanted;
}

function smallerLooks() {
  return entries.filter(
    ({ result }) =>
      result &&
      !result.windows &&
      Math.max(result.width, result.height) > LARGE * result.model.inputSize &&
      Math.min(result.width, result.height) >= result.model.inputSize,
  );
}
