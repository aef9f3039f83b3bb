import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { RUN_FILES } from '../run/files.js';
import type { RunSummary } from '../run/summary.js';
import { trackedRun, type TrackedRun } from './values.js';

/** Where MLflow's own clients look, and what they take where nothing is said. */
const DEFAULT_SERVER = 'http://127.0.0.1:5000';
const DEFAULT_EXPERIMENT = 'ofx validate';

/** What one request may hold (MLflow's REST API, "Log Batch"). */
const MOST = { metrics: 900, params: 100 };
/** Longer values are cut: MLflow refuses them. */
const LONGEST_PARAM = 500;
const TIMEOUT_MS = 30_000;

/** Files of a run that go along, where the server takes any. */
const ARTIFACTS = [RUN_FILES.summary, RUN_FILES.numbers, RUN_FILES.rows, RUN_FILES.page] as const;

/** By which a run is found again that was sent before, wholly or in part. */
const ID_TAG = 'ofx.id';

/**
 * The address of the tracking server: as given, or of the environment as MLflow's own clients read it.
 *
 * @throws {OfxError} USAGE where it is no address of a server
 */
export function mlflowServer(given: string | undefined, environment: NodeJS.ProcessEnv = process.env): URL {
  const text = given ?? environment['MLFLOW_TRACKING_URI'] ?? DEFAULT_SERVER;
  let url: URL | undefined;
  try {
    url = new URL(text.endsWith('/') ? text : `${text}/`);
  } catch {
    url = undefined;
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new OfxError('USAGE', `"${text}" is not the address of an MLflow tracking server.`, {
    suggestion:
      'Write --log mlflow=http://HOST:5000, or set MLFLOW_TRACKING_URI. For a folder, start one: mlflow server --backend-store-uri FOLDER',
  });
}

/**
 * Sends a run to an MLflow tracking server through its REST API. A run that is there already stays as it is, one that was sent in part is
 * completed.
 *
 * @param folder the run's own
 * @returns the address of the run's page
 * @throws {OfxError} TRACKING_FAILED
 */
export async function logToMlflow(
  folder: string,
  summary: RunSummary,
  server: URL,
  signal?: AbortSignal,
): Promise<string> {
  const api = new Api(server, signal);
  const run = trackedRun(summary, path.basename(path.resolve(folder)));
  const experiment = await api.experiment(process.env['MLFLOW_EXPERIMENT_NAME'] ?? DEFAULT_EXPERIMENT);
  const { id, isFinished, artifacts } = await api.run(experiment, run);
  if (!isFinished) {
    await api.logValues(id, run);
    await api.logFiles(artifacts, folder);
    await api.finish(id, run);
  }
  const page = new URL(server);
  // Neither name nor password belongs into what is printed.
  [page.username, page.password] = ['', ''];
  return `${page.href}#/experiments/${experiment}/runs/${id}`;
}

interface RunInfo {
  run_id: string;
  status: string;
  artifact_uri: string;
}

class Api {
  constructor(
    private readonly server: URL,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The experiment's number; it is made where it is not there. */
  async experiment(name: string): Promise<string> {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = await this.#ask<{ experiment?: { experiment_id: string } }>('GET', query, undefined, [404]);
    if (found.experiment) return found.experiment.experiment_id;
    return (await this.#ask<{ experiment_id: string }>('POST', 'experiments/create', { name })).experiment_id;
  }

  async run(
    experiment: string,
    run: TrackedRun,
  ): Promise<{ id: string; isFinished: boolean; artifacts: string }> {
    const { runs = [] } = await this.#ask<{ runs?: { info: RunInfo }[] }>('POST', 'runs/search', {
      experiment_ids: [experiment],
      filter: `tags."${ID_TAG}" = '${run.id}'`,
      max_results: 1,
    });
    const info =
      runs[0]?.info ??
      (
        await this.#ask<{ run: { info: RunInfo } }>('POST', 'runs/create', {
          experiment_id: experiment,
          run_name: run.name,
          start_time: run.startedAt.getTime(),
          tags: [
            { key: ID_TAG, value: run.id },
            { key: 'mlflow.source.name', value: 'ofx validate' },
          ],
        })
      ).run.info;
    return { id: info.run_id, isFinished: info.status === 'FINISHED', artifacts: info.artifact_uri };
  }

  async logValues(id: string, run: TrackedRun): Promise<void> {
    const timestamp = run.endedAt.getTime();
    const metrics = run.metrics.map(({ name, value }) => ({ key: nameOf(name), value, timestamp, step: 0 }));
    const params = Object.entries(run.params).map(([key, value]) => ({
      key: nameOf(key),
      value: value.slice(0, LONGEST_PARAM),
    }));
    for (let at = 0; at < params.length; at += MOST.params)
      await this.#ask('POST', 'runs/log-batch', { run_id: id, params: params.slice(at, at + MOST.params) });
    for (let at = 0; at < metrics.length; at += MOST.metrics)
      await this.#ask('POST', 'runs/log-batch', {
        run_id: id,
        metrics: metrics.slice(at, at + MOST.metrics),
      });
  }

  /** Tables and page; a server that leaves files to its clients gets none. */
  async logFiles(artifacts: string, folder: string): Promise<void> {
    const place = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.+)$/.exec(artifacts)?.[1];
    if (place === undefined) return;
    for (const name of ARTIFACTS) {
      const bytes = await readFile(path.join(folder, name)).catch(() => undefined);
      if (bytes) await this.#send('PUT', `api/2.0/mlflow-artifacts/artifacts/${place}/${name}`, bytes, []);
    }
  }

  async finish(id: string, run: TrackedRun): Promise<void> {
    await this.#ask('POST', 'runs/update', {
      run_id: id,
      status: 'FINISHED',
      end_time: run.endedAt.getTime(),
    });
  }

  async #ask<T>(method: string, what: string, body?: object, allowed: readonly number[] = []): Promise<T> {
    const response = await this.#send(
      method,
      `api/2.0/mlflow/${what}`,
      body && JSON.stringify(body),
      allowed,
    );
    return response as T;
  }

  async #send(
    method: string,
    where: string,
    body: string | Uint8Array | undefined,
    allowed: readonly number[],
  ): Promise<unknown> {
    const url = new URL(where, this.server);
    const authorization = authorizationOf(url);
    [url.username, url.password] = ['', ''];
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: {
          ...(typeof body === 'string' && { 'content-type': 'application/json' }),
          ...(authorization !== undefined && { authorization }),
        },
        ...(body !== undefined && { body: body as RequestInit['body'] & {} }),
        signal: this.signal ? AbortSignal.any([this.signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch (error) {
      this.signal?.throwIfAborted();
      const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
      throw failed(url, cause?.code ?? cause?.message ?? message, error);
    }
    if (!response.ok && !allowed.includes(response.status))
      throw failed(url, `it answered ${response.status} ${shortened(text)}`);
    if (method === 'PUT') return {};
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw failed(url, 'its answer is not JSON: something else listens there', error);
    }
  }
}

/** As MLflow's own clients: a token, or a name and a password. */
function authorizationOf(url: URL): string | undefined {
  const token = process.env['MLFLOW_TRACKING_TOKEN'];
  if (token) return `Bearer ${token}`;
  const name = url.username ? decodeURIComponent(url.username) : process.env['MLFLOW_TRACKING_USERNAME'];
  const password = url.username ? decodeURIComponent(url.password) : process.env['MLFLOW_TRACKING_PASSWORD'];
  if (!name) return undefined;
  return `Basic ${Buffer.from(`${name}:${password ?? ''}`).toString('base64')}`;
}

function failed(url: URL, why: string, cause?: unknown): OfxError {
  return new OfxError(
    'TRACKING_FAILED',
    `The tracking server at ${url.origin} did not take the run: ${why}.`,
    {
      cause,
    },
  );
}

function shortened(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}

/** What MLflow allows in names: letters, digits and `_-. /`. */
function nameOf(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_\-. /]/gu, '_').slice(0, 250);
}
