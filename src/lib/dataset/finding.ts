import { Type, type Static } from '@sinclair/typebox';

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
 * Every finding that reading a data set can give. The message is completed by the count and the examples.
 */
export const FINDINGS = {
  'bad-line': ['error', 'lines of the list are not understood and were left out'],
  'path-outside': ['error', 'listed paths lead out of the data set’s folder and were refused'],
  'contradicting-lines': [
    'error',
    'images are listed again with another label or mask; the first line counts',
  ],
  'duplicate-line': ['warning', 'images are listed more than once; each counts once'],
  'absolute-path': ['note', 'absolute paths that lie in the data set’s folder were accepted'],
  'space-separated': ['note', 'lines are separated by spaces instead of tabs'],
  'odd-label': ['warning', 'labels are no numbers and were taken as tampered'],
  'missing-mask': ['error', 'tampered images have no ground truth: they count at image level only'],
  'unmatched-mask': ['warning', 'ground-truth files belong to no image'],
  'ambiguous-mask': ['warning', 'images have several ground-truth files; the first by name was taken'],
  'shared-mask': ['warning', 'ground-truth files are claimed by several images'],
  'missing-image': ['error', 'listed images do not exist'],
  'missing-mask-file': ['error', 'listed ground-truth files do not exist'],

  unreadable: ['error', 'files could not be read'],
  'size-differs': ['warning', 'ground truths have another size than their image'],
  'empty-truth': [
    'warning',
    'tampered images have a ground truth without a positive pixel: left out of pixel metrics',
  ],
  'lost-truth': [
    'warning',
    'ground truths lose their last positive pixel at the network’s size: left out of pixel metrics',
  ],
  'full-truth': ['warning', 'ground truths mark the whole image'],
  'inverted-truth': [
    'warning',
    'ground truths look inverted: they mark most of the image and most of its border',
  ],
  'grey-truth': ['note', 'ground truths hold grey values besides 0 and 255: > 127 counts as tampered'],
  'photo-as-truth': [
    'warning',
    'ground truths look like photos: most of their pixels are neither black nor white',
  ],
  'duplicate-image': ['warning', 'images have the same content as another one'],
  'contradicting-labels': ['error', 'images with the same content have different labels'],
  'one-class': [
    'warning',
    'class is missing: numbers that compare tampered and authentic images cannot be given',
  ],
  unbalanced: [
    'note',
    'class is more than four times as large as the other: accuracy and precision depend on that',
  ],
  'small-image': ['note', 'images are smaller than the network’s input and will be enlarged'],
  'label-from-mask': [
    'note',
    'labels were taken from the ground truth: an image whose mask is missing or black is authentic',
  ],
} as const satisfies Record<string, readonly [Finding['severity'], string]>;

export type FindingCode = keyof typeof FINDINGS;

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
            message: `${count} ${FINDINGS[code][1]}`,
            count,
            examples: this.#examples.get(code)!,
          };
        }),
    );
  }
}
