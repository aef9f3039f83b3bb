/** The buttons that save: the table, and the case file with the words that people put on it. */
import { Problem } from './api.js';
import { csvOf, isDone, reportOf, save } from './keep.js';
import { entries, set, setting } from './session.js';
import { again } from './work.js';

const byId = (id) => document.getElementById(id);
const dialog = byId('report-dialog');
const FIELDS = ['case-id', 'examiner', 'case-note', 'paper'];

let filteredOf;

/**
 * @param {object} page
 * @param {() => object[] | undefined} page.filtered - those that fit the filter, where there is one
 * @param {() => object | undefined} page.model - the model that answers now
 * @param {() => void} page.examine - examines what has no result
 */
export function startSaving({ filtered, model, examine }) {
  filteredOf = filtered;
  byId('report-again').addEventListener('click', () => {
    const own = new Set(model()?.variants.map(({ sha256 }) => sha256));
    for (const entry of entries) if (entry.result && !own.has(entry.result.model.sha256)) again(entry);
    dialog.close();
    examine();
  });
  byId('save-csv').addEventListener('click', () => save(csvOf(entries), `${nameOf()}.csv`));
  byId('save-report').addEventListener('click', () => void ask());
  byId('report-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void write();
  });
  byId('report-cancel').addEventListener('click', () => dialog.close());
}

async function ask() {
  const before = (await setting('case')) ?? {};
  for (const id of FIELDS) byId(id).value = before[id] ?? byId(id).value;
  const filtered = filteredOf();
  byId('scope').hidden = !filtered;
  byId('scope-all').checked = true;
  byId('scope-all-text').textContent = `All ${entries.filter(isDone).length} photos`;
  if (filtered)
    byId('scope-shown-text').textContent = `The ${filtered.filter(isDone).length} that the filter shows`;
  const left = entries.filter((entry) => !isDone(entry)).length;
  byId('report-words').textContent =
    left > 0 ? `${left} of the photos are not examined yet, and are left out.` : '';
  byId('report-again').hidden = true;
  dialog.showModal();
}

async function write() {
  const button = byId('report-save');
  const values = Object.fromEntries(FIELDS.map((id) => [id, byId(id).value.trim()]));
  set('case', values);
  const chosen = byId('scope-shown').checked ? filteredOf() : [...entries];
  const subject = { id: values['case-id'], examiner: values.examiner, note: values['case-note'] };
  const head = {
    case: Object.fromEntries(Object.entries(subject).filter(([, value]) => value !== '')),
    paper: values.paper,
  };
  button.disabled = true;
  byId('report-words').textContent = 'Making the report …';
  try {
    save(await reportOf(chosen, head), `${values['case-id'].replace(/[^\w.-]+/g, '-') || nameOf()}.html`);
    dialog.close();
  } catch (error) {
    byId('report-words').textContent = [error.message, error.suggestion].filter(Boolean).join(' ');
    byId('report-again').hidden = !(error instanceof Problem && error.code === 'MODEL_DIFFERS');
  } finally {
    button.disabled = false;
  }
}

function nameOf() {
  return `ofx-${new Date().toISOString().slice(0, 10)}`;
}
