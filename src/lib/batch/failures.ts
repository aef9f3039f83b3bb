import { ERROR_TABLE, OfxError, systemCode } from '../core/errors.js';

/** What the machine may run out of, or lose, while it reads an image: none of the image's fault. */
const MACHINE = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EIO',
  'ESTALE',
  'ENXIO',
  'ENOTCONN',
  'ETIMEDOUT',
  'EHOSTDOWN',
]);

/** Exit status of what the system refuses, memory or open files: another machine may have them. */
const SYSTEM_REFUSES = ERROR_TABLE.OUT_OF_MEMORY.exit;

/**
 * Whether an error says something about one image, and so becomes its row. A full disk, a lost mount, a broken model or a
 * defect would fail all the images after it too: then the shard is given back for another machine.
 */
export function isAboutImage(error: unknown): error is OfxError {
  if (!(error instanceof OfxError)) return false;
  if (MACHINE.has(systemCode(error.cause) ?? '') || error.exitStatus === SYSTEM_REFUSES) return false;
  // An image that took its worker with it twice is to blame for that.
  return error.scope === 'image' || error.code === 'WORKER_LOST';
}

/** This machine cannot go on, though others may: its disk is full, its model gone, its storage out of reach. */
export class Unfit extends OfxError {
  constructor(cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super('IO_FAILED', message, {
      suggestion:
        (cause instanceof OfxError ? cause.suggestion : undefined) ??
        'What is finished stays finished: run the same command again, here or on another machine.',
      cause,
    });
  }
}
