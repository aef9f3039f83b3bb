import path from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { OfxError } from '../core/errors.js';
import { PYTHON_SOURCES } from '../core/paths.js';
import { ConvertEventSchema, type ConvertEvent } from './events.js';

export interface ScriptRun {
  /** The interpreter. */
  python: string;
  /** A script at the root of `python/`, e.g. "convert.py"; or an absolute path. */
  script: string;
  args: readonly string[];
  onEvent: (event: ConvertEvent) => void;
  /** Where its libraries put files of their own, so that none is left where it is killed [the system's]. */
  temporary?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a script of `python/`, which tells one JSON event a line on stdout.
 *
 * @throws {OfxError} what an `error` event says
 * @throws {Error} a defect: the script ended in another way than by `done`, with what it left on stderr
 */
export async function runScript({
  python,
  script,
  args,
  onEvent,
  temporary,
  signal,
}: ScriptRun): Promise<void> {
  const isEvent = new Ajv().compile<ConvertEvent>(ConvertEventSchema);
  let last: ConvertEvent | undefined;
  const child = execa(python, [path.resolve(PYTHON_SOURCES, script), ...args], {
    reject: false,
    buffer: { stdout: false },
    stdin: 'ignore',
    // The package may lie in a read-only place, and compiled files beside the sources are of no use there.
    env: {
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUTF8: '1',
      // From 1.30 on ONNX Runtime would tell of each process otherwise.
      ORT_DISABLE_TELEMETRY: '1',
      ...(temporary !== undefined && { TMPDIR: temporary, TEMP: temporary, TMP: temporary }),
    },
    forceKillAfterDelay: 300,
    ...(signal && { cancelSignal: signal }),
  });
  for await (const line of child.iterable({ from: 'stdout' })) {
    const event = parse(line);
    if (!isEvent(event)) continue;
    last = event;
    if (event.event !== 'error') onEvent(event);
  }
  const { stderr, exitCode, signal: killedBy } = await child;
  signal?.throwIfAborted();
  if (last?.event === 'error') throw failure(last);
  if (exitCode === 0 && last?.event === 'done') return;
  if (killedBy === 'SIGKILL') {
    throw new OfxError(
      'IO_FAILED',
      `Python was killed while running ${path.basename(script)}, most likely because it ran out of memory.`,
      {
        suggestion: 'Free some memory, or convert one --size at a time.',
      },
    );
  }
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  throw new Error(
    `${path.basename(script)} ended with ${killedBy ?? `status ${exitCode ?? 'unknown'}`}: ${reason}\n${stderr}`,
  );
}

function failure({ code, message, suggestion }: Extract<ConvertEvent, { event: 'error' }>): OfxError {
  const usual = {
    CHECKPOINT_INVALID:
      'ofx reads training files (.pyth), state dicts (.pth, .pt) and .safetensors of ObjectFormer.',
    NETWORK_INVALID: 'Correct the code that --arch names, and run the same command again.',
    PRECISION_FAILED: 'Leave int8 out of --precision, or give photos like yours with --calibration.',
    SIZE_NOT_AVAILABLE: 'Choose a larger --size.',
    PYTHON_PACKAGE_MISSING: 'Run "ofx convert --setup", which makes an environment that has everything.',
    IO_FAILED: 'Free some space or check the disk, then run the same command again.',
  }[code];
  return new OfxError(code, message, { suggestion: suggestion ?? usual });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // not an event: native code may print where Python cannot see it
  }
}
