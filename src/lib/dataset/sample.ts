import type { Label } from '../core/label.js';
import type { Finding } from './finding.js';

export const LAYOUTS = ['split-file', 'json-list', 'tp-gt', 'images-masks', 'tampered-authentic'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** One image of a data set and what is said to be true about it. */
export interface Sample {
  /** Path below the data set's root, with `/`; names the sample. */
  name: string;
  /** Absolute path. */
  image: string;
  /** Absolute path of the ground truth; null where there is none. */
  mask: string | null;
  /** Null where the ground truth decides: a mask that marks a pixel means tampered. */
  label: Label | null;
  /** What kind of image it is, e.g. `splice`: a column of the list, or the sub-folder that it lies in; null where nothing says. */
  category: string | null;
}

/** A data set as far as its files' names and lists tell; no image has been opened. */
export interface Dataset {
  /** For people and for the names of reports: the last part of the root's path. */
  name: string;
  /** Absolute path that samples' names are relative to. */
  root: string;
  layout: Layout;
  /** The list that was read, for the layouts that have one; absolute. */
  list: string | null;
  /** In the order of the list, or by name. */
  samples: Sample[];
  findings: Finding[];
  /** Samples that were listed but cannot be used. */
  leftOut: number;
}
