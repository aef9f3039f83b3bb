import { OfxError } from '../../core/errors.js';

export function noRoom(): OfxError {
  return new OfxError('OVERLOADED', 'There is no room for another job.', {
    suggestion: 'Try again when some of those before have ended.',
  });
}
