import path from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';

/** The package's own root: everything below it may be read-only. Found from both `src` and `dist`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const SHIPPED_MODELS = path.join(PACKAGE_ROOT, 'models');
export const PYTHON_SOURCES = path.join(PACKAGE_ROOT, 'python');
/** What charts and panels are lettered with, so that they look the same everywhere. */
export const FONT_FILES = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'].map((name) =>
  path.join(PACKAGE_ROOT, 'assets', 'fonts', name),
);

/** The page of `ofx serve`. */
export const WEB_PAGE = path.join(PACKAGE_ROOT, 'web');
export const SHIPPED_SAMPLES = path.join(PACKAGE_ROOT, 'samples');

/** Where ofx keeps what it writes for itself: `$XDG_DATA_HOME/ofx`, or the system's equivalent. */
export function userDataFolder(): string {
  return envPaths('ofx', { suffix: '' }).data;
}

export function installedModelsFolder(): string {
  return path.join(userDataFolder(), 'models');
}

/** One JSON file a model, written by `ofx validate --calibrate`. */
export function fittedThresholdsFolder(): string {
  return path.join(userDataFolder(), 'thresholds');
}

/** The Python environment that `ofx convert --setup` makes. */
export function pythonEnvironmentFolder(): string {
  return path.join(userDataFolder(), 'python');
}
