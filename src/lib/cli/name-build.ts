import type { Interfaces } from './oclif.js';
import { OFX_BUILD } from '../core/version.js';

/** Before every command: `--version` names the build, and so does the report of a defect. */
const nameBuild: Interfaces.Hook<'init'> = ({ config }) => {
  // Declared read-only, and the one place that `--version` reads.
  (config as { userAgent: string }).userAgent += ` build-${OFX_BUILD}`;
  return Promise.resolve();
};

export default nameBuild;
