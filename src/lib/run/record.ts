import type { RunMetrics } from '../metrics/run-metrics.js';
import type { ImageRow } from './rows.js';
import type { RobustnessRow } from './robustness.js';
import type { RunSummary } from './summary.js';

/** A finished run as reports see it; all paths in it are relative to its folder. */
export interface RunRecord {
  /** Absolute path of the run's folder. */
  folder: string;
  summary: RunSummary;
  rows: ImageRow[];
  /** Curves and sweep, from which charts are drawn. */
  /** Only where it was asked for. */
  robustness?: RobustnessRow[];
  curves: Pick<RunMetrics, 'curves' | 'sweep' | 'confusion' | 'reliability'>;
}
