import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { publishFolder } from '../files/publish-folder.js';
import { MANIFEST_FILE, type Manifest, type Precision, type Variant } from '../model/manifest.js';
import type { QuantisedEvent } from '../python/events.js';
import { withoutEvent } from './export.js';
import { measureLatency, writeLatency } from './latency.js';
import type { ConvertRequest } from './request.js';
import type { ConvertReport } from './result.js';
import { selectVariants } from './select-variants.js';
import type { Steps } from './steps.js';

/** The end of every conversion: what is good enough is kept, measured, and takes its name. */

/** What was compared and found in full, beside the manifest. */
export const PARITY_FILE = 'parity.json';
/** The same for people, with error maps. */
const PARITY_PAGE = 'parity.html';

export interface Candidate {
  request: ConvertRequest;
  draft: string;
  /** In the draft: float32 and every other precision, without a manifest. */
  model: string;
  variants: readonly Variant[];
  /** What is to be left in it. */
  precisions: readonly Precision[];
  manifest: (variants: readonly Variant[], usual: Precision | undefined) => Manifest;
  /** For PARITY_FILE, beside the search for int8 [it stays as it is]. */
  parity?: object;
  /** Where int8 was asked for. */
  quantised: QuantisedEvent | undefined;
  /** For PARITY_PAGE [it stays as it is]. */
  page?: string;
  signal: AbortSignal | undefined;
}

/** The end of every report. */
type Published = Pick<ConvertReport, 'variants' | 'int8' | 'latency' | 'warnings' | 'seconds'>;

/** @throws {OfxError} PRECISION_FAILED where nothing is left; what `validate` throws */
export async function publishModel(
  { request, draft, model, variants, precisions, manifest, parity, quantised, page, signal }: Candidate,
  steps: Steps,
): Promise<Published> {
  const search = quantised && { int8: withoutEvent(quantised) };
  const write = (name: string, content: object): Promise<void> =>
    writeFile(path.join(model, name), `${JSON.stringify(content, null, 2)}\n`);
  await write(MANIFEST_FILE, manifest(variants, undefined));
  const { threads } = request;
  const { kept, removeOthers } = await selectVariants(
    { request, model, variants, folder: path.join(draft, 'validation'), precisions, signal },
    steps,
  );
  const candidates = variants.filter(
    ({ file, precision }) => precision === 'fp32' || kept.some((variant) => variant.file === file),
  );
  const latency = candidates.some(({ precision }) => precision !== 'fp32')
    ? await measureLatency(model, candidates, { threads, signal }, steps.done)
    : undefined;
  await removeOthers();
  const usual = kept.some(({ precision }) => precision === request.defaultPrecision)
    ? request.defaultPrecision
    : undefined;
  await write(MANIFEST_FILE, manifest(kept, usual));
  if (parity) await write(PARITY_FILE, { ...parity, ...search });
  if (page !== undefined) await writeFile(path.join(model, PARITY_PAGE), page);
  const own = latency && (await writeLatency(model, latency, kept));
  signal?.throwIfAborted();
  await publishFolder(model, path.resolve(request.out));
  return {
    variants: kept,
    ...search,
    ...(own && { latency: own }),
    warnings: steps.warnings,
    seconds: steps.seconds,
  };
}
