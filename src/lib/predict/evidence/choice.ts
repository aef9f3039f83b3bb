import { OfxError } from '../../core/errors.js';
import type { Fusion } from '../../model/manifest.js';
import type { Network } from '../../model/network.js';
import type { SourceRegistry } from './source.js';
import { NETWORK } from './sources.js';

/** Which sources look at an image, and how they come to one score. */
export interface Evidence {
  /** In the order of the registry. */
  sources: readonly string[];
  /** How they are joined; undefined where one of them decides. */
  fusion: Fusion | undefined;
  /** Those that decide the score: all that are fused, or the one. */
  deciding: readonly string[];
}

/**
 * The sources that were asked for, or those that the model's fusion names, or the network. Several are joined where the fusion names
 * just these; otherwise the network decides, and the others only tell what they found.
 *
 * @throws {OfxError} USAGE where a source is unknown, MANIFEST_INVALID where the fusion names one
 */
export function chooseEvidence(
  { fusion, identity }: Network,
  asked: readonly string[] | undefined,
  { sources: registered }: SourceRegistry,
): Evidence {
  const names = Object.keys(registered);
  const unknown = asked?.find((name) => !names.includes(name));
  if (unknown !== undefined || asked?.length === 0) {
    throw new OfxError('USAGE', `There is no source of evidence "${unknown ?? ''}".`, {
      suggestion: `Sources are: ${names.join(', ')}.`,
    });
  }
  const fused = fusion?.sources.map(({ name }) => name);
  const foreign = asked ? undefined : fused?.find((name) => !names.includes(name));
  if (foreign !== undefined) {
    throw new OfxError(
      'MANIFEST_INVALID',
      `The fusion of the model "${identity.name}" names the source "${foreign}", which this version of ofx does not have.`,
      { suggestion: `Install a newer ofx, or use --evidence ${NETWORK}.` },
    );
  }
  const wanted = new Set(asked ?? fused ?? [NETWORK]);
  const sources = names.filter((name) => wanted.has(name));
  if (fusion && fused!.length === sources.length && fused!.every((name) => wanted.has(name))) {
    return { sources, fusion, deciding: sources };
  }
  return { sources, fusion: undefined, deciding: [wanted.has(NETWORK) ? NETWORK : sources[0]!] };
}
