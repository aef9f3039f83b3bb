import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import type { Static } from '@sinclair/typebox';
import { OfxError } from '../../core/errors.js';
import { forEachOutput, type OutputFormats } from '../../image/output-kinds.js';
import type { Exhibit } from '../../predict/exhibit/exhibit.js';
import { OFX_VERSION } from '../../core/version.js';
import { answers, IMAGE_PROBLEMS, security } from '../documentation.js';
import { requestSignal } from '../request-signal.js';
import { PredictAnswerSchema, PredictQuerySchema, UPLOAD_BODY } from '../schemas.js';
import { analyseUpload, type RequestedOptions, type Service } from '../service.js';

type PredictQuery = Static<typeof PredictQuerySchema>;

const JSON_TYPE = 'application/json';
const PNG_TYPE = 'image/png';

/** `POST /v1/predict`: one image in, a raw body or a form; its result out, or by `Accept: image/png` its mask. */
export function predictRoute(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post(
      '/predict',
      {
        config: { requestBody: UPLOAD_BODY },
        schema: {
          tags: ['prediction'],
          operationId: 'predict',
          summary: 'Scores one image',
          description:
            'The image is the body itself, or the field `image` of a form. The numbers are those of `ofx predict`. ' +
            'With `Accept: image/png` the answer is the binary mask.',
          querystring: PredictQuerySchema,
          response: answers(
            {
              200: {
                description: 'The result',
                content: {
                  [JSON_TYPE]: { schema: PredictAnswerSchema },
                  [PNG_TYPE]: { schema: { type: 'string', contentEncoding: 'binary' } },
                },
              },
            },
            IMAGE_PROBLEMS,
          ),
          ...security(service),
        },
      },
      async (request, reply) => {
        const type = request.accepts().type([JSON_TYPE, PNG_TYPE]);
        if (type === false) {
          throw new OfxError('NOT_ACCEPTABLE', `Answers here are ${JSON_TYPE} or ${PNG_TYPE}.`);
        }
        const { query } = request;
        const { current } = service;
        const network = current.networks.find(query);
        if (current.pool.full) throw current.pool.overloaded();
        const { uploads, release } = await service.uploads.read(request, 1);
        try {
          const options = analysisOptions(query, type === PNG_TYPE);
          const signal = requestSignal(reply, service.options.deadlineMs);
          const { prediction, files, exhibit } = await service.quotas.spend(request, reply, 1, () =>
            analyseUpload(service, current, uploads[0]!, network, options, { signal, trace: request.trace }),
          );
          if (type === PNG_TYPE) return await reply.type(PNG_TYPE).send(files.mask);
          return {
            schemaVersion: 1,
            ofx: OFX_VERSION,
            ...prediction,
            ...inBase64(files),
            ...(exhibit && told(exhibit)),
          };
        } finally {
          release();
        }
      },
    );
    done();
  };
}

function analysisOptions(query: PredictQuery, asMask: boolean): RequestedOptions {
  const { scoreThreshold, maskThreshold, minArea, tile, exhibit } = query;
  if (asMask) return { maskThreshold, minArea, tile, outputs: { mask: 'png' } };
  const outputs = forEachOutput((_info, kind) => query[kind]) as OutputFormats;
  return {
    scoreThreshold,
    maskThreshold,
    minArea,
    tile,
    outputs,
    // Where a photo was taken is nobody's business here; `ofx predict --report --show-place` tells it.
    exhibit: exhibit && { withPosition: false, withMap: true },
  };
}

function told({ file, pictures, drawings }: Exhibit): object {
  return { file, exhibit: { ...inBase64({ ...pictures }), drawings } };
}

function inBase64<T extends Partial<Record<string, Uint8Array>>>(files: T): Partial<Record<keyof T, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([kind, bytes]) => [kind, Buffer.from(bytes!).toString('base64')]),
  ) as Partial<Record<keyof T, string>>;
}
