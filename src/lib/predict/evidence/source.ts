import type { TSchema } from '@sinclair/typebox';
import type { Transferable } from 'node:worker_threads';
import type { RgbImage } from '../../image/decode/index.js';
import type { ProbabilityMap } from '../../image/probability-map.js';
import type { Strokes } from '../../image/strokes.js';
import type { ScoreOutput } from '../../model/probability.js';

/** What looks at the image through the model, and is always there. */
export const NETWORK = 'network';

/** What a source of evidence says about one image. */
export interface SourceReport {
  /** How much it speaks for a manipulation somewhere in the image. Log-odds may be any finite number. */
  output: ScoreOutput;
  /** Where; of any size, the whole image. */
  map?: ProbabilityMap;
  /** What people can check with their own eyes, by the names that the source's registration gives it; plain data. */
  findings?: Record<string, unknown>;
  /** The same as lines over the image, for an overlay. */
  strokes?: Strokes[];
  /** Sentences about what the reader of a result should know. */
  warnings?: string[];
}

export type Reports = ReadonlyMap<string, SourceReport>;

/**
 * A source of evidence beside the network. The work is a pure function of what `prepare` takes out of an image, and runs in a
 * thread of its own while the network runs: the same digits at any number of threads.
 *
 * @typeParam Input - plain data that a thread can be sent
 */
export interface EvidenceSource<Input = unknown> {
  /**
   * What the work needs of the image. It runs on the thread that everything else waits for, so it has to be quick at any
   * size: the image brought to the size of the search, rather than all of its pixels.
   *
   * @returns the input, and those of its buffers that may move to the thread instead of being copied
   */
  prepare: (image: RgbImage) => { input: Input; transfer?: readonly Transferable[] };
  /** In the thread. */
  examine(input: Input): SourceReport | Promise<SourceReport>;
  /**
   * Called once every source has reported, for what needs another one's answer: which of two twins the network's map marks, for
   * instance. Quick.
   */
  settle?: (report: SourceReport, others: Reports) => SourceReport;
}

/** A source as it is registered. */
export interface SourceEntry {
  /** For people: heads its number in reports. */
  title: string;
  /** What its findings look like. Each stands in the result under its own name. */
  findings?: Readonly<Record<string, TSchema>>;
  /** Loads what does the work. The network has none: it is opened by itself, with the sessions of its model. */
  load?: () => Promise<EvidenceSource>;
}

/** Sources by name, and the module that exports them as `REGISTRY`, which threads load. */
export interface SourceRegistry {
  /** `import.meta.url` of that module. */
  module: string;
  sources: Readonly<Record<string, SourceEntry>>;
}
