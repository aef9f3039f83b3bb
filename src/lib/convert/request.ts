import type { Fit, Precision } from '../model/manifest.js';
import type { OwnNetwork } from './own-network.js';

/** What `ofx convert` is asked for. */
export interface ConvertRequest {
  /** A file; or a model's folder, where more precisions are to be made of it. */
  checkpoint: string;
  /** The model's folder, to be made. */
  out: string;
  /** [288 and 380; of a model all that it has]. */
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
  /** Code that builds the network, where it is none that ofx knows. It is run. */
  own?: OwnNetwork | undefined;
  /** Name the first node of a file that leaves PyTorch. */
  bisect?: boolean | undefined;
  /** What is made [fp32]. */
  precisions?: readonly Precision[] | undefined;
  /** What is taken where nobody asks for a precision [fp32, where it is made]. */
  defaultPrecision?: Precision | undefined;
  /** Folder of photos that int8 is calibrated on [the shipped samples]. */
  calibration?: string | undefined;
  /** 7 bits for the weights of int8 [where this processor has no VNNI]. */
  reduceRange?: boolean | undefined;
  /** Data set that other precisions are held against float32 on. */
  validate?: string | undefined;
  /** How much of macro F1 and of image AUC they may lose there. */
  maxLoss: number;
  /** Replace the folder if it is a model already, and keep precisions that lose more. */
  force: boolean;
}
