import { OfxError } from '../core/errors.js';
import { needsBaseline, type Condition } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { isAboutRobustness, judgeMetric, judgeRobustness, lookupIn } from '../run/metric-gates.js';
import type { RunSummary } from '../run/summary.js';
import { loadSummary } from '../run/load.js';
import type { ValidateRequest } from './request.js';

/**
 * The run that a run is held against, read before an hour of work.
 *
 * @throws {OfxError} USAGE where a condition needs one that is not given, and as `loadSummary`
 */
export async function loadBaseline({
  failOn = [],
  baseline,
}: Pick<ValidateRequest, 'failOn' | 'baseline'>): Promise<RunSummary | undefined> {
  if (baseline !== undefined) return (await loadSummary(baseline)).summary;
  const lacking = failOn.find(needsBaseline);
  if (!lacking) return undefined;
  throw new OfxError('USAGE', `--fail-on "${lacking.text}" needs a run to compare with.`, {
    suggestion: 'Name its folder with --baseline.',
  });
}

/** Judges a run by the conditions of `--fail-on`, and warns where the baseline measured other data. */
export function judgeRun(
  summary: RunSummary,
  failOn: readonly Condition[],
  baseline: RunSummary | undefined,
): Gate[] {
  if (baseline && baseline.dataset.sha256 !== summary.dataset.sha256) {
    summary.warnings.push(
      'The baseline measured other data: differences to it are not those of models alone.',
    );
  }
  const subject = `${summary.model.name} ${summary.model.version}`;
  return failOn.flatMap((condition) =>
    isAboutRobustness(condition)
      ? judgeRobustness(condition, subject, summary, baseline)
      : judgeMetric(
          condition,
          subject,
          lookupIn(summary, condition),
          baseline && lookupIn(baseline, condition),
        ),
  );
}
