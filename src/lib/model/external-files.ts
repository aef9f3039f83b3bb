import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { references } from './external-data.js';

/**
 * Checks the files that an ONNX file keeps its weights in before ONNX Runtime opens them, whose own messages name its source files.
 *
 * @throws {OfxError} ONNX_INVALID where one is missing, too short, or a link that leads out of the folder, and as `externalData`
 */
export async function checkExternalFiles(file: string): Promise<void> {
  const needed = references(file);
  if (needed.size === 0) return;
  const folder = await realpath(path.dirname(file));
  for (const [location, bytes] of needed) {
    const part = path.join(path.dirname(file), location);
    const found = await statOf(file, part);
    const isBelow = (await realpath(part)).startsWith(path.join(folder, path.sep));
    const problem = !found.isFile()
      ? 'which is not a file'
      : !isBelow
        ? 'a link that leads out of its folder, which ONNX Runtime refuses'
        : found.size < bytes
          ? `which has ${found.size} bytes where ${bytes} are needed`
          : undefined;
    if (problem === undefined) continue;
    throw new OfxError('ONNX_INVALID', `${file} keeps its weights in ${part}, ${problem}.`, {
      suggestion: 'Copy both files themselves into one folder (cp -L), or convert the checkpoint again.',
    });
  }
}

async function statOf(file: string, part: string): ReturnType<typeof stat> {
  try {
    return await stat(part);
  } catch (error) {
    throw missingPart(file, part, error);
  }
}

/** Why a file that an ONNX file refers to cannot be read. */
export function missingPart(file: string, part: string, error: unknown): OfxError {
  const code = systemCode(error) ?? 'unknown error';
  const options = { cause: error };
  if (code !== 'ENOENT') return new OfxError('INPUT_UNREADABLE', `Cannot read ${part} (${code}).`, options);
  return new OfxError('ONNX_INVALID', `${file} keeps its weights in ${part}, which is not there.`, {
    suggestion: 'Copy that file to where it belongs, too, or convert the checkpoint again.',
    ...options,
  });
}
