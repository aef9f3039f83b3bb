import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Log } from '../log.js';

/** An exporter whose failures are in the log: once when it begins to fail, and once when it works again. */
export function watched(exporter: SpanExporter, endpoint: string, log: Log): SpanExporter {
  let isOut = false;
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        // 0 is success; anything else means that these spans are lost.
        const failed = (result.code as number) !== 0;
        if (failed && !isOut) log.warn({ err: result.error }, `Traces cannot be sent to ${endpoint}.`);
        if (!failed && isOut) log.info(`${endpoint} takes traces again.`);
        isOut = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
