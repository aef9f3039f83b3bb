/** Pixels of 8 bits, upright, rows from the top. */
export interface Pixels {
  width: number;
  height: number;
  /** 1: grey, 3: RGB interleaved. */
  channels: 1 | 3;
  /** `height * width * channels` bytes. */
  data: Uint8Array;
}

/** Called with the size that a header claims, before anything is decoded; throws if it is above the limit. */
export type SizeCheck = (width: number, height: number) => void;
