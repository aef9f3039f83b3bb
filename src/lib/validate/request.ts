import type { Layout } from '../dataset/sample.js';
import type { Distortion } from '../image/distort.js';
import type { ImageLimits } from '../image/decode/samples.js';
import type { Objective } from '../metrics/calibrate.js';
import type { Protocol } from '../metrics/definitions.js';
import type { Condition } from '../gates/condition.js';
import type { ModelReference } from '../model/catalogue.js';
import type { AnalyserOptions } from '../predict/analyse.js';
import type { Scoring } from '../predict/scoring.js';
import type { MapFormat } from '../run/maps.js';
import type { PanelFormat } from '../run/files.js';
import type { PanelChoice } from './panels.js';
import type { ScoreAt } from './score.js';

export interface ValidateRequest extends Scoring {
  /** The data set's folder, or its list. */
  dataset: string;
  split?: string | undefined;
  layout?: Layout | undefined;
  /** Left out where predictions are given. */
  model?: ModelReference | undefined;
  detector: AnalyserOptions;
  /** Folder of maps on disk, which are measured instead of a model's. */
  predictions?: string | undefined;
  /** File of scores for them. */
  scores?: string | undefined;
  /** Keep the probability maps of all images. */
  saveMaps?: MapFormat | undefined;
  /** The run's folder; `reports/<data set>-<model>-<date>` without. */
  out?: string | undefined;
  protocol: Protocol;
  scoreAt: ScoreAt;
  /** The model's own where it is left out. */
  scoreThreshold?: number | undefined;
  maskThreshold?: number | undefined;
  sweepStep: number;
  panels: PanelChoice;
  /** [png] */
  panelFormat?: PanelFormat | undefined;
  /** The bare prediction mask beside each panel. [false] */
  masks?: boolean | undefined;
  charts: boolean;
  /** The first so many samples only. */
  limit?: number | undefined;
  /** So many samples drawn by chance, in the data set's order. */
  sample?: number | undefined;
  seed: number;
  /** Take up an interrupted run. */
  resume: boolean;
  /** A ground truth of another size than its image is an error. */
  strict: boolean;
  /** Fit thresholds on this data set and keep them. */
  calibrate?: Objective | undefined;
  /** With `calibrate`: fit how the sources of evidence are joined, too. [false] */
  fitFusion?: boolean | undefined;
  /** Where fitted thresholds are kept: a file, or a model's folder. [the user's data folder] */
  into?: string | undefined;
  /** SHA-256 of images that the thresholds in force were fitted on. */
  fittedOnImages?: ReadonlySet<string> | undefined;
  limits: Partial<ImageLimits>;
  /** What must not be of the run's numbers. */
  failOn?: readonly Condition[];
  /** Folder of the run that `drops` and `rises` look at. */
  baseline?: string | undefined;
  /** Score the data set again under each distortion of its photos. */
  robustness?: readonly Distortion[] | undefined;
}

/** What a run tells while it works. */
export interface ValidateEvents {
  onNote?: (note: string) => void;
  onStart?: (total: number, done: number) => void;
  /** Samples that are finished, of all. */
  onProgress?: (done: number) => void;
  /** All images are scored; charts and files follow. */
  onReport?: () => void;
}
