import path from 'node:path';
import { ROOT } from './ofx.js';

/** Marks bright pixels; made by `python/workshop/make_tiny_model.py`, which says how its answers are computed. */
export const TINY_MODEL = path.join(ROOT, 'test/fixtures/models/tiny');

/** Files that are hard to read rightly, of side 64; made by `python/workshop/make_odd_models.py`. */
export const ODD_MODELS = path.join(ROOT, 'test/fixtures/models/odd');
