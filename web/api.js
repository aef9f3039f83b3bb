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
 * @returns {Promise<object>} a result of `ofx predict --json` with `mask` and `probability` (or `overlay`) in Base64
 */
export async function predict(file, { overlay, signal }) {
  const wanted = overlay ? 'mask=png&overlay=jpeg' : 'mask=png&probability=npy';
  const form = new FormData();
  form.append('image', file, file.name || 'pasted image');
  const response = await ask(`/v1/predict?${wanted}`, { method: 'POST', body: form, signal });
  return response.json();
}

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
  const headers = token ? { authorization: `Bearer ${token}` } : {};
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
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  throw new Problem(await problemOf(response), retryAfter);
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
