export interface TraceParent {
  traceId: string;
  spanId: string;
  /** Bit 0: whoever asks records this trace. */
  traceFlags: number;
}

/** Of https://www.w3.org/TR/trace-context/: the trace that a request belongs to, and the caller's span in it. */
export function parseTraceparent(header: string | string[] | undefined): TraceParent | undefined {
  const [, version, traceId, spanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(String(header)) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined;
  return { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16) & 1 };
}
