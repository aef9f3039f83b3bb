import { randomUUID } from 'node:crypto';
import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import accepts from '@fastify/accepts';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import { OfxError } from '../core/errors.js';
import { documentApi } from './documentation.js';
import { logProblem, PROBLEM_TYPE, toOfxError, toProblem } from './problem.js';
import { adminRoutes } from './routes/admin.js';
import { apiRoutes } from './routes/api.js';
import { operationRoutes } from './routes/operation.js';
import { pageRoutes } from './routes/page.js';
import type { Service } from './service.js';
import type { RequestTrace } from './tracing/request-trace.js';
import { parseTraceparent } from './tracing/traceparent.js';

/** @throws {OfxError} USAGE where a proxy is neither an address nor a network */
export function checkProxies(trustProxy: string | undefined): void {
  try {
    // Fastify reads them, and with no other option there is nothing else to be wrong.
    fastify({ trustProxy: trustProxy ?? false });
  } catch (error) {
    throw new OfxError('USAGE', `--trust-proxy "${trustProxy}": ${(error as Error).message}.`, {
      suggestion: 'Give addresses or networks, separated by commas: 10.0.0.1,192.168.0.0/16',
      cause: error,
    });
  }
}

/** The HTTP application over a service; it listens nowhere yet. */
export async function buildApp(service: Service): Promise<FastifyInstance> {
  const { uploadMs, trustProxy } = service.options;
  const app = fastify({
    loggerInstance: service.log,
    // One line a request is written below, when it is answered.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    trustProxy: trustProxy ?? false,
    // The whole request, body included, has to arrive within this time; Node looks once a second.
    requestTimeout: uploadMs,
    http: { headersTimeout: uploadMs, connectionsCheckingInterval: 1000 },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      sendProblem(service, error, request, reply);
    },
    // A misspelt parameter is told, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
    schemaErrorFormatter: describeComplaint,
    // While stopping, open connections get our own answer below.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
  // The schemas describe, and tests check them; numbers leave exactly as `ofx predict --json` prints them.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.server.maxConnections = MOST_CONNECTIONS;
  observe(app, service);
  answerErrors(app, service);

  await app.register(accepts);
  await app.register(helmet, HELMET);
  // What an upload is, its content tells, not its label. Routes read it themselves, within their limits.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  await app.register(multipart, { throwFileSizeLimit: false });
  await documentApi(app, service);
  await app.register(apiRoutes(service), { prefix: '/v1' });
  await app.register(operationRoutes(service));
  if (service.options.secured) await app.register(adminRoutes(service), { prefix: '/admin' });
  await app.register(pageRoutes(service));
  return app;
}

const MOST_CONNECTIONS = 512;

/** The one that a proxy or a client gave, where it is fit for a header and a log; a new one otherwise. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

function describeComplaint(complaints: FastifySchemaValidationError[]): Error {
  const { instancePath, message, params } = complaints[0]!;
  const unknown = params['additionalProperty'] as string | undefined;
  if (unknown !== undefined) return new Error(`There is no parameter "${unknown}".`);
  return new Error(`The parameter "${instancePath.slice(1)}" ${message ?? 'is invalid'}.`);
}

/** What is no form is an image, whatever it is labelled, and even if its label is none. */
function labelAsBytes({ headers, routeOptions }: FastifyRequest): void {
  const type = headers['content-type'];
  if (routeOptions.config.takesJson && /^application\/json\b/i.test(type ?? '')) return;
  if (type !== undefined && !/^multipart\/form-data\b/i.test(type)) {
    headers['content-type'] = 'application/octet-stream';
  }
}

/** Everything comes from this server; images are shown from the visitor's own memory. Plain HTTP stays plain HTTP. */
const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Where requests are traced. */
    trace?: RequestTrace;
  }
}

/** What clients ask for; probes, metrics and the page's files are no part of traces. */
const IS_TRACED = /^\/(v1|admin)\//;

function trace(request: FastifyRequest, reply: FastifyReply, { tracing }: Service): void {
  if (!tracing) return;
  const begun = tracing.begin(request);
  request.trace = begun;
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) begun.failed('CLIENT_GONE');
    begun.end(reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE_STATUS, request.token?.name);
  });
}

const CLIENT_GONE_STATUS = 499;

/** Request ids, one line of log and the metrics of every request. Nothing of an image is logged, not even its name. */
function observe(app: FastifyInstance, service: Service): void {
  app.addHook('onRequest', (request, reply, done) => {
    labelAsBytes(request);
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    if (IS_TRACED.test(request.routeOptions.url ?? '')) trace(request, reply, service);
    if (service.stopping) {
      throw new OfxError('STOPPING', 'The server is being stopped.', {
        suggestion: 'Try again in a few seconds.',
      });
    }
    done();
  });
  // Of requests that came before the server was told to stop.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (service.stopping) reply.header('connection', 'close');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, ip } = request;
    const route = request.routeOptions.url ?? 'none';
    const milliseconds = reply.elapsedTime;
    const status = reply.statusCode;
    // The page's files are counted, and no part of how long answers take.
    const isPage = request.routeOptions.schema?.hide === true;
    service.metrics.answered({ method, route: isPage ? 'page' : route, status, milliseconds, isPage });
    const token = request.token?.name;
    const traceId = request.trace?.traceId ?? parseTraceparent(request.headers['traceparent'])?.traceId;
    request.log.info(
      { method, route, status, ms: Math.round(milliseconds), client: ip, token, trace: traceId },
      'answered',
    );
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    request.log.info({ method: request.method, route: request.routeOptions.url }, 'client gone');
    done();
  });
}

function answerErrors(app: FastifyInstance, service: Service): void {
  app.setErrorHandler((error, request, reply) => {
    sendProblem(service, error, request, reply);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0]!;
    const allowed = (['GET', 'POST', 'DELETE'] as const).filter((method) =>
      app.hasRoute({ method, url: path }),
    );
    if (allowed.length === 0) {
      throw new OfxError('ROUTE_NOT_FOUND', 'There is nothing at this address.', {
        suggestion: 'GET /docs lists what this server answers.',
      });
    }
    reply.header('allow', allowed.join(', '));
    throw new OfxError('METHOD_NOT_ALLOWED', `This address takes ${allowed.join(' and ')} requests.`);
  });
}

function sendProblem(
  { metrics, current: { pool } }: Service,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = toOfxError(thrown);
  metrics.failed(error.code);
  request.trace?.failed(error.code);
  logProblem(request.log, error);
  if (error.httpStatus === 503) reply.header('retry-after', String(pool.retryAfter));
  if (error.code === 'UNAUTHORISED') reply.header('www-authenticate', 'Bearer');
  // Not every request got this far by way of the hook that sets it.
  reply.header('x-request-id', request.id);
  void reply.code(error.httpStatus).type(PROBLEM_TYPE).send(toProblem(error, request.id));
}

/** What is no HTTP, or comes too slowly, never becomes a request: the answer is written by hand. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = clientError(error);
  const body = JSON.stringify(toProblem(answer, randomUUID()));
  socket.end(
    `HTTP/1.1 ${answer.httpStatus} ${STATUS_CODES[answer.httpStatus] ?? 'Error'}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function clientError({ code }: NodeJS.ErrnoException): OfxError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new OfxError('UPLOAD_TOO_SLOW', 'The request took too long to arrive.');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const limit = `${maxHeaderSize / 1024} KB`;
    return new OfxError(
      'HEADERS_TOO_LARGE',
      `The address and the headers of this request are larger than ${limit}, which is the limit.`,
      { suggestion: 'Send fewer or shorter headers; cookies are not needed here.' },
    );
  }
  return new OfxError('REQUEST_INVALID', 'This is not a valid HTTP request.');
}
