import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './ofx.js';

/** Marks bright pixels; made by `python/workshop/make_tiny_model.py`, which says how its answers are computed. */
export const TINY_MODEL = path.join(ROOT, 'test/fixtures/models/tiny');

/** Files that are hard to read rightly, of side 64; made by `python/workshop/make_odd_models.py`. */
export const ODD_MODELS = path.join(ROOT, 'test/fixtures/models/odd');

/** Protobuf's field 6 of an ONNX model, its description: other bytes, the same network. */
const DESCRIBED = Buffer.from([0x32, 1, 0x78]);

/**
 * Puts a tiny model into a folder: files of its own beside those that were there, renamed into their place as a careful
 * operator would.
 *
 * @param edition - how often its network is described, which changes its hash alone
 * @returns the hash of its network of side 64
 */
export async function installTinyModel(folder: string, edition = 0): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(TINY_MODEL, 'model.json'), 'utf8')) as {
    variants: { inputSize: number; file: string; sha256: string; bytes: number }[];
  };
  const variant = manifest.variants.find(({ inputSize }) => inputSize === 64)!;
  const network = Buffer.concat([
    await readFile(path.join(TINY_MODEL, variant.file)),
    ...Array<Buffer>(edition).fill(DESCRIBED),
  ]);
  Object.assign(variant, {
    sha256: createHash('sha256').update(network).digest('hex'),
    bytes: network.length,
  });
  const files = new Map<string, Uint8Array | string>();
  for (const { file } of manifest.variants) files.set(file, await readFile(path.join(TINY_MODEL, file)));
  files.set(variant.file, network).set('model.json', JSON.stringify(manifest));
  for (const [name, content] of files) {
    await writeFile(path.join(folder, `${name}.new`), content);
    await rename(path.join(folder, `${name}.new`), path.join(folder, name));
  }
  return variant.sha256;
}
