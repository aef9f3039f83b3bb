/** A line of `thresholds.csv`; null where the data cannot give a number. */
export interface SweepRow {
  threshold: number;
  pixelMacroF1: number | null;
  pixelMacroIou: number | null;
  pixelMacroPrecision: number | null;
  pixelMacroRecall: number | null;
  pixelMicroF1: number | null;
  pixelMicroIou: number | null;
  pixelMicroPrecision: number | null;
  pixelMicroRecall: number | null;
  imageF1: number | null;
  imageBalancedAccuracy: number | null;
  /** Share of tampered images above the threshold. */
  imageTpr: number | null;
  /** Share of authentic images above it. */
  imageFpr: number | null;
}
