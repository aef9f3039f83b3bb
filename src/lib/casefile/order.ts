import { VERDICTS, type Verdict } from '../core/verdict.js';

/** What decides the place of a photo in a case file. */
export interface Placed {
  image: string;
  /** Nothing of what could not be examined. */
  verdict?: Verdict | undefined;
  score?: number | undefined;
}

/** Worst first: by verdict, then by score, then by name; what could not be examined comes last. */
export function worstFirst(a: Placed, b: Placed): number {
  return (
    rank(a) - rank(b) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    (a.image < b.image ? -1 : Number(a.image > b.image))
  );
}

function rank({ verdict }: Placed): number {
  return verdict === undefined ? VERDICTS.length : VERDICTS.indexOf(verdict);
}
