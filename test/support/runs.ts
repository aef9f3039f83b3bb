import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TINY_MODEL } from './models.js';
import { ofx, ROOT, type OfxRun } from './ofx.js';

const SAMPLES = path.join(ROOT, 'samples');
const TAMPERED = ['copy-move-rocket', 'removal-dahlia', 'splice-astronaut', 'splice-dahlia'];
const AUTHENTIC = ['authentic-cat', 'authentic-coffee'];

/** A list of the shipped samples, or of some of them. */
export async function samplesList(
  file: string,
  names: readonly string[] = [...TAMPERED, ...AUTHENTIC],
): Promise<string> {
  const lines = names.map((name) =>
    TAMPERED.includes(name) ? `${name}.jpg\t${name}_mask.png\t1` : `${name}.jpg\tNone\t0`,
  );
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** Measures the tiny model on the shipped samples, at its smallest size unless another one is given. */
export async function validateSamples(
  split: string,
  out: string,
  args: readonly string[] = [],
): Promise<OfxRun> {
  return ofx([
    'validate',
    SAMPLES,
    '--split',
    split,
    '-m',
    TINY_MODEL,
    '-o',
    out,
    ...(args.includes('-s') ? [] : ['-s', '64']),
    ...args,
  ]);
}
