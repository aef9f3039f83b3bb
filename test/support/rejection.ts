import { OfxError } from '../../src/lib/core/errors.js';

/** The error that a promise is rejected with; a promise that is kept, or rejected by a defect, fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<OfxError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OfxError) return error;
    throw error;
  }
  throw new Error('Expected an error, got none.');
}
