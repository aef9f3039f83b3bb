import type { InferenceSession } from 'onnxruntime-node';

/**
 * How every ONNX Runtime session of ofx is opened.
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
  };
}
