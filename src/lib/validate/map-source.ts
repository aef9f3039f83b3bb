import { findingOfOddity, type Finding, type FindingCode } from '../dataset/finding.js';
import type { Sample } from '../dataset/sample.js';
import type { RgbImage } from '../image/decode/index.js';
import type { ImageLimits } from '../image/decode/samples.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import type { Strokes } from '../image/strokes.js';
import type { Fusion } from '../model/manifest.js';
import type { ModelIdentity } from '../model/network.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import type { Analyser } from '../predict/analyse.js';
import type { Scoring } from '../predict/scoring.js';

/** What a report says of where scores and maps come from. */
export type SourceIdentity = Omit<ModelIdentity, 'precision'> & { precision: string };

export interface LookOptions extends Scoring {
  limits: Partial<ImageLimits>;
  /** Changes the photo, and maybe its size, before anything looks at it. */
  change?: ((image: RgbImage) => Promise<RgbImage>) | undefined;
}

/** What is said of one image. */
export interface Look {
  image: RgbImage;
  /** Before any change, in pixels. */
  decoded: { width: number; height: number };
  sha256: string;
  /** Probability that the image is manipulated, after and before the temperature. */
  score: number;
  rawScore: number;
  map: ProbabilityMap;
  /** Log-odds of each source of evidence alone, by its name. */
  logits: Record<string, number>;
  strokes: Strokes[];
  /** Milliseconds of preprocessing and inference. */
  ms: number;
  findings: readonly FindingCode[];
}

/** Whatever gives scores and maps: a model, or predictions on disk. */
export interface MapSource {
  readonly identity: SourceIdentity;
  /** What was assumed and people should know, one sentence each. */
  readonly notes: readonly string[];
  /** Sources of evidence by name. */
  readonly evidence: readonly string[];
  /** How its sources of evidence are joined, where they are. */
  readonly fusion: Fusion | undefined;
  /** What people call a source of evidence. */
  titleOf(evidence: string): string;
  /** The name of a way of scoring, under which thresholds fitted for it are kept. */
  wayOf(scoring: Scoring): string;
  thresholds(scoring: Scoring): Promise<EffectiveThresholds>;
  /** @throws {OfxError} for bad input */
  look(sample: Sample, options: LookOptions, signal: AbortSignal | undefined): Promise<Look>;
  /** What it found about the data as a whole. */
  findings(): Finding[];
  close(): Promise<void>;
}

/** A model, and its other sources of evidence. */
export function modelSource(analyser: Analyser): MapSource {
  const { identity, notes } = analyser.network;
  return {
    identity,
    notes,
    evidence: analyser.evidence.sources,
    fusion: analyser.evidence.fusion,
    titleOf: (evidence) => analyser.titleOf(evidence),
    wayOf: (scoring) => analyser.wayOf(scoring),
    thresholds: (scoring) => analyser.thresholds(scoring),
    findings: () => [],
    close: () => analyser.close(),
    async look({ image: file }, options, signal) {
      const { evidence, timingsMs, oddities, ...seen } = await analyser.examine(
        file,
        options,
        signal,
        'The image',
      );
      return {
        ...seen,
        logits: Object.fromEntries(Object.entries(evidence).map(([name, { logit }]) => [name, logit])),
        ms: timingsMs.preprocess + timingsMs.inference,
        findings: oddities.map(findingOfOddity),
      };
    },
  };
}
