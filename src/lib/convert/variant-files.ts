import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { Precision, Variant } from '../model/manifest.js';
import { hashOnnx } from '../model/onnx-hash.js';

/** What a model's files are called. */

/** The weights of all sizes in a precision. */
export function dataFileOf(name: string, precision: Precision): string {
  return `${name}${suffixOf(precision)}.onnx.data`;
}

/** The network of a size, as Python leaves it in the draft. */
export function draftFileOf(size: number, precision: Precision): string {
  return `${size}${suffixOf(precision)}.onnx`;
}

function suffixOf(precision: Precision): string {
  return precision === 'fp32' ? '' : `-${precision}`;
}

/** Takes what Python made from the draft into the model's folder, under the names that it is published by. */
export async function placeVariants(
  { draft, model, name }: { draft: string; model: string; name: string },
  precision: Precision,
  sizes: readonly number[],
): Promise<Variant[]> {
  const dataFile = dataFileOf(name, precision);
  await rename(path.join(draft, dataFile), path.join(model, dataFile));
  const variants: Variant[] = [];
  for (const size of sizes) {
    const file = `${name}-${size}${suffixOf(precision)}.onnx`;
    await rename(path.join(draft, draftFileOf(size, precision)), path.join(model, file));
    variants.push({ file, inputSize: size, precision, ...(await hashOnnx(path.join(model, file))) });
  }
  return variants;
}
