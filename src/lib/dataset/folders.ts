import { AUTHENTIC, TAMPERED } from '../core/label.js';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { findInputFiles, type InputFile } from '../inputs/find-images.js';
import type { Findings } from './finding.js';
import { nameBelow } from './listed-path.js';
import { matchMasks } from './match-masks.js';
import { readCategory } from './category.js';
import type { Sample } from './sample.js';

/** Which folder holds what; absolute paths, undefined where there is none. */
export interface LabelledFolders {
  tampered: string;
  authentic: string | undefined;
  masks: string | undefined;
}

/** `Tp/` + `Gt/` (+ `Au/`), and `tampered/` + `authentic/` (+ `masks/`): the folder is the label. */
export async function samplesOfLabelledFolders(
  root: string,
  { tampered, authentic, masks }: LabelledFolders,
  findings: Findings,
): Promise<Sample[]> {
  const forged = await imagesIn(tampered);
  const truths = masks === undefined ? [] : await masksIn(masks);
  const matched = matchMasks(forged, truths, findings);
  const samples = forged.map((file, index): Sample => ({
    ...named(root, tampered, file),
    mask: matched[index]!,
    label: TAMPERED,
  }));
  if (masks !== undefined) {
    for (const { name, mask } of samples) if (mask === null) findings.add('missing-mask', name);
  }
  const pristine = authentic === undefined ? [] : await imagesIn(authentic);
  return [
    ...samples,
    ...pristine.map((file): Sample => ({
      ...named(root, authentic!, file),
      mask: null,
      label: AUTHENTIC,
    })),
  ];
}

/** `images/` + `masks/`: an image is tampered where its mask marks a pixel, which is known once the mask is read. */
export async function samplesOfImagesAndMasks(
  root: string,
  images: string,
  masks: string,
  findings: Findings,
): Promise<Sample[]> {
  const files = await imagesIn(images);
  const matched = matchMasks(files, await masksIn(masks), findings);
  const samples = files.map((file, index): Sample => ({
    ...named(root, images, file),
    mask: matched[index]!,
    label: matched[index] === null ? AUTHENTIC : null,
  }));
  // A mask that got lost looks the same as a photo that never had one.
  for (const { name, mask } of samples) if (mask === null) findings.add('unmasked-image', name);
  return samples;
}

async function imagesIn(folder: string): Promise<InputFile[]> {
  try {
    return (await findInputFiles([folder])).files;
  } catch (error) {
    if (error instanceof OfxError && error.code === 'NO_IMAGES') return [];
    throw error;
  }
}

/** @throws {OfxError} where masks cannot be seen: their photos would count as authentic */
async function masksIn(folder: string): Promise<InputFile[]> {
  const files = await imagesIn(folder);
  // A link that leads nowhere has a name, by which its photo fails.
  const unseen = files.find(({ error }) => error && error.code !== 'INPUT_MISSING')?.error;
  if (!unseen) return files;
  const { code, message, suggestion } = unseen;
  throw new OfxError(code, `${message} Photos whose masks lie there would count as authentic.`, {
    cause: unseen,
    ...(suggestion !== undefined && { suggestion }),
  });
}

/** A sub-folder of the folder that holds images of one label is their category. */
function named(
  root: string,
  folder: string,
  { image }: InputFile,
): Pick<Sample, 'name' | 'image' | 'category'> {
  const absolute = path.resolve(image);
  const [category, ...rest] = nameBelow(path.resolve(folder), absolute).split('/');
  return {
    name: nameBelow(root, absolute),
    image: absolute,
    category: rest.length > 0 ? readCategory(category) : null,
  };
}
