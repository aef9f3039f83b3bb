import type { InferenceSession } from 'onnxruntime-node';

/**
 * How every ONNX Runtime session of ofx is opened. Ratios below are medians of interleaved runs of the published network at
 * 288 on two cores, onnxruntime 1.30.
 *
 * @param threads - of one inference, always said explicitly: ONNX Runtime's own default ignores a container's CPU quota
 */
export function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    interOpNumThreads: 1,
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    // Memory planned ahead for a whole inference: without it the peak was 35 MB lower a session, and no slower.
    enableMemPattern: false,
    // Threads that wait for the next operator by spinning take the processor from whatever else would run: at two
    // threads on two busy cores an inference took 0.60 of the processor time and 0.58 of the time without it.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}
