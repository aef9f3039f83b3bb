import path from 'node:path';
import { execa } from 'execa';
import { OfxError, systemCode } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { pythonEnvironmentFolder, PYTHON_SOURCES } from '../core/paths.js';

/** What `python/` needs, pinned. */
export const REQUIREMENTS = path.join(PYTHON_SOURCES, 'requirements.txt');

/** The oldest Python for which all of {@link REQUIREMENTS} exist. */
export const MINIMUM_PYTHON: readonly [number, number] = [3, 11];

/** Prints the interpreter's version and which of the named packages it lacks; imports none of them, which takes seconds. */
const PROBE = `
import importlib.metadata, json, sys
def missing(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return True
    return False
print(json.dumps({"version": sys.version_info[:3], "missing": [name for name in sys.argv[1:] if missing(name)]}))
`;

/** Packages of {@link REQUIREMENTS} by their names; the versions are pip's business. */
export const REQUIRED_PACKAGES = ['torch', 'numpy', 'onnx', 'onnxruntime', 'safetensors'] as const;

/** What an interpreter says about itself. */
export interface Probe {
  executable: string;
  version: [number, number, number];
  /** Of {@link REQUIRED_PACKAGES}. */
  missing: string[];
}

export function isRecent({ version: [major, minor] }: Probe): boolean {
  return major > MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1]);
}

export function isComplete(probe: Probe): boolean {
  return isRecent(probe) && probe.missing.length === 0;
}

/**
 * Asks an interpreter for its version and packages.
 *
 * @throws {OfxError} PYTHON_MISSING where it does not run
 */
export async function probePython(executable: string, signal?: AbortSignal): Promise<Probe> {
  const { stdout, failed, cause, exitCode, timedOut } = await execa(
    executable,
    ['-c', PROBE, ...REQUIRED_PACKAGES],
    {
      reject: false,
      stdin: 'ignore',
      timeout: 30_000,
      // Keeps a json.py in the current folder out.
      env: { PYTHONSAFEPATH: '1' },
      ...(signal && { cancelSignal: signal }),
    },
  );
  signal?.throwIfAborted();
  try {
    const probe = JSON.parse(stdout) as Omit<Probe, 'executable'>;
    return { executable, ...probe };
  } catch {
    const reason = failed
      ? // Not execa's own message, which holds the whole script.
        (systemCode(cause) ?? (timedOut ? 'no answer in time' : `exit status ${exitCode ?? 'unknown'}`))
      : 'it printed something else than asked';
    throw new OfxError('PYTHON_MISSING', `${executable} is not a working Python (${reason}).`, {
      suggestion: `Name a Python ${MINIMUM_PYTHON.join('.')} or newer with --python or OFX_PYTHON, or run "ofx convert --setup".`,
    });
  }
}

/** The interpreter of a virtual environment. */
export function environmentPython(folder: string): string {
  return process.platform === 'win32'
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

/** Interpreters to look at where none is named: an active virtual environment, then ofx's own. */
function places(env: NodeJS.ProcessEnv): string[] {
  const active = env['VIRTUAL_ENV'] ?? env['CONDA_PREFIX'];
  return [...(active ? [active] : []), pythonEnvironmentFolder()].map(environmentPython);
}

/**
 * Finds a Python that has what `python/` needs: the one named, or the active virtual environment, or the one that
 * `ofx convert --setup` made.
 *
 * @throws {OfxError} PYTHON_MISSING, PYTHON_PACKAGE_MISSING, each with the command that fixes it
 */
export async function findPython(
  named: string | undefined,
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): Promise<Probe> {
  if (named !== undefined) {
    const probe = await probePython(named, signal);
    if (!isComplete(probe)) throw incomplete(probe);
    return probe;
  }
  let closest: Probe | undefined;
  for (const executable of places(env)) {
    if (!(await exists(executable))) continue;
    const probe = await probePython(executable, signal);
    if (isComplete(probe)) return probe;
    closest ??= probe;
  }
  if (closest) throw incomplete(closest);
  throw new OfxError(
    'PYTHON_MISSING',
    'No Python with PyTorch was found, which reading a checkpoint needs.',
    {
      suggestion:
        `Run "ofx convert --setup" once: it makes an environment of its own in ${pythonEnvironmentFolder()}. ` +
        'Or name a Python that has the packages with --python or OFX_PYTHON, or activate a virtual environment.',
    },
  );
}

function incomplete(probe: Probe): OfxError {
  const { executable, version, missing } = probe;
  if (!isRecent(probe)) {
    return new OfxError(
      'PYTHON_MISSING',
      `${executable} is Python ${version.join('.')}; ${MINIMUM_PYTHON.join('.')} or newer is needed.`,
      {
        suggestion:
          'Name a newer one with --python or OFX_PYTHON, or run "ofx convert --setup --python NEWER".',
      },
    );
  }
  return new OfxError('PYTHON_PACKAGE_MISSING', `${executable} lacks ${missing.join(', ')}.`, {
    suggestion: `Run: ${executable} -m pip install -r ${REQUIREMENTS}\nOr let ofx make an environment of its own: ofx convert --setup`,
  });
}
