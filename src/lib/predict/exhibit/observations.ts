import type { Exif } from './exif.js';
import type { JpegTables } from './jpeg-tables.js';

export interface Observed {
  format: string;
  /** Of the upright image, in pixels. */
  width: number;
  height: number;
  jpeg?: JpegTables | undefined;
  exif?: Exif | undefined;
  exifUnreadable?: boolean | undefined;
  /** When it was examined. */
  now: Date;
}

/** Below this quality the traces that a network reads are mostly gone: what was measured at 70 is in the model's card. */
const STRONG_COMPRESSION = 75;

/** Sizes of screens, the longer side first; a phone's and a tablet's own, and those of monitors. */
const SCREENS = new Set(
  (
    '1280x720 1280x800 1366x768 1440x900 1536x864 1600x900 1680x1050 1920x1080 1920x1200 2560x1080 2560x1440 2560x1600 2880x1800 ' +
    '3024x1964 3072x1920 3440x1440 3456x2234 3840x2160 5120x2880 1136x640 1334x750 1792x828 1920x1080 2208x1242 2436x1125 2532x1170 ' +
    '2556x1179 2622x1206 2688x1242 2778x1284 2796x1290 2868x1320 2048x1536 2160x1620 2224x1668 2360x1640 2388x1668 2732x2048 ' +
    '2160x1080 2220x1080 2280x1080 2310x1080 2316x1080 2340x1080 2376x1080 2400x1080 2412x1080 2460x1080 2520x1080 3040x1440 3088x1440 ' +
    '3120x1440 3200x1440 3216x1440 1520x720 1560x720 1600x720 1612x720'
  ).split(' '),
);

/** The longer side that messengers and social networks shrink photos to. */
const SHARED_SIDES = new Set([960, 1024, 1080, 1200, 1280, 1350, 1440, 1600, 2048]);

/** Programs whose purpose is to change images. */
const EDITORS =
  /photoshop|lightroom|gimp|affinity|pixelmator|snapseed|picsart|facetune|paint\.?net|paint shop|capture one|luminar|canva|photoscape|photopea|krita|fotor|polarr|vsco|darktable|rawtherapee|remini|faceapp/i;

/**
 * What a person should know of a file before they rely on its score: what may have destroyed traces, and what the file says
 * of itself that does not fit. None of it is a finding.
 */
export function observations(file: Observed): string[] {
  return [...compression(file), ...origin(file), ...contradictions(file)];
}

function compression({ jpeg }: Observed): string[] {
  if (jpeg === undefined || jpeg.quality >= STRONG_COMPRESSION) return [];
  return [
    `Strongly compressed (JPEG quality about ${jpeg.quality}): fine traces of a manipulation may be destroyed, and a low score means less.`,
  ];
}

function origin({ width, height, format, exif, exifUnreadable }: Observed): string[] {
  const long = Math.max(width, height);
  const size = `${long}x${Math.min(width, height)}`;
  const hasCamera = exif?.camera !== undefined;
  if (!hasCamera && SCREENS.has(size)) {
    return [
      `It has the size of a screen (${width} × ${height}) and names no camera: if it is a screenshot or a frame of a video, traces of what it shows may be lost.`,
    ];
  }
  if (!hasCamera && SHARED_SIDES.has(long) && format !== 'tiff') {
    return [
      `It names no camera, and its longer side is ${long} pixels, as messengers and social networks make it: it may have been shrunk and compressed again.`,
    ];
  }
  if (format === 'jpeg' && !hasCamera && !exifUnreadable)
    return ['It names no camera: that was removed, or never there. Many programs and services remove it.'];
  return [];
}

function contradictions({ width, height, exif, exifUnreadable, now }: Observed): string[] {
  if (exifUnreadable) return ['It has EXIF data that cannot be read: they are damaged.'];
  if (exif === undefined) return [];
  const found: string[] = [];
  const { size, software, taken, changed } = exif;
  const sameSize =
    size === undefined ||
    (size.width === width && size.height === height) ||
    (size.width === height && size.height === width);
  if (!sameSize) {
    found.push(
      `EXIF speaks of ${size.width} × ${size.height} pixels, and the image has ${width} × ${height}: it was cropped or resized after EXIF was written, or EXIF was taken from elsewhere.`,
    );
  }
  if (software !== undefined && EDITORS.test(software)) {
    found.push(
      `EXIF names a program that edits images (${software}): it was saved by it, which alone does not make it a manipulation.`,
    );
  }
  const [first, last] = [time(taken), time(changed)];
  if (first !== undefined && last !== undefined && last < first)
    found.push(`By EXIF it was changed (${changed}) before it was taken (${taken}).`);
  for (const [what, written, at] of [
    ['taken', taken, first],
    ['changed', changed, last],
  ] as const) {
    if (written === undefined) continue;
    // A day of grace, because EXIF often names no time zone.
    if (at === undefined) found.push(`The date in EXIF at which it was ${what} is not a date: "${written}".`);
    else if (at > now.getTime() + 864e5)
      found.push(`By EXIF it was ${what} after it was examined: ${written}.`);
  }
  return found;
}

/** Of "2021-03-04 10:20:30 +01:00"; without a time zone UTC. */
function time(written: string | undefined): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?: ([+-]\d\d:\d\d))?$/.exec(written ?? '');
  if (!parts) return undefined;
  const at = Date.parse(`${parts[1]}T${parts[2]}${parts[3] ?? 'Z'}`);
  return Number.isNaN(at) ? undefined : at;
}
