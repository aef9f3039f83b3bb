import { createRequire } from 'node:module';
import type * as ort from 'onnxruntime-node';
import { OfxError } from '../core/errors.js';
import { answerTasks, workerData } from '../workers/tasks.js';
import { sessionOptions } from './session-options.js';
import type { OnnxReply, OnnxRun, OnnxTask, OnnxWorkerData, TensorShape } from './onnx-session.js';

/**
 * Holds one ONNX Runtime session. `InferenceSession.run` blocks the thread that calls it, so this thread does nothing
 * else.
 */

// An `import` of this CommonJS package would parse its whole source for named exports first.
const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as typeof ort;

const { file, threads } = (await workerData()) as OnnxWorkerData;
const session = InferenceSession.create(file, sessionOptions(threads)).catch((error: unknown) => {
  throw new OfxError('ONNX_INVALID', `ONNX Runtime cannot load ${file}: ${firstLine(error)}`, {
    suggestion: '"ofx convert" makes a file that ONNX Runtime loads.',
  });
});
answerTasks(handle, session, (reply) =>
  reply.kind === 'outputs' && reply.data ? [reply.data.buffer as ArrayBuffer] : [],
);

async function handle(task: OnnxTask): Promise<OnnxReply> {
  const opened = await session;
  if (task.kind === 'describe') {
    return {
      kind: 'description',
      inputs: shapes(opened.inputMetadata),
      outputs: shapes(opened.outputMetadata),
    };
  }
  try {
    return await run(opened, task);
  } catch (error) {
    throw new OfxError('ONNX_INVALID', `ONNX Runtime cannot run ${file}: ${firstLine(error)}`);
  }
}

async function run(
  opened: ort.InferenceSession,
  { input, dims, data, outputs, giveBack }: OnnxRun,
): Promise<OnnxReply> {
  const started = performance.now();
  const results = await opened.run({ [input]: new Tensor('float32', data, dims) }, outputs);
  const milliseconds = performance.now() - started;
  return {
    kind: 'outputs',
    values: outputs.map((name) => results[name]!.data as Float32Array),
    milliseconds,
    ...(giveBack && { data }),
  };
}

function shapes(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorShape[] {
  return metadata.map((value) => ({
    name: value.name,
    type: value.isTensor ? value.type : 'other',
    dims: value.isTensor
      ? value.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : undefined))
      : [],
  }));
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}
