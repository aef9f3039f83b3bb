import type { JournalSettings } from '../../files/journal-settings.js';
import type { ModelReference } from '../../model/catalogue.js';
import type { Network } from '../../model/network.js';
import type { Evidence } from '../evidence/choice.js';
import type { PredictResult, PredictSummary } from '../result.js';
import type { Exhibit } from './exhibit.js';

/** By what photos are examined, and how. */
export interface RunFacts {
  model: ModelReference;
  /** Markdown, where the model has one. */
  card?: string | undefined;
  network: Network;
  evidence: Evidence;
  /** Of the shown scores. */
  temperature: number;
  settings: JournalSettings;
}

/** Who keeps what is found together with its pictures, while a run goes on: a case file. */
export interface ExhibitKeeper {
  /** Whether the place that a photo's EXIF names is told. */
  readonly withPosition: boolean;
  /** What it writes: no inputs of the run. */
  readonly files: readonly string[];
  /** Before the first result. */
  begin: (facts: RunFacts) => Promise<void> | void;
  /** Called in any order; the run waits for it. A failed input has no exhibit. */
  keep: (result: PredictResult, exhibit: Exhibit | undefined) => Promise<void>;
  /** After the last result. */
  finish: (summary: PredictSummary) => Promise<void>;
}
