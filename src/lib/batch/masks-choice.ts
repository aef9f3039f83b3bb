/** Which masks a run keeps. */
export const MASK_CHOICES = ['none', 'manipulated', 'all'] as const;
export type MaskChoice = (typeof MASK_CHOICES)[number];
