/** What the server says, for the page. */

/** An answer that is a problem (RFC 9457), or no answer at all. */
export class Problem extends Error {
  /**
   * @param {{code: string, title: string, detail: string, suggestion?: string}} problem
   * @param {number | undefined} retryAfter - in seconds, where the server says when to come back
   */
  constructor(problem, retryAfter) {
    super(problem.detail);
    this.code = problem.code;
    this.title = problem.title;
    this.suggestion = problem.suggestion;
    this.retryAfter = retryAfter;
  }
}

const TOKEN = 'ofx-token';
let token = storage()?.getItem(TOKEN) ?? '';

/** Shown with every request from now on; once the server has taken it, it is kept until the tab is closed. */
export function useToken(value) {
  token = value;
}

/**
 * @param {File} file
 * @param {string} path - what it is called, with its folders
 * @param {{maskThreshold?: number, tile?: boolean, signal?: AbortSignal}} question
 * @returns {Promise<{result: object, pictures: object}>} a result of `ofx predict --json` with what a report tells of its file, and
 *   apart from it `photo` (JPEG), `heat`, `map` and `mask` (PNG), and `drawings`
 */
export async function predict(file, path, { maskThreshold, tile, signal }) {
  const query = new URLSearchParams({ mask: 'png', exhibit: 'json' });
  if (maskThreshold !== undefined) query.set('maskThreshold', String(maskThreshold));
  if (tile) query.set('tile', 'true');
  const form = new FormData();
  form.append('image', file, path.split('/').at(-1));
  const response = await ask(`/v1/predict?${query}`, { method: 'POST', body: form, signal });
  const { mask, exhibit, ...result } = await response.json();
  const { photo, heat, map, drawings } = exhibit;
  const pictures = {
    photo: await blobOf(photo, 'image/jpeg'),
    heat: await blobOf(heat, 'image/png'),
    map: await blobOf(map, 'image/png'),
    mask: await blobOf(mask, 'image/png'),
    drawings,
  };
  return { result, pictures };
}

async function blobOf(base64, type) {
  // Its own decoder is faster than any script.
  const bytes = Uint8Array.fromBase64?.(base64) ?? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type });
}

/** @returns {Promise<string>} the case file of these lines, see `POST /v1/report` */
export async function report(lines) {
  const body = new Blob(lines.map((line) => `${JSON.stringify(line)}\n`));
  const headers = { accept: 'text/html' };
  return (await ask('/v1/report', { method: 'POST', body, headers })).text();
}

/** @returns {Promise<number>} how many photos the server works on at once */
export async function places() {
  try {
    // One that cannot take more just now says so by its status, and how many it has all the same.
    const { workers } = await (await fetch('/readyz')).json();
    return Math.min(workers.wanted, MOST_AT_ONCE);
  } catch {
    return 1;
  }
}

/** Browsers open six connections to a server, and the page needs one for other questions. */
const MOST_AT_ONCE = 4;

/** @returns {Promise<{name: string, version: string} | undefined>} the model that answers */
export async function defaultModel() {
  const { models } = await (await ask('/v1/models')).json();
  return models.find((model) => model.default);
}

/** @returns {Promise<string[]>} addresses of the pictures that come with ofx */
export async function samples() {
  return (await ask('/samples')).json();
}

/** @returns {Promise<File>} one of them */
export async function sample(address, { signal }) {
  const content = await (await ask(address, { signal })).blob();
  return new File([content], address.split('/').at(-1), { type: content.type });
}

async function ask(address, options = {}) {
  const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    const detail = 'The server does not answer.';
    throw new Problem({ code: 'UNREACHABLE', title: 'No connection', detail });
  }
  if (response.ok) {
    if (token) storage()?.setItem(TOKEN, token);
    return response;
  }
  if (response.status === 401 && token) {
    token = '';
    storage()?.removeItem(TOKEN);
    throw new Problem({
      code: 'UNAUTHORISED',
      title: 'That token is not known',
      detail: 'The server wants another.',
    });
  }
  const problem = await problemOf(response);
  // Nobody waits at a page until a quota begins again.
  const isSpent = problem.code === 'QUOTA_EXCEEDED';
  const retryAfter = isSpent ? undefined : Number(response.headers.get('retry-after')) || undefined;
  throw new Problem(problem, retryAfter);
}

/** The tab's own; none where the reader's settings forbid it. */
function storage() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return {
      code: 'UNKNOWN',
      title: 'No result',
      detail: `The server answered with status ${response.status}.`,
    };
  }
}
