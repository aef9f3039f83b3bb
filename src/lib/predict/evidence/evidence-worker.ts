import { answerTasks, workerData } from '../../workers/tasks.js';
import type { EvidenceSource, SourceRegistry } from './source.js';
import type { SideReport, SideWorkerData } from './side-source.js';

/** Runs one source of evidence; the thread does nothing else. */
const { module, name } = (await workerData()) as SideWorkerData;

const loading = load();

answerTasks<SideReport>(
  async (input) => {
    const source = await loading;
    const started = performance.now();
    const report = await source.examine(input);
    return { report, milliseconds: performance.now() - started };
  },
  loading,
  ({ report: { map } }) => (map && ownsItsBuffer(map.data) ? [map.data.buffer as ArrayBuffer] : []),
);

async function load(): Promise<EvidenceSource> {
  const { REGISTRY } = (await import(module)) as { REGISTRY: SourceRegistry };
  return REGISTRY.sources[name]!.load!();
}

function ownsItsBuffer(values: Float32Array): boolean {
  return values.byteLength === values.buffer.byteLength;
}
