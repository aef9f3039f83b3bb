import { Type, type Static } from '@sinclair/typebox';
import type { Oddity } from '../image/decode/oddity.js';
import { inNumber } from '../text/plural.js';

/** How many examples a finding names; the count tells the rest. */
const EXAMPLES = 10;

/** Something about the data that whoever reads a number should know. */
export const FindingSchema = Type.Object(
  {
    code: Type.String({ description: 'For scripts, e.g. "missing-mask"' }),
    severity: Type.Union([Type.Literal('error'), Type.Literal('warning'), Type.Literal('note')], {
      description: 'error: samples are left out; warning: numbers may mislead; note: worth knowing',
    }),
    message: Type.String(),
    count: Type.Integer({ minimum: 1 }),
    examples: Type.Array(Type.String(), { description: `The first ${EXAMPLES}` }),
  },
  { title: 'A finding about a data set' },
);
export type Finding = Static<typeof FindingSchema>;

/**
 * Every finding that reading a data set can give. The message is completed by the count, whose number it takes, and the
 * examples.
 */
export const FINDINGS = {
  'bad-line': ['error', 'line{|s} of the list {is|are} not understood and {was|were} left out'],
  'path-outside': [
    'error',
    'listed path{|s} {leads|lead} out of the data set’s folder and {was|were} refused',
  ],
  'contradicting-lines': [
    'error',
    'image{|s} {is|are} listed again with another label or mask; the first line counts',
  ],
  'duplicate-line': ['warning', 'image{|s} {is|are} listed more than once; each counts once'],
  'absolute-path': ['note', 'absolute path{|s} in the data set’s folder {was|were} accepted'],
  'space-separated': ['note', 'line{|s} {is|are} separated by spaces instead of tabs'],
  'odd-label': ['error', 'line{|s} with a label that is not understood {was|were} left out'],
  'missing-mask': ['error', 'tampered image{|s} without ground truth {counts|count} at image level only'],
  'unmasked-image': [
    'warning',
    'image{|s} {has|have} no ground truth in a folder with masks: {it counts|they count} as authentic',
  ],
  'unmatched-mask': ['warning', 'ground-truth file{|s} {belongs|belong} to no image'],
  'ambiguous-mask': [
    'warning',
    'image{|s} {has|have} several ground-truth files; the first by name was taken',
  ],
  'shared-mask': ['warning', 'ground-truth file{|s} {is|are} claimed by several images'],
  'missing-image': ['error', 'listed image{|s} {does|do} not exist'],
  'missing-mask-file': ['error', 'listed ground-truth file{|s} {does|do} not exist'],

  unreadable: ['error', 'file{|s} could not be read'],
  'several-pages': [
    'error',
    'file{|s} {has|have} several pages, where a sample is one image: save pages as images of their own',
  ],
  'size-differs': [
    'warning',
    'ground truth{|s} {has another size than its|have another size than their} image',
  ],
  'empty-truth': [
    'warning',
    'tampered image{|s} {has|have} a ground truth without a positive pixel: left out of pixel metrics',
  ],
  'lost-truth': [
    'warning',
    'ground truth{|s} {loses its|lose their} last positive pixel at the network’s size: left out of pixel metrics',
  ],
  'full-truth': ['warning', 'ground truth{|s} {marks|mark} the whole image'],
  'inverted-truth': [
    'warning',
    'ground truth{|s} {looks|look} inverted: most of the image and most of its border {is|are} marked',
  ],
  'grey-truth': [
    'note',
    'ground truth{|s} {holds|hold} grey values besides 0 and 255: > 127 counts as tampered',
  ],
  'dark-truth': [
    'warning',
    'ground truth{|s} {has|have} no white: class numbers, or dark marks; what is not black counts as tampered',
  ],
  'colour-truth': [
    'warning',
    'ground truth{|s} {has|have} colours on black: what is not black counts as tampered',
  ],
  'alpha-truth': [
    'warning',
    'ground truth{|s} {holds its|hold their} marks in the alpha channel: what is opaque counts as tampered',
  ],
  'mixed-truth': ['warning', 'way{|s} of marking ground truth {is|are} used in this data set'],
  'photo-as-truth': [
    'warning',
    'ground truth{|s} {looks like a photo|look like photos}: most pixels are neither black nor white',
  ],
  'duplicate-image': ['warning', 'image{|s} {has|have} the same content as another one'],
  'contradicting-labels': ['error', 'image{|s} {has|have} another label than an image with the same content'],
  'one-class': [
    'warning',
    'class is missing: numbers that compare tampered and authentic images cannot be given',
  ],
  unbalanced: [
    'note',
    'class is more than four times as large as the other: accuracy and precision depend on that',
  ],
  'unmatched-prediction': ['warning', 'prediction{|s} {belongs|belong} to no image of the data set'],
  'score-from-map': [
    'warning',
    'image{|s} {has|have} no score: the largest value of {its map|their maps} stands for it',
  ],
  'dark-prediction': [
    'warning',
    'map{|s} {has|have} no level above 1 of 255: a mask of 0 and 1 is saved as 0 and 255',
  ],
  'square-prediction': [
    'note',
    'map{|s} {is|are} square and of another size than {its image|their images}: taken for a network’s own',
  ],
  'animation-image': [
    'warning',
    'image{|s} {is an animation|are animations}: only the first frame is looked at',
  ],
  'damaged-image': ['warning', 'image{|s} {is|are} damaged: parts of {it|them} may be wrong'],
  'cmyk-image': ['note', 'image{|s} {is|are} CMYK, which every decoder turns into RGB in its own way'],
  'small-image': ['note', 'image{|s} {is|are} smaller than the network’s input and will be enlarged'],
  'label-from-mask': [
    'note',
    'label{|s} {was|were} taken from the ground truth: an image whose mask is black is authentic',
  ],
} as const satisfies Record<string, readonly [Finding['severity'], string]>;

export type FindingCode = keyof typeof FINDINGS;

/** What a data set says of an image whose file is odd. */
export function findingOfOddity(oddity: Oddity): FindingCode {
  return `${oddity}-image`;
}

/** Collects findings by code while data are read. */
export class Findings {
  readonly #examples = new Map<FindingCode, string[]>();
  readonly #counts = new Map<FindingCode, number>();

  add(code: FindingCode, example: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count > EXAMPLES) return;
    const examples = this.#examples.get(code);
    if (examples) examples.push(example);
    else this.#examples.set(code, [example]);
  }

  count(code: FindingCode): number {
    return this.#counts.get(code) ?? 0;
  }

  /** Worst first, in the table's order within a severity. */
  list(): Finding[] {
    const found = (Object.keys(FINDINGS) as FindingCode[]).filter((code) => this.#counts.has(code));
    return (['error', 'warning', 'note'] as const).flatMap((severity) =>
      found
        .filter((code) => FINDINGS[code][0] === severity)
        .map((code) => {
          const count = this.#counts.get(code)!;
          return {
            code,
            severity,
            message: `${count} ${inNumber(count, FINDINGS[code][1])}`,
            count,
            examples: this.#examples.get(code)!,
          };
        }),
    );
  }
}
