import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { externalData } from './external-data.js';
import { missingPart } from './external-files.js';

/** What a network on disk consists of. */
export interface OnnxContent {
  /** Of the ONNX file and then of every file that it refers to, in the order of their names, as one stream of bytes. */
  sha256: string;
  /** Of all of them together. */
  bytes: number;
  /** What the ONNX file refers to, relative to its folder. */
  externalData: string[];
}

/**
 * Identifies a network by everything that it is made of. `cat model.onnx model.onnx.data | sha256sum` gives the same; of a
 * file that refers to no other it is the file's own.
 *
 * @throws {OfxError} as `externalData`; ONNX_INVALID where a file that it refers to is missing
 */
export async function hashOnnx(file: string): Promise<OnnxContent> {
  const referred = externalData(file);
  const hash = createHash('sha256');
  let bytes = 0;
  for (const part of [file, ...referred.map((location) => path.join(path.dirname(file), location))]) {
    try {
      for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
      }
    } catch (error) {
      throw unreadable(file, part, error);
    }
  }
  return { sha256: hash.digest('hex'), bytes, externalData: referred };
}

function unreadable(file: string, part: string, error: unknown): OfxError {
  if (part !== file) return missingPart(file, part, error);
  const code = systemCode(error) ?? 'unknown error';
  const options = { cause: error };
  const name = code === 'ENOENT' ? 'MODEL_NOT_FOUND' : 'INPUT_UNREADABLE';
  return new OfxError(name, `Cannot read ${part} (${code}).`, options);
}
