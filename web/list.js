/** The list of photos: filtered, searched, sorted, and shown a page at a time. */
import { picturesOf } from './session.js';
import { judge } from './verdict.js';

const byId = (id) => document.getElementById(id);
const list = byId('entries');

/** Rows that are on the page at once. */
const ROWS = 50;
const NAMES = new Intl.Collator('en', { numeric: true });

/** What the filter knows, in the order of its buttons. */
const KINDS = {
  all: 'All',
  manipulated: 'Manipulated',
  suspicious: 'Suspicious',
  'no-finding': 'No finding',
  failed: 'Not examined',
  waiting: 'Waiting',
};

const ORDERS = {
  score: (a, b) => rank(a) - rank(b) || (b.result?.score ?? 0) - (a.result?.score ?? 0),
  area: (a, b) => rank(a) - rank(b) || (b.result?.tamperedFraction ?? 0) - (a.result?.tamperedFraction ?? 0),
  name: (a, b) => NAMES.compare(a.path, b.path),
  order: () => 0,
};

/** Of each there is one at most; they are made once, so that a row keeps its place, its picture and its focus. */
const rows = new Map();
const view = { kind: 'all', search: '', sort: 'score', seen: 'all', page: 0 };
let entries = [];
let events;

/**
 * @param {object[]} all - those of the session; they are looked at with each {@link showList}
 * @param {object} handlers - `open(entry)`, `review(entry, {reviewed})`, `changed(view)`
 */
export function startList(all, handlers) {
  entries = all;
  events = handlers;
  byId('filters').replaceChildren(...Object.entries(KINDS).map(filterButton));
  for (const name of ['search', 'sort', 'seen'])
    byId(name).addEventListener('input', ({ target }) => look({ [name]: target.value, page: 0 }));
  byId('page-before').addEventListener('click', () => turn(-1));
  byId('page-after').addEventListener('click', () => turn(1));
}

/** Goes on with the view of before a reload. */
export function setView(kept) {
  Object.assign(view, kept);
  for (const name of ['search', 'sort', 'seen']) byId(name).value = view[name];
}

/** @returns {object[]} those that fit the filter, in their order */
export function shown() {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries
    .filter(
      (entry) =>
        (view.kind === 'all' || kindOf(entry) === view.kind) &&
        (view.seen === 'all' || seenAs(entry, view.seen)) &&
        words.every((word) => entry.path.toLowerCase().includes(word)),
    )
    .sort((a, b) => ORDERS[view.sort](a, b) || a.order - b.order);
}

export function isFiltered() {
  return view.kind !== 'all' || view.seen !== 'all' || view.search.trim() !== '';
}

/** Brings what is on the page up to date. */
export function showList() {
  const fitting = shown();
  const pages = Math.max(1, Math.ceil(fitting.length / ROWS));
  view.page = Math.min(Math.max(0, view.page), pages - 1);
  const first = view.page * ROWS;
  const focused = document.activeElement;
  const wanted = fitting.slice(first, first + ROWS).map(rowOf);
  const same = wanted.length === list.children.length && wanted.every((row, i) => row === list.children[i]);
  if (!same) list.replaceChildren(...wanted);
  // Whoever is in a row stays in it, wherever it goes.
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
  for (const [id, { row }] of rows) if (!row.isConnected && rows.size > 4 * ROWS) rows.delete(id);
  countKinds();
  byId('none').hidden = fitting.length > 0;
  byId('pages').hidden = pages === 1;
  byId('page-text').textContent = `${first + 1} to ${first + wanted.length} of ${fitting.length}`;
  byId('page-before').disabled = view.page === 0;
  byId('page-after').disabled = view.page === pages - 1;
}

/** Shows the page of the list that an entry is on, and puts the focus there. */
export function focusEntry(entry) {
  const place = shown().indexOf(entry);
  if (place >= 0) view.page = Math.floor(place / ROWS);
  showList();
  const row = rows.get(entry.id)?.row;
  (row?.isConnected ? row.querySelector('.row') : byId('list-title')).focus();
}

/** Forgets rows, and their pictures with them. */
export function emptyList() {
  rows.clear();
  list.replaceChildren();
  look({ kind: 'all', search: '', seen: 'all', page: 0 });
  setView({});
}

/** @returns {string} how many of the photos came to what */
export function summarise() {
  const parts = Object.entries(KINDS).flatMap(([kind, title]) => {
    const count = entries.filter((entry) => kindOf(entry) === kind).length;
    return count > 0 ? [`${title}: ${count}.`] : [];
  });
  return `${entries.length} ${entries.length === 1 ? 'photo' : 'photos'}. ${parts.join(' ')}`;
}

function look(changes) {
  Object.assign(view, changes);
  showList();
  events.changed(view);
}

function turn(pages) {
  look({ page: view.page + pages });
  byId('list-title').focus({ preventScroll: true });
  byId('list').scrollIntoView({ block: 'start' });
}

export function kindOf({ result, problem }) {
  if (result) return result.verdict;
  return problem ? 'failed' : 'waiting';
}

function seenAs({ reviewed, note }, seen) {
  if (seen === 'noted') return Boolean(note);
  return Boolean(reviewed) === (seen === 'reviewed');
}

/** What has no score, because it could not be examined or is to be, comes last. */
function rank(entry) {
  return ['failed', 'waiting'].indexOf(kindOf(entry)) + 1;
}

function filterButton([kind, title]) {
  const button = document.createElement('button');
  button.type = 'button';
  button.value = kind;
  button.className = 'chip';
  button.append(`${title} `, span('count', '0'));
  button.addEventListener('click', () => look({ kind, page: 0 }));
  return button;
}

function countKinds() {
  const counts = new Map();
  for (const entry of entries) counts.set(kindOf(entry), (counts.get(kindOf(entry)) ?? 0) + 1);
  for (const button of byId('filters').children) {
    const count = button.value === 'all' ? entries.length : (counts.get(button.value) ?? 0);
    button.lastChild.textContent = String(count);
    button.setAttribute('aria-pressed', String(button.value === view.kind));
    button.hidden = count === 0 && !['all', view.kind].includes(button.value);
  }
}

/** The row of an entry; a new one where there is more to say than when it was made. */
function rowOf(entry) {
  const { result, problem, reviewed, note } = entry;
  const says = JSON.stringify([kindOf(entry), result?.examinedAt, problem, reviewed, note]);
  const before = rows.get(entry.id);
  if (before?.says === says) return before.row;
  const row = document.createElement('li');
  row.dataset.verdict = kindOf(entry);
  const main = document.createElement(result ? 'button' : 'div');
  main.className = 'row';
  main.append(pictureOf(entry), nameOf(entry.path), span('outcome', outcome(entry)));
  row.append(main);
  if (problem) {
    main.lastChild.classList.add('failed');
    if (problem.suggestion) main.append(span('hint', problem.suggestion));
  }
  if (note) main.append(span('note', note));
  if (result) {
    main.type = 'button';
    main.addEventListener('click', () => events.open(entry));
    row.append(reviewBox(entry));
  }
  const hadFocus = before?.row.contains(document.activeElement) && document.activeElement.type;
  rows.set(entry.id, { row, says });
  if (hadFocus) {
    before.row.replaceWith(row);
    row.querySelector(hadFocus === 'checkbox' ? 'input' : '.row')?.focus({ preventScroll: true });
  }
  return row;
}

function outcome({ result, problem }) {
  if (problem) return problem.message;
  if (!result) return 'Waiting';
  const unread = result.unseen ? ` · ${result.unseen.length} of its pictures not read` : '';
  const marked = `${(100 * result.tamperedFraction).toFixed(1)} % marked${unread}`;
  return `${judge(result).verdict} · score ${result.score.toFixed(3)} · ${marked}`;
}

/** The small picture that came with the result; of what has none, a place that says which kind of nothing it is. */
function pictureOf(entry) {
  if (!entry.result) return span('thumb', entry.problem ? '!' : '…', true);
  const image = new Image();
  image.className = 'thumb';
  image.alt = '';
  image.decoding = 'async';
  void picturesOf(entry).then((pictures) => {
    if (!pictures) return;
    image.src = URL.createObjectURL(pictures.photo);
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
  });
  return image;
}

function nameOf(path) {
  const name = span('name', '');
  const at = path.lastIndexOf('/') + 1;
  if (at > 0) name.append(span('folder', path.slice(0, at)));
  name.append(path.slice(at));
  return name;
}

function reviewBox(entry) {
  const label = document.createElement('label');
  label.className = 'check reviewed';
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = Boolean(entry.reviewed);
  box.setAttribute('aria-label', `Reviewed: ${entry.path}`);
  box.addEventListener('change', () => events.review(entry, { reviewed: box.checked }));
  label.append(box, span('', 'Reviewed'));
  return label;
}

function span(className, text, isDecoration = false) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  if (isDecoration) made.setAttribute('aria-hidden', 'true');
  return made;
}
