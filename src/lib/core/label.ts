/** What a data set says of an image. */
export const TAMPERED = 1;
export const AUTHENTIC = 0;
export type Label = typeof TAMPERED | typeof AUTHENTIC;

/** A pixel of a ground truth is tampered above this grey value. */
export const TRUTH_THRESHOLD = 127;
