/** Which masks a run keeps. */
export const MASK_CHOICES = ['none', 'tampered', 'all'] as const;
export type MaskChoice = (typeof MASK_CHOICES)[number];
