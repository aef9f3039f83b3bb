import { encodeMask, encodeProbability, encodeRgb } from './encode.js';
import { encodeNpy } from './npy.js';
import {
  OUTPUT_KINDS,
  type OutputFiles,
  type OutputFormat,
  type OutputFormats,
  type OutputKind,
} from './output-kinds.js';
import { drawOverlay } from './overlay.js';
import type { ProbabilityMap } from './probability-map.js';
import { drawStrokes, type Strokes } from './strokes.js';

/** What outputs are made of. */
export interface OutputSource {
  map: ProbabilityMap;
  /** 0 and 255, `height * width` bytes. */
  mask: Uint8Array;
  /** Of the image. */
  width: number;
  height: number;
  /** RGB of the image, where an output is drawn on it. */
  data: Uint8Array | undefined;
  /** Drawn on top, in pixels of the image. */
  strokes: readonly Strokes[];
}

type Encoder<Kind extends OutputKind = OutputKind> = (
  source: OutputSource,
  format: OutputFormat<Kind>,
) => Promise<Uint8Array> | Uint8Array | undefined;

const ENCODERS: { [Kind in OutputKind]: Encoder<Kind> } = {
  mask: ({ mask, width, height }) => encodeMask(mask, width, height),
  probability: ({ map, width, height }, format) =>
    format === 'npy' ? encodeNpy(map) : encodeProbability(map, width, height),
  overlay: ({ map, mask, width, height, data, strokes }, format) => {
    if (!data) return undefined;
    const overlay = drawOverlay({ width, height, data }, map, mask);
    for (const stroke of strokes) drawStrokes(overlay, width, height, stroke);
    return encodeRgb(overlay, width, height, format);
  },
};

/** The outputs asked for, encoded one after the other. */
export async function encodeOutputs(source: OutputSource, formats: OutputFormats): Promise<OutputFiles> {
  const files: OutputFiles = {};
  for (const kind of OUTPUT_KINDS) {
    const format = formats[kind];
    // Which format belongs to which kind is more than a loop's type can say.
    const encode = ENCODERS[kind] as (source: OutputSource, format: string) => ReturnType<Encoder>;
    const file = format && (await encode(source, format));
    if (file) files[kind] = file;
  }
  return files;
}
