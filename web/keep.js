/** What is taken away from a session: a table for spreadsheets, and the case file. */
import { report } from './api.js';
import { picturesOf } from './session.js';

/** The columns of `ofx predict --format csv`, and what people add; a test compares them. */
export const COLUMNS = [
  'image',
  'width',
  'height',
  'verdict',
  'tampered',
  'score',
  'scoreThreshold',
  'maskThreshold',
  'tamperedFraction',
  'regions',
  'mask',
  'probability',
  'overlay',
  'model',
  'modelVersion',
  'modelSha256',
  'evidence',
  'sha256',
  'bytes',
  'examinedAt',
  'software',
  'totalMs',
  'warnings',
  'errorCode',
  'errorMessage',
  'reviewed',
  'note',
];

/** @returns {Blob} a line a photo; those that wait are left out */
export function csvOf(entries) {
  const lines = entries.filter(isDone).map((entry) => {
    const values = rowOf(entry);
    return COLUMNS.map((column) => cell(values[column])).join(',');
  });
  // With the mark of UTF-8, without which Excel takes it for something else.
  return new Blob([`\ufeff${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`], { type: 'text/csv' });
}

function rowOf({ path, result, problem, reviewed, note }) {
  const people = { reviewed: String(Boolean(reviewed)), note };
  if (!result) return { image: path, errorCode: problem.code, errorMessage: problem.message, ...people };
  const { model, evidence, software } = result;
  return {
    ...result,
    image: path,
    regions: result.regionCount ?? result.regions.length,
    model: model.name,
    modelVersion: model.version,
    modelSha256: model.sha256,
    evidence: Object.entries(evidence)
      .map(([name, { score }]) => `${name}=${score}`)
      .join(' '),
    software: `${software.name} ${software.version} (build ${software.build})`,
    totalMs: result.timingsMs.total.toFixed(1),
    warnings: result.warnings.join(' '),
    ...people,
  };
}

/**
 * Text that a spreadsheet would take for a formula gets an apostrophe before it, and so does text that begins with one: the
 * rule of the command line (src/lib/text/csv.ts).
 */
function cell(value) {
  const plain = value === undefined || value === null ? '' : String(value);
  const text = typeof value === 'string' && /^[=+\-@\t\r\n'＝＋－＠]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Pictures of so many photos are strings at once; then the browser puts them away. */
const STRINGS = 40;

/**
 * @param {object[]} entries - those that wait are left out
 * @param {{case: object, paper?: string}} head
 * @returns {Promise<Blob>} one HTML file that opens offline
 * @throws {Problem}
 */
export async function reportOf(entries, head) {
  const text = await report([head, ...(await Promise.all(entries.filter(isDone).map(lineOf)))]);
  // Text in the document never holds a quotation mark as it is, so no file can be named like this.
  const parts = text.split(/"cid:([\w-]+)-(photo|heat)"/);
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  let document = [];
  for (let at = 0; at < parts.length; at += 3) {
    document.push(parts[at]);
    if (at + 1 === parts.length) break;
    const pictures = await picturesOf(known.get(parts[at + 1]) ?? {});
    const picture = pictures?.[parts[at + 2]];
    document.push(picture ? `"${await dataAddress(picture)}"` : '""');
    if (document.length > 4 * STRINGS) document = [new Blob(document)];
  }
  return new Blob(document, { type: 'text/html' });
}

async function lineOf(entry) {
  const { id, path, result, problem, reviewed, note } = entry;
  const review = { reviewed: Boolean(reviewed), ...(note && { note }) };
  if (!result) return { failure: { image: path, error: problem, review } };
  const told = { ...result };
  delete told.schemaVersion;
  delete told.ofx;
  const { drawings } = (await picturesOf(entry)) ?? { drawings: [] };
  return { result: { ...told, image: path, review }, pictures: id, drawings };
}

export function isDone({ result, problem }) {
  return Boolean(result ?? problem);
}

function dataAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Hands a file to whoever sits here. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // A click is taken before anything else runs, but a large file is read after it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
