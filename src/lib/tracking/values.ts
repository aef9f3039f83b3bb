import { createHash } from 'node:crypto';
import { numberRows } from '../run/files.js';
import type { RunSummary } from '../run/summary.js';

/** A run as trackers take it: flat names, and values that are numbers or text. */
export interface TrackedRun {
  /** The same for every attempt to send the run, and for no other. */
  id: string;
  name: string;
  startedAt: Date;
  endedAt: Date;
  /** Every number of the run and of its categories, with the bounds of its interval as `.low` and `.high`. */
  metrics: { name: string; value: number }[];
  params: Record<string, string>;
}

/** @param name of the run, e.g. that of its folder */
export function trackedRun(summary: RunSummary, name: string): TrackedRun {
  const { model, dataset, settings, startedAt, seconds, ofx, build, machine } = summary;
  const metrics = numberRows(summary).flatMap(({ path, value, low, high }) => {
    const [, metric, category] = /^([^[]+)(?:\[category=(.*)\])?$/s.exec(path)!;
    const tag = category === undefined ? metric! : `category.${category}.${metric!}`;
    return [
      { name: tag, value },
      { name: `${tag}.low`, value: low },
      { name: `${tag}.high`, value: high },
    ].flatMap(({ name: each, value: number }) => (number === null ? [] : [{ name: each, value: number }]));
  });
  const given = {
    'ofx.version': ofx,
    'ofx.build': build,
    'model.name': model.name,
    'model.version': model.version,
    'model.sha256': model.sha256,
    'model.inputSize': model.inputSize,
    'model.precision': model.precision,
    'dataset.name': dataset.name,
    'dataset.list': dataset.list,
    'dataset.sha256': dataset.sha256,
    'dataset.samples': dataset.samples,
    'machine.cpu': machine.cpu,
    ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`settings.${key}`, value])),
  };
  const params = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) =>
      value === undefined || value === null
        ? []
        : [[key, Array.isArray(value) ? value.join('+') : String(value)]],
    ),
  );
  const began = new Date(startedAt);
  return {
    id: createHash('sha256')
      .update(JSON.stringify([startedAt, model.sha256, dataset.sha256, settings]))
      .digest('hex')
      .slice(0, 32),
    name,
    startedAt: began,
    endedAt: new Date(began.getTime() + seconds * 1000),
    metrics,
    params,
  };
}
