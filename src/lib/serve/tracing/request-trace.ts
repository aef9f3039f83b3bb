import type { Context, Span, SpanStatusCode, Tracer } from '@opentelemetry/api';
import { OfxError, type ErrorCode } from '../../core/errors.js';
import type { Prediction } from '../../predict/result.js';

const INTERNAL = { code: 'INTERNAL', httpStatus: 500 } as const;

/** One request in a trace, and in it the images that it has. Nothing of an image is told but how long it took. */
export class RequestTrace {
  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    private readonly within: Context,
    /** `SpanStatusCode.ERROR` of the API, which is loaded only where it is used. */
    private readonly errorStatus: SpanStatusCode,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  /** The image that `analyse` looks at, with the time that it waited for a worker. */
  async image<T extends { prediction: Prediction; milliseconds: number }>(
    analyse: () => Promise<T>,
  ): Promise<T> {
    const started = Date.now();
    const span = this.tracer.startSpan('image', {}, this.within);
    try {
      const analysis = await analyse();
      const { timingsMs, model } = analysis.prediction;
      const { total, ...stages } = timingsMs;
      const queue = Math.max(0, analysis.milliseconds - total);
      span.setAttribute('ofx.model', model.name);
      span.setAttribute('ofx.queue_ms', queue);
      for (const [stage, ms] of Object.entries(stages)) span.setAttribute(`ofx.${stage}_ms`, ms);
      span.addEvent('worker began', {}, started + queue);
      return analysis;
    } catch (error) {
      const { code, httpStatus } = error instanceof OfxError ? error : INTERNAL;
      span.setAttribute('error.type', code);
      if (httpStatus >= 500) span.setStatus({ code: this.errorStatus });
      throw error;
    } finally {
      span.end();
    }
  }

  failed(code: ErrorCode): void {
    this.span.setAttribute('error.type', code);
  }

  end(status: number, token: string | undefined): void {
    this.span.setAttribute('http.response.status_code', status);
    if (token !== undefined) this.span.setAttribute('ofx.token', token);
    // What a client did wrong is no error of the server's: semantic conventions of HTTP spans.
    if (status >= 500) this.span.setStatus({ code: this.errorStatus });
    this.span.end();
  }
}
