/** The list of several photos, the highest score first. */
import { judge } from './verdict.js';

const list = document.getElementById('entries');

/**
 * An entry is one photo: `file`, its `address`, whether it can be `shown` by this browser, and in time a `result` or, in
 * words, a `problem`.
 *
 * @param {object[]} entries
 * @param {(entry: object) => void} open - called with the one that is chosen
 */
export function startList(entries, open) {
  list.replaceChildren(...entries.map((entry) => waitingRow(entry, open)));
}

/** Fills the row of an entry that has its result or problem, and moves no other: one of them may have the focus. */
export function placeEntry(entry) {
  const { row, result, problem } = entry;
  const [button] = row.children;
  const [image, , words] = button.children;
  if (problem) {
    words.textContent = problem;
    words.classList.add('failed');
    image.removeAttribute('src');
    list.append(row);
    return;
  }
  const { kind, verdict } = judge(result);
  row.dataset.verdict = kind;
  row.dataset.score = result.score;
  words.textContent = `${verdict} · score ${result.score.toFixed(3)}`;
  if (!entry.shown) image.src = `data:image/jpeg;base64,${result.overlay}`;
  button.disabled = false;
  // Rows without a score, which are to be examined or cannot be, come last.
  const next = [...list.children].find(({ dataset }) => !(Number(dataset.score) >= result.score));
  list.insertBefore(row, next ?? null);
}

export function focusEntry({ row }) {
  row.firstChild.focus();
}

/** @returns {string} how many of the photos came to what */
export function summarise(entries) {
  const counts = new Map();
  for (const { result } of entries.toSorted((a, b) => rank(b) - rank(a))) {
    const outcome = result ? judge(result).verdict : 'Not examined';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const parts = [...counts].map(([outcome, count]) => `${outcome}: ${count}.`);
  return `${entries.length} photos. ${parts.join(' ')}`;
}

function rank({ result }) {
  return result ? result.score : -1;
}

function waitingRow(entry, open) {
  const button = document.createElement('button');
  button.type = 'button';
  button.disabled = true;
  const image = new Image();
  image.loading = 'lazy';
  image.alt = '';
  image.src = entry.address;
  button.append(image, span('name', entry.file.name), span('outcome', 'Waiting'));
  button.addEventListener('click', () => open(entry));
  entry.row = document.createElement('li');
  entry.row.append(button);
  return entry.row;
}

function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}
