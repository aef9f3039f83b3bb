import type { Drawing } from '../predict/exhibit/drawing.js';
import type { CaseFailure, CaseResult } from './schema.js';

/** An exhibit as it is kept on disk and sent: its pictures in Base64. */
export interface KeptExhibit {
  pictures: { photo: string; heat: string };
  drawings: Drawing[];
}

/** A photo of a case file. */
export type CaseEntry = { result: CaseResult; exhibit: KeptExhibit } | { failure: CaseFailure };
