/** What can be written for an image. */
export interface OutputInfo {
  /** The flag of `ofx predict` that asks for it, and its letter. */
  flag: string;
  char?: 'o';
  /** Formats by the endings that they are known by; the first is that of files in a folder. */
  formats: Readonly<Record<string, readonly `.${string}`[]>>;
  /** Whether the pixels of the image are drawn on. */
  needsPixels: boolean;
  help: string;
  /** What a request to the service asks for, and what the answer holds. */
  query: string;
  answer: string;
}

/**
 * Every kind of output of `ofx predict` and `POST /v1/predict`: flags, endings, schemas, columns and journals come from
 * here. How each is drawn stands in `output-encoders.ts`.
 */
export const OUTPUTS = {
  mask: {
    flag: 'out',
    char: 'o',
    // A mask that went through JPEG would no longer be 0 and 255.
    formats: { png: ['.png'] },
    needsPixels: false,
    help: 'Binary mask, PNG 0/255 at the size of the image: a file for one input, a folder for several',
    query: 'Adds the binary mask: PNG 0/255 at the size of the image',
    answer: 'Binary mask, PNG',
  },
  probability: {
    flag: 'probability',
    formats: { npy: ['.npy'], png: ['.png'] },
    needsPixels: false,
    help: 'Probability map: .npy (float32 at the network’s size, with --tile at that of the windows together) or .png (16-bit grey at the size of the image)',
    query:
      'Adds the probability map: NumPy float32 at the network’s side, or PNG 16-bit grey at the size of the image',
    answer: 'Probability map, .npy or PNG',
  },
  overlay: {
    flag: 'overlay',
    formats: { png: ['.png'], jpeg: ['.jpg', '.jpeg'] },
    needsPixels: true,
    help: 'Heat map over the image: PNG, or JPEG where the file ends in .jpg',
    query: 'Adds the heat map over the image',
    answer: 'Heat map over the image, PNG or JPEG',
  },
} as const satisfies Record<string, OutputInfo>;

export type OutputKind = keyof typeof OUTPUTS;
export type OutputFormat<Kind extends OutputKind> = keyof (typeof OUTPUTS)[Kind]['formats'] & string;

/** Which outputs are asked for, and in which format. */
export type OutputFormats = { [Kind in OutputKind]?: OutputFormat<Kind> | undefined };

/** Encoded outputs. */
export type OutputFiles = Partial<Record<OutputKind, Uint8Array>>;

export const OUTPUT_KINDS = Object.keys(OUTPUTS) as OutputKind[];

/** Something for each kind, in their order. */
export function forEachOutput<Value>(
  value: (info: OutputInfo, kind: OutputKind) => Value,
): Record<OutputKind, Value> {
  return Object.fromEntries(OUTPUT_KINDS.map((kind) => [kind, value(OUTPUTS[kind], kind)])) as Record<
    OutputKind,
    Value
  >;
}

/** The endings that files of a kind may have; the first is that of files in a folder. */
export function endingsOf(kind: OutputKind): readonly [string, ...string[]] {
  return Object.values<readonly string[]>(OUTPUTS[kind].formats).flat() as [string, ...string[]];
}

/** The format that an ending asks for, in any case; undefined where it is none of the kind. */
export function formatOfEnding<Kind extends OutputKind>(
  kind: Kind,
  ending: string,
): OutputFormat<Kind> | undefined {
  const formats = Object.entries<readonly string[]>(OUTPUTS[kind].formats);
  return formats.find(([, endings]) => endings.includes(ending.toLowerCase()))?.[0] as
    OutputFormat<Kind> | undefined;
}

/** Whether one of the outputs is drawn on the image. */
export function needPixels(formats: OutputFormats): boolean {
  return OUTPUT_KINDS.some((kind) => formats[kind] !== undefined && OUTPUTS[kind].needsPixels);
}
