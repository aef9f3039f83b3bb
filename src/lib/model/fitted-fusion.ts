import path from 'node:path';
import { checkSchema } from '../core/schema.js';
import { readText } from '../files/read-text.js';
import { OfxError } from '../core/errors.js';
import type { Fusion } from './manifest.js';
import type { Network } from './network.js';
import { fittedFiles } from './thresholds.js';
import {
  FittedThresholdsSchema,
  readThresholds,
  THRESHOLDS_FILE,
  type FittedThresholds,
  type GivenThresholds,
} from './thresholds-file.js';

/** Thresholds of a way in which several sources decide, with the weights that join them. */
type Joined = FittedThresholds & { way: string };

/**
 * How a network's score is joined with other evidence: as thresholds say that somebody names, else as the user fitted it, else as it was
 * fitted into the model's folder, else as the manifest says. Thresholds hold for the weights that they were fitted with, so the first place
 * that has thresholds of a joined score decides, and where it has no weights of its own, they were the manifest's.
 */
export async function fusionInForce(
  network: Network,
  given: GivenThresholds | undefined,
): Promise<Fusion | undefined> {
  const { name, sha256 } = network.identity;
  const places: (() => Promise<Joined[]>)[] = [
    () => Promise.resolve(joinedIn(given, sha256)),
    () => fittedByUser(name, sha256),
    async () => joinedIn(await inFolder(path.dirname(network.file)), sha256),
  ];
  for (const place of places) {
    const found = (await place()).sort((a, b) => (a.way < b.way ? -1 : 1));
    if (found.length > 0) return found.find(({ fusion }) => fusion)?.fusion ?? network.fusion;
  }
  return network.fusion;
}

/** Names of ways are made by `wayOf`: sources with a plus between them, then how the image was looked at: that has thresholds, and no weights, of its own. */
function isJoined(way: string): boolean {
  return way.includes('+') && !way.includes('-');
}

function joinedIn(given: GivenThresholds | undefined, sha256: string): Joined[] {
  if (given?.kind !== 'table') return [];
  return given.table.fitted.filter((entry) => entry.sha256 === sha256 && isJoined(entry.way));
}

async function inFolder(folder: string): Promise<GivenThresholds | undefined> {
  try {
    return await readThresholds(path.join(folder, THRESHOLDS_FILE));
  } catch (error) {
    if (error instanceof OfxError && error.code === 'INPUT_MISSING') return undefined;
    throw error;
  }
}

/** A file that is invalid is refused where its thresholds are read. */
async function fittedByUser(name: string, sha256: string): Promise<Joined[]> {
  const files = (await fittedFiles(name, sha256)).filter(({ way }) => isJoined(way));
  const read = files.map(async ({ file, way }) => {
    const checked = checkSchema(FittedThresholdsSchema, JSON.parse(await readText(file)));
    return checked.ok ? [{ ...checked.value, way }] : [];
  });
  return (await Promise.all(read)).flat();
}
