import type * as Api from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { OfxError } from '../../core/errors.js';
import { loadOptional } from '../../core/optional.js';
import { OFX_VERSION } from '../../core/version.js';
import { withoutPassword } from '../../text/url.js';
import type { Log } from '../log.js';
import { RequestTrace } from './request-trace.js';
import { parseTraceparent } from './traceparent.js';
import { watched } from './watched-exporter.js';

/** How long the last spans may take to leave, in milliseconds. */
const FAREWELL_MS = 2000;

/** Spans of requests, sent to a collector by OTLP over HTTP. What else there is to set, `OTEL_…` variables say to its packages. */
export class Tracing {
  private constructor(
    private readonly api: typeof Api,
    private readonly tracer: Api.Tracer,
    private readonly shutdown: () => Promise<void>,
  ) {}

  /**
   * @param endpoint - base URL of the collector, `http://HOST:4318`
   * @throws {OfxError} USAGE for another URL, PACKAGE_MISSING
   */
  static async open(endpoint: string, log: Log): Promise<Tracing> {
    const url = tracesUrl(endpoint);
    const [api, sdk, { OTLPTraceExporter }, resources] = await loadOptional('opentelemetry', () =>
      Promise.all([
        import('@opentelemetry/api'),
        import('@opentelemetry/sdk-trace-base'),
        import('@opentelemetry/exporter-trace-otlp-http'),
        import('@opentelemetry/resources'),
      ]),
    );
    const own = { 'service.name': 'ofx', 'service.version': OFX_VERSION };
    // Last, so that OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
    const given = resources.detectResources({ detectors: [resources.envDetector] });
    const exporter = watched(new OTLPTraceExporter({ url }), withoutPassword(endpoint), log);
    const provider = new sdk.BasicTracerProvider({
      resource: resources.defaultResource().merge(resources.resourceFromAttributes(own)).merge(given),
      spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
    });
    return new Tracing(api, provider.getTracer('ofx', OFX_VERSION), () => provider.shutdown());
  }

  /** A span of a request, in the caller's trace where it names one. */
  begin(request: FastifyRequest): RequestTrace {
    const { method, headers, ip, id } = request;
    const route = request.routeOptions.url ?? '';
    const span = this.tracer.startSpan(
      `${method} ${route}`,
      {
        kind: this.api.SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'url.path': request.url.split('?', 1)[0]!,
          'url.scheme': request.protocol,
          'client.address': ip,
          'ofx.request_id': id,
        },
      },
      this.#contextOf(headers['traceparent']),
    );
    return new RequestTrace(this.tracer, span, this.#within(span), this.api.SpanStatusCode.ERROR);
  }

  /** Sends what is left. */
  async close(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(FAREWELL_MS, graceMs));
    });
    await Promise.race([this.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  #contextOf(traceparent: string | string[] | undefined): Api.Context {
    const { ROOT_CONTEXT, trace } = this.api;
    const parent = parseTraceparent(traceparent);
    return parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;
  }

  #within(span: Api.Span): Api.Context {
    return this.api.trace.setSpan(this.api.ROOT_CONTEXT, span);
  }
}

function tracesUrl(endpoint: string): string {
  if (/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)) {
    const url = new URL(endpoint);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
    return url.href;
  }
  throw new OfxError(
    'USAGE',
    `--otlp-endpoint takes http://… or https://…, not "${withoutPassword(endpoint)}".`,
    {
      suggestion: 'For example: --otlp-endpoint http://localhost:4318',
    },
  );
}
