import { access, constants } from 'node:fs/promises';
import os from 'node:os';
import { Type, type Static } from '@sinclair/typebox';
import { cgroupCpuQuota, usableCpus } from '../core/cpu.js';
import { OfxError } from '../core/errors.js';
import { makeFolder } from '../files/make-folder.js';
import { disableTelemetry } from '../model/telemetry.js';
import { userDataFolder } from '../core/paths.js';
import { findPython } from '../python/interpreter.js';
import { variantName, verifyModels } from './models.js';

export const CheckSchema = Type.Object({
  name: Type.String(),
  state: Type.Union([Type.Literal('ok'), Type.Literal('missing'), Type.Literal('broken')], {
    description: 'missing: only some commands need it; broken: nothing works without it',
  }),
  detail: Type.String(),
  fix: Type.Optional(Type.String({ description: 'The command or step that fixes it' })),
});
export type Check = Static<typeof CheckSchema>;

export const DoctorDocumentSchema = Type.Object(
  { schemaVersion: Type.Literal(1), ofx: Type.String(), checks: Type.Array(CheckSchema) },
  { $id: 'doctor', title: 'Result of ofx doctor --json' },
);

/** Looks at everything that ofx stands on: what is wrong here, and what fixes it. */
export async function doctor(): Promise<Check[]> {
  return [
    { name: 'Node', state: 'ok', detail: `${process.version} on ${process.platform} ${process.arch}` },
    processors(),
    await checked('Images', describeSharp),
    await checked('ONNX Runtime', describeOnnxRuntime),
    ...(await checkedModels()),
    await checked('Data folder', describeDataFolder, 'missing'),
    await checked('Python', describePython, 'missing'),
  ];
}

function processors(): Check {
  const quota = cgroupCpuQuota();
  const limit = quota === undefined ? '' : `, limited to ${quota} by a CPU quota`;
  const memory = `${(os.totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
  return {
    name: 'Machine',
    state: 'ok',
    detail: `${usableCpus()} of ${os.cpus().length} processors${limit}, ${memory}`,
  };
}

async function describeSharp(): Promise<string> {
  const { default: sharp } = await import('sharp');
  return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
}

async function describeOnnxRuntime(): Promise<string> {
  disableTelemetry();
  const { env } = await import('onnxruntime-node');
  return `onnxruntime-node ${env.versions.node ?? env.versions.common}`;
}

async function checkedModels(): Promise<Check[]> {
  const variants = await verifyModels([], usableCpus());
  if (variants.length === 0) {
    const fix = 'Install ofx again, or a model of your own: ofx models install FOLDER';
    return [{ name: 'Models', state: 'broken', detail: 'There is none.', fix }];
  }
  return variants.map((variant) => {
    const { ok, problem } = variant;
    const name = `Model ${variantName(variant, variants)}`;
    return ok
      ? { name, state: 'ok', detail: 'its hash fits, it loads and runs' }
      : {
          name,
          state: 'broken',
          detail: problem ?? '',
          fix: 'Install ofx again, or the model: ofx models install FOLDER --force',
        };
  });
}

async function describeDataFolder(): Promise<string> {
  const folder = userDataFolder();
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `${folder} cannot be written to; models and thresholds are kept there.`,
      {
        suggestion: 'Set XDG_DATA_HOME to a folder that you may write to.',
        cause: error,
      },
    );
  }
  return folder;
}

async function describePython(): Promise<string> {
  const { executable, version } = await findPython(process.env['OFX_PYTHON'] || undefined);
  return `${executable} (${version.join('.')}), with all that "ofx convert" needs`;
}

async function checked(
  name: string,
  describe: () => Promise<string>,
  otherwise: Check['state'] = 'broken',
): Promise<Check> {
  try {
    return { name, state: 'ok', detail: await describe() };
  } catch (error) {
    const fix = error instanceof OfxError ? error.suggestion : 'Install the packages again: npm ci';
    return { name, state: otherwise, detail: (error as Error).message, ...(fix !== undefined && { fix }) };
  }
}
