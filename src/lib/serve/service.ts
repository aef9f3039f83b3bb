import type { Analysis, AnalysisOptions } from '../predict/analyse.js';
import { listModels } from '../model/catalogue.js';
import { AnalysisPool } from './analysis-pool.js';
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
  /** What people should know about the server's own network, and about models that it left out. */
  notes: string[];
  /** Set once no new work is taken. */
  stopping: boolean;
}

/**
 * Loads the server's own network. Another model that is broken is left out, with a note.
 *
 * @throws {OfxError} as `Analyser.open`
 */
export async function openService(options: ServeOptions): Promise<Service> {
  const own = { reference: options.model, size: options.size };
  const pool = new AnalysisPool(own, options);
  try {
    const { identity, notes } = await pool.describe();
    const brokenOnes: string[] = [];
    const others = await listModels(({ message }) => {
      brokenOnes.push(`A model is left out. ${message}`);
    });
    return {
      options,
      pool,
      networks: new Networks(own, identity, others),
      uploads: new UploadReader(options.limits.maxBytes),
      metrics: new ServiceMetrics(pool, identity),
      notes: [...notes, ...brokenOnes],
      stopping: false,
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
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
