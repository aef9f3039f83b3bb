import type { Drawing } from '../predict/exhibit/drawing.js';
import type { CaseFailure, CaseResult } from './schema.js';

/** An exhibit as it is kept on disk and sent. */
export interface KeptExhibit {
  /** Their addresses: `data:` with all of them, or `cid:` where whoever asked puts them in. */
  pictures: { photo: string; heat: string };
  drawings: Drawing[];
}

/** A photo of a case file. */
export type CaseEntry =
  | { result: CaseResult; exhibit: KeptExhibit; failure?: undefined }
  | { failure: CaseFailure; result?: undefined };
