import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { OfxError, systemCode } from '../core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { pythonEnvironmentFolder } from '../core/paths.js';
import {
  environmentPython,
  isComplete,
  isRecent,
  MINIMUM_PYTHON,
  probePython,
  REQUIREMENTS,
  type Probe,
} from './interpreter.js';

export interface SetupOptions {
  /** The Python that the environment is made with [the first of python3 and python that is recent enough]. */
  python?: string | undefined;
  /** Where pip finds torch [pip's own index]. */
  torchIndex?: string | undefined;
  /** Called before each step. */
  onStep?: (step: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Makes ofx's own Python environment, unless it is there and complete.
 *
 * @throws {OfxError} PYTHON_MISSING, PYTHON_PACKAGE_MISSING, OUTPUT_UNWRITABLE
 */
export async function setUpPython({ python, torchIndex, onStep, signal }: SetupOptions = {}): Promise<Probe> {
  const folder = pythonEnvironmentFolder();
  const own = environmentPython(folder);
  const present = await probePython(own, signal).catch(() => undefined);
  signal?.throwIfAborted();
  if (present && isComplete(present)) return present;

  const base = await basePython(python, signal);
  onStep?.('Making a Python environment');
  await emptyFolder(folder);
  await run(
    base.executable,
    ['-m', 'venv', folder],
    signal,
    (output) =>
      new OfxError(
        'PYTHON_MISSING',
        `${base.executable} cannot make a virtual environment: ${lastLine(output)}`,
        {
          suggestion:
            'On Debian and Ubuntu: sudo apt install python3-venv. Or name another Python with --python.',
        },
      ),
  );

  onStep?.('Installing PyTorch');
  const torch = await requirement('torch');
  // Without its dependencies: the second call finds them on pip's own index, which need not be torch's.
  if (torchIndex !== undefined) await pip(own, ['--no-deps', '--index-url', torchIndex, torch], signal);

  onStep?.('Installing the other packages');
  await pip(own, ['-r', REQUIREMENTS], signal);
  return probePython(own, signal);
}

async function basePython(named: string | undefined, signal: AbortSignal | undefined): Promise<Probe> {
  const candidates = named === undefined ? ['python3', 'python'] : [named];
  let old: Probe | undefined;
  for (const candidate of candidates) {
    const probe = await probePython(candidate, signal).catch((error: unknown) => {
      if (named !== undefined || !(error instanceof OfxError)) throw error;
      return undefined;
    });
    if (probe && isRecent(probe)) return probe;
    old ??= probe;
  }
  const wanted = `${MINIMUM_PYTHON.join('.')} or newer`;
  throw new OfxError(
    'PYTHON_MISSING',
    old
      ? `${old.executable} is Python ${old.version.join('.')}; ${wanted} is needed.`
      : `There is no python3 and no python on the PATH; ${wanted} is needed.`,
    {
      suggestion:
        'Install it (on Debian and Ubuntu: sudo apt install python3 python3-venv), or name one with --python.',
    },
  );
}

async function emptyFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await makeFolder(path.dirname(folder));
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `Cannot make ${folder} (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Let XDG_DATA_HOME name a folder that you may write to.',
        cause: error,
      },
    );
  }
}

async function pip(python: string, packages: string[], signal: AbortSignal | undefined): Promise<void> {
  const command = [
    '-m',
    'pip',
    'install',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
  ];
  await run(
    python,
    [...command, ...packages],
    signal,
    (output) =>
      new OfxError(
        'PYTHON_PACKAGE_MISSING',
        `pip could not install ${packages.at(-1)!}: ${lastLine(output)}`,
        {
          suggestion:
            'Check the network and pip’s settings (pip config list), or say where torch is with --torch-index.',
        },
      ),
  );
}

async function run(
  file: string,
  args: string[],
  signal: AbortSignal | undefined,
  failure: (output: string) => OfxError,
): Promise<void> {
  const { failed, all } = await execa(file, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    forceKillAfterDelay: 300,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (failed) throw failure(all);
}

/** The pinned line of a package in the requirements. */
async function requirement(name: string): Promise<string> {
  const lines = (await readFile(REQUIREMENTS, 'utf8')).split('\n');
  return lines.find((line) => line.startsWith(`${name}==`)) ?? name;
}

/** pip and venv tell what went wrong at the end. */
function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'it said nothing').trim();
}
