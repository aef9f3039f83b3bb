import { OfxError, systemCode } from '../core/errors.js';

/** One image to look at, or an input that cannot become one. */
export interface InputFile {
  /** The path as people gave it or as it was found. */
  image: string;
  /** Where it lies below the folder it was found in, with `/`; outputs mirror this path. */
  below: string;
  error?: OfxError;
}

/** Why a file of a searched folder is no input. */
export type SkipReason = 'no-image' | 'own-output' | 'ground-truth' | 'hidden';

export type OnSkipped = (file: string, reason: SkipReason) => void;

export function missing(image: string): OfxError {
  return new OfxError('INPUT_MISSING', `There is no file ${image}.`, { suggestion: 'Check the path.' });
}

export function brokenLink(image: string): OfxError {
  return new OfxError('INPUT_MISSING', `There is no file behind the link ${image}.`, {
    suggestion: 'Point the link at an image, or remove it.',
  });
}

/** A pipe, a socket or a device that is named like an image: nobody can tell what would come out of it. */
export function specialFile(image: string): OfxError {
  return new OfxError(
    'INPUT_UNREADABLE',
    `${image} is a pipe, a socket or a device, which is not read in a search.`,
    {
      suggestion: 'Name it itself, if an image comes out of it, or leave it out.',
    },
  );
}

export function nothingMatches(glob: string): OfxError {
  return new OfxError('INPUT_MISSING', `No file matches ${glob}.`, { suggestion: 'Check the pattern.' });
}

/** What lies in a folder that cannot be listed was not seen. */
export function unsearchable(folder: string, cause: unknown): OfxError {
  const code = systemCode(cause) ?? 'unknown error';
  const full = code === 'EMFILE' || code === 'ENFILE';
  const gone = ['ESTALE', 'EIO', 'ENOTCONN', 'ENXIO', 'EHOSTDOWN', 'ETIMEDOUT'].includes(code);
  return new OfxError(
    gone ? 'INPUT_LOST' : full ? 'TOO_MANY_OPEN_FILES' : 'INPUT_UNREADABLE',
    `The folder ${folder} cannot be searched (${code}): what is in it was not looked at.`,
    {
      cause,
      suggestion: gone
        ? 'Check whether the disk or share is still there, and run the same command again.'
        : full
          ? 'Allow more open files (ulimit -n), or lower --concurrency.'
          : 'Give yourself the right to read it, or leave it out.',
    },
  );
}

/** Node's paths are text, and this one is none. */
export function notText(image: string): OfxError {
  return new OfxError('INPUT_UNREADABLE', `The name of ${image} is not valid UTF-8.`, {
    suggestion: 'Rename it; convmv changes the names of whole folders.',
  });
}

/** A name that is not UTF-8 as people can read it: bytes beyond ASCII as `\xE9`. */
export function shownBytes(name: Uint8Array): string {
  return Buffer.from(name)
    .toString('latin1')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
