/** What a file holds beyond the pixels that were taken, or pixels that may be wrong. */
export type Oddity = 'animation' | 'damaged' | 'cmyk';
