import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { OfxError } from '../../core/errors.js';
import { summarisePredictions, type PredictResult } from '../../predict/result.js';
import { OFX_VERSION } from '../../core/version.js';
import { answers, IMAGE_PROBLEMS, security } from '../documentation.js';
import { LARGEST_BATCH } from '../options.js';
import { logProblem, toProblem } from '../problem.js';
import { requestSignal } from '../request-signal.js';
import { BATCH_BODY, BatchAnswerSchema, BatchQuerySchema } from '../schemas.js';
import { analyseUpload, type Service } from '../service.js';
import type { Upload } from '../uploads.js';

/**
 * `POST /v1/predict/batch`: several images in a form, each with its own result or error. They are worked on one after
 * the other, so that a batch takes no more of the server than any other client.
 */
export function batchRoute(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post(
      '/predict/batch',
      {
        config: { requestBody: BATCH_BODY },
        schema: {
          tags: ['prediction'],
          operationId: 'predictBatch',
          summary: `Scores up to ${LARGEST_BATCH} images`,
          description:
            'Each is a part of a form, in the field `image`. Each gets its own result, or its own error.',
          querystring: BatchQuerySchema,
          response: answers({ 200: BatchAnswerSchema }, IMAGE_PROBLEMS),
          ...security(service),
        },
      },
      async (request, reply) => {
        const { scoreThreshold, maskThreshold, minArea, tile } = request.query;
        const { current } = service;
        const network = current.networks.find(request.query);
        if (current.pool.full) throw current.pool.overloaded();
        const { uploads, release } = await service.uploads.read(request, LARGEST_BATCH);
        const started = performance.now();
        try {
          const signal = requestSignal(reply, uploads.length * service.options.deadlineMs);
          const options = { scoreThreshold, maskThreshold, minArea, tile };
          const score = (upload: Upload) =>
            analyseUpload(service, current, upload, network, options, { signal, trace: request.trace });
          const results = await service.quotas.spend(request, reply, uploads.length, async (giveBack) => {
            const scored: PredictResult[] = [];
            let lost = 0;
            for (const upload of uploads) {
              try {
                scored.push((await score(upload)).prediction);
              } catch (error) {
                if (!(error instanceof OfxError) || signal.aborted || error.scope === 'run') throw error;
                if (error.httpStatus >= 500) lost++;
                scored.push(failedImage(service, request, upload.name, error));
              }
            }
            await giveBack(lost);
            return scored;
          });
          const seconds = (performance.now() - started) / 1000;
          return {
            schemaVersion: 1 as const,
            ofx: OFX_VERSION,
            results,
            summary: summarisePredictions(results, seconds),
          };
        } finally {
          release();
        }
      },
    );
    done();
  };
}

function failedImage(
  { metrics }: Service,
  { log, id }: FastifyRequest,
  image: string,
  error: OfxError,
): PredictResult {
  metrics.failed(error.code);
  logProblem(log, error);
  const { code, detail } = toProblem(error, id);
  return { image, error: { code, message: detail } };
}
