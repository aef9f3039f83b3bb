import { OfxError } from '../core/errors.js';
import { byKey, resampleKey } from '../metrics/random.js';
import { nameKey } from '../text/names.js';
import { counted } from '../text/plural.js';
import { describeScoring, type RunSummary } from '../run/summary.js';
import type { PairedImage, RunEvidence } from '../run/evidence.js';

/** A run as it was read. */
export interface LoadedRun {
  /** As it was given. */
  folder: string;
  name: string;
  summary: RunSummary;
  evidence: RunEvidence;
}

export interface Pairing {
  /** For each run its images, in the same order everywhere. */
  images: PairedImage[][];
  /** For each run those that not all runs scored. */
  leftOut: string[][];
  /** How the runs differ in what they measured. */
  notes: string[];
}

/** How many names of images an error or a note gives. */
const EXAMPLES = 3;

/**
 * Pairs the images of runs by name, label and content. Runs that measured different things are refused; with
 * `match` what they share is paired and the differences are said. Images that a run failed on are no difference of data: they
 * are left out and said.
 *
 * @throws {OfxError} USAGE
 */
export function pairRuns(runs: readonly LoadedRun[], { match }: { match: boolean }): Pairing {
  const differences = [...settingDifferences(runs), ...dataDifferences(runs)];
  const keys = runs.map(({ evidence }) => new Map(evidence.images.map((image) => [keyOf(image), image])));
  const inBoth = [...keys[0]!.keys()].filter((key) => keys.every((images) => images.has(key)));
  const common = byKey(inBoth, (key) => {
    const { evidence, imageSha256 } = keys[0]!.get(key)!;
    return `${resampleKey(evidence.image, imageSha256)}\t${evidence.image}`;
  });
  if (common.length === 0) {
    throw new OfxError('USAGE', `The runs have no image in common: ${describe(runs)}.`, {
      suggestion: 'Runs to be compared need the same images with the same ground truths.',
    });
  }
  if (differences.length > 0 && !match) {
    throw new OfxError('USAGE', `The runs measure different things: ${differences.join('; ')}.`, {
      suggestion: `--match compares the ${common.length} images that they share all the same, and says how they differ.`,
    });
  }
  const shared = new Set(common);
  return {
    images: keys.map((images) => common.map((key) => images.get(key)!)),
    leftOut: runs.map(({ evidence, summary }) => [
      ...evidence.images.filter((image) => !shared.has(keyOf(image))).map(({ evidence: { image } }) => image),
      ...summary.failed.map(({ image }) => image),
    ]),
    notes: [...differences, ...failureNotes(runs), ...thresholdNotes(runs)],
  };
}

function keyOf({ imageSha256, maskSha256, evidence: { image, label } }: PairedImage): string {
  return JSON.stringify([nameKey(image), label, imageSha256, maskSha256]);
}

function settingDifferences(runs: readonly LoadedRun[]): string[] {
  const asked: [string, (run: LoadedRun) => string | number][] = [
    ['input size', ({ summary }) => summary.model.inputSize],
    ['the protocol', ({ summary }) => summary.settings.protocol],
    ['how images are seen', ({ summary }) => describeScoring(summary.settings)],
    ['where masks are compared', ({ summary }) => summary.settings.scoreAt],
    ['the step of the sweep', ({ summary }) => summary.settings.sweepStep],
  ];
  return asked.flatMap(([what, valueOf]) => {
    const values = runs.map(valueOf);
    if (new Set(values).size === 1) return [];
    return [`${what} is ${runs.map(({ name }, index) => `${values[index]!} in ${name}`).join(', ')}`];
  });
}

/** Images of any run that another one neither scored nor failed on. */
function dataDifferences(runs: readonly LoadedRun[]): string[] {
  const names = runs.map(({ evidence }) => new Set(evidence.images.map(keyOf)));
  const failed = runs.map(({ summary }) => new Set(summary.failed.map(({ image }) => nameKey(image))));
  const lacking = runs.flatMap((run, index) => {
    const missing = new Map<string, string>();
    for (const other of runs) {
      for (const image of other.evidence.images) {
        const name = image.evidence.image;
        if (!names[index]!.has(keyOf(image)) && !failed[index]!.has(nameKey(name)))
          missing.set(keyOf(image), name);
      }
    }
    if (missing.size === 0) return [];
    const examples = [...missing.values()].slice(0, EXAMPLES).join(', ');
    const more = missing.size > EXAMPLES ? ', …' : '';
    return [`${run.name} lacks ${counted(missing.size, 'image')} that another run has (${examples}${more})`];
  });
  return lacking.length === 0 ? [] : [`the data are ${describe(runs)}; ${lacking.join('; ')}`];
}

function failureNotes(runs: readonly LoadedRun[]): string[] {
  return runs.flatMap(({ name, summary: { failed } }) => {
    if (failed.length === 0) return [];
    const examples = failed.slice(0, EXAMPLES).map(({ image }) => image);
    return [`${name} failed on ${counted(failed.length, 'image')}, left out here (${examples.join(', ')})`];
  });
}

/** Numbers at thresholds compare models as they are used, each at its own. */
function thresholdNotes(runs: readonly LoadedRun[]): string[] {
  return (['scoreThreshold', 'maskThreshold'] as const).flatMap((key) => {
    const values = runs.map(({ summary }) => summary.settings[key]);
    if (new Set(values).size === 1) return [];
    const what = key === 'scoreThreshold' ? 'score' : 'mask';
    const list = runs.map(({ name }, index) => `${name} ${Number(values[index]!.toFixed(4))}`).join(', ');
    return [`each run is measured at its own ${what} threshold: ${list}`];
  });
}

function describe(runs: readonly LoadedRun[]): string {
  return runs
    .map(
      ({ name, summary: { dataset } }) =>
        `${dataset.name} with ${counted(dataset.samples, 'image')} in ${name}`,
    )
    .join(', ');
}
