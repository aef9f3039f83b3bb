import { OfxError } from '../core/errors.js';
import { exists } from '../files/exists.js';

/** Code of the user's own that builds the network of a checkpoint. */
export interface OwnNetwork {
  /** A Python file. */
  file: string;
  /** What in it gives the network. */
  callable: string;
}

/**
 * What `--arch FILE.py:NAME` names; the code only runs where it is trusted.
 *
 * @throws {OfxError} USAGE
 */
export function ownNetwork(spec: string | undefined, trusted: boolean): OwnNetwork | undefined {
  if (spec === undefined) return undefined;
  const [, file, callable] = /^(.+\.py):([\p{L}_][\p{L}\p{N}_]*)$/u.exec(spec) ?? [];
  if (file === undefined || callable === undefined) {
    throw new OfxError('USAGE', `--arch ${spec} does not name a callable in a Python file.`, {
      suggestion: 'For example: --arch net.py:build --trust-code',
    });
  }
  if (!trusted) {
    throw new OfxError(
      'USAGE',
      `--arch runs the code in ${file}, and what it imports, on this machine with all that you may do.`,
      { suggestion: 'Read it; if you trust it, add --trust-code.' },
    );
  }
  return { file, callable };
}

/** @throws {OfxError} INPUT_MISSING */
export async function checkOwnNetwork(own: OwnNetwork | undefined): Promise<void> {
  if (own === undefined || (await exists(own.file))) return;
  throw new OfxError('INPUT_MISSING', `There is no file ${own.file} for --arch.`);
}

/** What the scripts in Python are told. */
export function archArgs(own: OwnNetwork | undefined): string[] {
  return own === undefined ? [] : [`--arch=${own.file}:${own.callable}`];
}
