import type { Analysis, AnalysisOptions } from '../jobs/analyse.js';
import { listModels } from '../model/catalogue.js';
import { AnalysisPool, type NetworkDescription } from './analysis-pool.js';
import { ServiceMetrics } from './metrics.js';
import { Networks, type NetworkAddress } from './networks.js';
import type { ServeOptions } from './options.js';
import { UploadReader, type Upload } from './uploads.js';

/** What the routes work with. */
export interface Service {
  options: ServeOptions;
  pool: AnalysisPool;
  networks: Networks;
  uploads: UploadReader;
  metrics: ServiceMetrics;
  /** What people should know about the server's own network. */
  notes: string[];
  /** Set once no new work is taken. */
  stopping: boolean;
}

/**
 * Loads the server's own network.
 *
 * @throws {OfxError} as `Analyser.open`; MANIFEST_INVALID where an installed model is broken
 */
export async function openService(options: ServeOptions): Promise<Service> {
  const own = { reference: options.model, size: options.size };
  const pool = new AnalysisPool(own, options);
  let description: NetworkDescription;
  try {
    description = await pool.describe();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    options,
    pool,
    networks: new Networks(own, description.identity, await listModels()),
    uploads: new UploadReader(options.limits.maxBytes),
    metrics: new ServiceMetrics(pool, description.identity),
    notes: description.notes,
    stopping: false,
  };
}

/**
 * One image of a request, from its bytes to the result.
 *
 * @throws {OfxError} what is wrong with the upload; as {@link AnalysisPool.analyse}
 */
export async function analyseUpload(
  { pool, metrics, options: { limits } }: Service,
  upload: Upload,
  network: NetworkAddress,
  options: AnalysisOptions,
  signal: AbortSignal,
): Promise<Analysis> {
  if ('error' in upload) throw upload.error;
  const { name, bytes } = upload;
  const analysis = await pool.analyse({ network, name, bytes, options: { ...options, limits } }, signal);
  metrics.predicted(analysis.prediction, analysis.milliseconds);
  return analysis;
}
