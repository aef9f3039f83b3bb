import type { PlainError } from '../core/errors.js';
import type { ModelReference } from '../model/catalogue.js';
import type { ModelIdentity } from '../model/network.js';
import type { Configuration } from './configuration.js';
import type { MeasuredRuns, Plan } from './measure.js';
import type { MemorySample } from './memory.js';
import type { Profile, Stage } from './result.js';

/** What is scored: photos from file to mask, or one tensor that is always the same. */
export type Work = { mode: 'photos'; photos: string[] } | { mode: 'inference-only' };

/** Asked of a measuring process, one at a time. */
export type Question =
  | { kind: 'open'; reference: ModelReference; configuration: Configuration; work: Work }
  | { kind: 'measure'; plan: Plan }
  | { kind: 'profile'; runs: number };

export type Answer<Kind extends Question['kind'] = Question['kind']> = {
  open: Opened;
  measure: Measurement;
  profile: Pick<Profile, 'runs' | 'operators' | 'slowest'>;
}[Kind];

export type Reply =
  { kind: 'answer'; answer: Answer } | { kind: 'error'; error: PlainError } | { kind: 'progress' };

/** The model is loaded and has given its first result. */
export interface Opened {
  identity: ModelIdentity;
  notes: string[];
  loadMs: number;
}

/** Milliseconds of one run, by step. */
export type Timings = Partial<Record<Stage, number>> & { inference: number; total: number };

export interface Measurement extends MeasuredRuns<Timings> {
  cpuMs: number;
  /** Of the whole machine, meanwhile. */
  busyMs: number;
  idleMs: number;
  throttled: { periods: number; of: number } | undefined;
  peakBytes: number;
  memory: MemorySample[];
}
