import { findModel } from '../../src/lib/model/catalogue.js';
import type { ValidateRequest } from '../../src/lib/validate/request.js';
import { SIDE } from './dataset.js';
import { TINY_MODEL } from './models.js';

/** A validation of the tiny model in one thread, without pictures. */
export async function tinyValidation(
  settings: Partial<ValidateRequest> & Pick<ValidateRequest, 'dataset' | 'out'>,
): Promise<ValidateRequest> {
  return {
    model: await findModel(TINY_MODEL),
    detector: { size: SIDE, threads: 1, concurrency: 1 },
    protocol: 'macro',
    scoreAt: 'network',
    sweepStep: 0.05,
    panels: 'none',
    charts: false,
    seed: 1,
    resume: false,
    strict: false,
    limits: {},
    ...settings,
  };
}
