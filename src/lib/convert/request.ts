import type { Fit } from '../model/manifest.js';

/** What `ofx convert` is asked for. */
export interface ConvertRequest {
  checkpoint: string;
  /** The model's folder, to be made. */
  out: string;
  sizes: readonly number[];
  /** The model's name [the folder's]. */
  name?: string | undefined;
  /** An interpreter [the active virtual environment, then ofx's own]. */
  python?: string | undefined;
  /** How photos are brought to the network [stretched to squares]. */
  fit?: Fit | undefined;
  threads: number;
  /** The largest difference from the truth that is always allowed [PARITY_TOLERANCE]. */
  tolerance?: number | undefined;
  /** Which network of a checkpoint that holds several: an entry, a prefix of names, or both. */
  weights?: string | undefined;
  /** Replace the folder if it is a model already. */
  force: boolean;
}
