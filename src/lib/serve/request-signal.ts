import type { FastifyReply } from 'fastify';
import { OfxError } from '../core/errors.js';
import { clientGone } from './uploads.js';

/**
 * Aborted when nobody waits for the answer any more: with CLIENT_GONE when the connection closes before it was sent, with
 * DEADLINE_EXCEEDED after `deadlineMs`. (Fastify's own `request.signal` is aborted as soon as the body has been read.)
 */
export function requestSignal(reply: FastifyReply, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  const deadline = setTimeout(() => {
    const seconds = deadlineMs / 1000;
    controller.abort(
      new OfxError('DEADLINE_EXCEEDED', `There was no result within ${seconds} s.`, {
        suggestion: 'The server is busy: try again later.',
      }),
    );
  }, deadlineMs);
  reply.raw.once('close', () => {
    clearTimeout(deadline);
    if (!reply.raw.writableFinished) controller.abort(clientGone());
  });
  return controller.signal;
}
