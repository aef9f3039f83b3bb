import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type, type Static } from '@sinclair/typebox';
import type { FastifyRequest } from 'fastify';
import { OfxError } from '../../core/errors.js';
import { checkSchema } from '../../core/schema.js';
import { answers, IMAGE_PROBLEMS, security, TOKEN_PROBLEMS } from '../documentation.js';
import { JobBodySchema, JobSchema, toDocument, type JobInput } from '../jobs/job.js';
import { LARGEST_JOB } from '../jobs/settings.js';
import { checkUrl } from '../outbound/allowed-hosts.js';
import { JOB_BODY, JobQuerySchema } from '../schemas.js';
import type { Service } from '../service.js';
import { cleanName } from '../uploads.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route for which a body of JSON is no image. */
    takesJson?: boolean;
  }
}

const JobParameters = Type.Object({ id: Type.String({ maxLength: 100 }) });

const ASKING = [...TOKEN_PROBLEMS, 'JOB_NOT_FOUND', 'QUEUE_UNAVAILABLE'] as const;

/** `/v1/jobs`: work that nobody has to wait for. */
export function jobRoutes(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    const tags = ['jobs'];
    app.post(
      '/jobs',
      {
        config: { requestBody: JOB_BODY, takesJson: true },
        schema: {
          tags,
          operationId: 'createJob',
          summary: `Takes up to ${LARGEST_JOB} images to be scored later`,
          description:
            'Images are sent as for predictBatch, or named by URLs at hosts that this server may ask. The answer says where the job can be asked for.',
          querystring: JobQuerySchema,
          response: answers({ 202: JobSchema }, [...IMAGE_PROBLEMS, 'URL_NOT_ALLOWED', 'QUEUE_UNAVAILABLE']),
          ...security(service),
        },
      },
      async (request, reply) => {
        const { webhook, ...question } = request.query;
        // What cannot be done is told now, not later.
        service.current.networks.find(question);
        checkWebhook(service, webhook);
        const given = isJson(request) ? await readUrls(service, request) : await readImages(service, request);
        try {
          const { inputs, images } = given;
          const order = {
            owner: ownerOf(request),
            question,
            inputs,
            ...(webhook !== undefined && { webhook }),
          };
          const job = await service.quotas.spend(request, reply, inputs.length, () =>
            service.jobs.add(order, images),
          );
          return await reply.code(202).header('location', `/v1/jobs/${job.id}`).send(toDocument(job));
        } finally {
          given.release();
        }
      },
    );
    app.get(
      '/jobs/:id',
      {
        schema: {
          tags,
          operationId: 'getJob',
          summary: 'How a job stands, with the results that it has',
          params: JobParameters,
          response: answers({ 200: JobSchema }, ASKING),
          ...security(service),
        },
      },
      async (request) => toDocument(await service.jobs.get(request.params.id, ownerOf(request))),
    );
    app.delete(
      '/jobs/:id',
      {
        schema: {
          tags,
          operationId: 'cancelJob',
          summary: 'Cancels a job that has not ended; forgets one that has',
          params: JobParameters,
          response: answers(
            { 200: JobSchema, 204: { description: 'It had ended, and is forgotten now with its results' } },
            ASKING,
          ),
          ...security(service),
        },
      },
      async (request, reply) => {
        const job = await service.jobs.cancel(request.params.id, ownerOf(request));
        if (job) return toDocument(job);
        return reply.code(204).send();
      },
    );
    done();
  };
}

/** With tokens a job belongs to the one that it came with; without, to whoever knows its id. */
function ownerOf({ token }: FastifyRequest): string {
  return token ? token.digest.toString('hex').slice(0, 32) : '';
}

function checkWebhook({ jobs: { settings } }: Service, webhook: string | undefined): void {
  if (webhook === undefined) return;
  if (settings.webhookKeys.length === 0) {
    throw new OfxError('REQUEST_INVALID', 'This server tells no webhooks.', {
      suggestion: 'Ask for the job instead: GET /v1/jobs/ID',
    });
  }
  checkUrl(webhook, settings.webhookHosts);
}

/** What a request brings: its inputs, and the images that were sent along by their place. */
interface Given {
  inputs: JobInput[];
  images: Map<number, Uint8Array>;
  release: () => void;
}

async function readImages(service: Service, request: FastifyRequest): Promise<Given> {
  const { uploads, release } = await service.uploads.read(request, LARGEST_JOB);
  const images = new Map<number, Uint8Array>();
  try {
    const inputs = uploads.map((upload, index): JobInput => {
      if ('error' in upload) throw upload.error;
      images.set(index, upload.bytes);
      return { name: upload.name, bytes: upload.bytes.length };
    });
    return { inputs, images, release };
  } catch (error) {
    release();
    throw error;
  }
}

function isJson({ headers }: FastifyRequest): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '');
}

const LARGEST_LIST = 512 * 1024;

async function readUrls(service: Service, request: FastifyRequest): Promise<Given> {
  const { urls } = await readBody(request);
  if (urls.length > LARGEST_JOB) {
    throw new OfxError('TOO_MANY_PARTS', `A job has at most ${LARGEST_JOB} images.`);
  }
  const inputs = urls.map((text): JobInput => {
    const url = checkUrl(text, service.jobs.settings.imageHosts);
    return { name: cleanName(decoded(url.pathname)), url: text };
  });
  return { inputs, images: new Map(), release: () => undefined };
}

async function readBody({ raw }: FastifyRequest): Promise<Static<typeof JobBodySchema>> {
  let text = '';
  let isTooLong = false;
  raw.setEncoding('utf8');
  // To its end, or the next request on this connection would wait behind it.
  for await (const chunk of raw as AsyncIterable<string>) {
    isTooLong ||= text.length + chunk.length > LARGEST_LIST;
    if (!isTooLong) text += chunk;
  }
  if (isTooLong)
    throw new OfxError('IMAGE_TOO_LARGE', 'The list of URLs is longer than 512 KB, the limit here.');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new OfxError('REQUEST_INVALID', 'The body is not valid JSON.', { cause: error });
  }
  const checked = checkSchema(JobBodySchema, body);
  if (checked.ok) return checked.value;
  throw new OfxError('REQUEST_INVALID', `The body is invalid: ${checked.complaints.join('; ')}.`, {
    suggestion: 'It looks like {"urls": ["https://images.example.org/photo.jpg"]}.',
  });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
