import { Readable } from 'node:stream';
import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { caseContext } from '../../casefile/context.js';
import { caseDocument } from '../../casefile/html/document.js';
import { caseTwin } from '../../casefile/twin.js';
import { unseenIn } from '../../casefile/writer.js';
import { OfxError } from '../../core/errors.js';
import { answers, security, TOKEN_PROBLEMS } from '../documentation.js';
import { breathing } from '../breathe.js';
import { CaseTwinSchema } from '../schemas.js';
import { readReport, REPORT_BODY, type SentReport } from '../report-request.js';
import type { Service } from '../service.js';

const HTML_TYPE = 'text/html';
const JSON_TYPE = 'application/json';

/**
 * `POST /v1/report`: results, as `POST /v1/predict?exhibit=json` gave them, as a case file. It says what it is sent, as any report on disk
 * says what somebody may have changed there; what vouches for a result is that it can be had again: it names the hashes of
 * file and model, the version and the settings.
 */
export function reportRoute(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.post(
      '/report',
      {
        config: { requestBody: REPORT_BODY },
        schema: {
          tags: ['prediction'],
          operationId: 'report',
          summary: 'A case file of results',
          description:
            'Lines of JSON: first the case, then a photo each, in any order. The answer is the document of `ofx predict --report`; with ' +
            '`Accept: application/json` its machine-readable twin. Photos that are not sent along are left out of it: it refers to them as ' +
            '`cid:KEY-photo` and `cid:KEY-heat`.',
          response: answers(
            {
              200: {
                description: 'The case file',
                content: {
                  [HTML_TYPE]: { schema: Type.String() },
                  [JSON_TYPE]: { schema: CaseTwinSchema },
                },
              },
            },
            [
              ...TOKEN_PROBLEMS,
              'IMAGE_EMPTY',
              'RESULT_INVALID',
              'MODEL_DIFFERS',
              'NOT_ACCEPTABLE',
              'IMAGE_TOO_LARGE',
              'OVERLOADED',
              'TOO_MANY_PARTS',
            ],
          ),
          ...security(service),
        },
      },
      async (request, reply) => {
        const type = request.accepts().type([HTML_TYPE, JSON_TYPE]);
        if (type === false)
          throw new OfxError('NOT_ACCEPTABLE', `Answers here are ${HTML_TYPE} or ${JSON_TYPE}.`);
        const { facts, network } = service.current;
        const { uploads, release } = await service.uploads.read(request, 1);
        reply.raw.once('close', release);
        const [upload] = uploads;
        if ('error' in upload!) throw upload.error;
        const sent = await readReport(upload!.bytes, network.identity);
        const context = caseContext({ ...facts, settings: settingsOf(service) });
        const document = type === JSON_TYPE ? twinOf(sent, context) : documentOf(sent, context);
        return reply
          .type(`${type === JSON_TYPE ? JSON_TYPE : HTML_TYPE}; charset=utf-8`)
          .send(Readable.from(breathing(document)));
      },
    );
    done();
  };
}

/** What holds where a request says nothing; a photo's own thresholds stand on its page. */
function settingsOf({ options, current: { facts, network } }: Service) {
  const { thresholds, evidence } = facts;
  return {
    size: network.identity.inputSize,
    temperature: thresholds.temperature,
    threshold: options.scoreThreshold ?? thresholds.score,
    'mask-threshold': options.maskThreshold ?? thresholds.mask,
    'min-area': options.minArea ?? 0,
    evidence: evidence.sources.join('+'),
    'max-pixels': options.limits.maxPixels,
    'max-bytes': options.limits.maxBytes,
  };
}

type Context = ReturnType<typeof caseContext>;

function documentOf({ subject, paper, summary, examined, entries }: SentReport, context: Context) {
  return caseDocument({
    subject,
    context,
    summary,
    examined,
    createdAt: new Date().toISOString(),
    failures: entries.flatMap(({ failure, result }) => failure ?? unseenIn(result) ?? []),
    index: entries.flatMap(({ result }) => result ?? []),
    photos: entries.filter((entry) => entry.result !== undefined),
    paper,
  });
}

function twinOf({ subject, summary, entries }: SentReport, context: Context) {
  return caseTwin({ subject, context, summary, createdAt: new Date().toISOString() }, entries);
}
