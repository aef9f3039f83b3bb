import path from 'node:path';
import { ROOT } from './ofx.js';

/** Marks bright pixels; made by `python/workshop/make_tiny_model.py`, which says how its answers are computed. */
export const TINY_MODEL = path.join(ROOT, 'test/fixtures/models/tiny');
