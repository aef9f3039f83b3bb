import { Type, type Static } from '@sinclair/typebox';
import { loadSharp } from '../../image/sharp.js';

const Text = Type.String({ description: 'As the file says it, without control characters' });

export const ExifSchema = Type.Object(
  {
    camera: Type.Optional(Text),
    lens: Type.Optional(Text),
    software: Type.Optional(Text),
    taken: Type.Optional(Text),
    digitised: Type.Optional(Text),
    changed: Type.Optional(Text),
    size: Type.Optional(
      Type.Object(
        { width: Type.Integer(), height: Type.Integer() },
        { description: 'Of the image, as the camera wrote it' },
      ),
    ),
    gps: Type.Boolean({ description: 'Whether a place is stored' }),
    position: Type.Optional(
      Type.Object(
        { latitude: Type.Number(), longitude: Type.Number() },
        { description: 'Degrees (WGS 84); told only where it is asked for' },
      ),
    ),
  },
  { description: 'What the file says of itself. Anybody can write anything into it' },
);
export type Exif = Static<typeof ExifSchema>;

export interface ExifReading {
  /** Nothing where the file has none. */
  exif?: Exif;
  /** Where there is some that cannot be read. */
  unreadable?: boolean;
}

/** Longer texts are no names of cameras. */
const LONGEST = 160;

/** What is kept of the file's own words; EXIF can hold anything, at any length. */
const PICKED = [
  'Make',
  'Model',
  'LensModel',
  'Software',
  'ModifyDate',
  'DateTimeOriginal',
  'CreateDate',
  'OffsetTime',
  'OffsetTimeOriginal',
  'OffsetTimeDigitized',
  'ExifImageWidth',
  'ExifImageHeight',
];

/**
 * The EXIF data of an image. Never fails: what cannot be read is said.
 *
 * @param withPosition - tell the place, too, not only whether one is stored
 */
export async function readExif(
  file: Uint8Array,
  format: string,
  withPosition: boolean,
): Promise<ExifReading> {
  const block = await exifBlock(file, format);
  if (block === undefined) return {};
  try {
    const { default: exifr } = await import('exifr');
    const tags = (await exifr.parse(block, {
      tiff: true,
      ifd0: { pick: PICKED },
      exif: { pick: PICKED },
      gps: true,
      ifd1: false,
      interop: false,
      xmp: false,
      icc: false,
      iptc: false,
      jfif: false,
      makerNote: false,
      userComment: false,
      sanitize: true,
      mergeOutput: false,
      translateValues: false,
      reviveValues: false,
    })) as Tags | undefined;
    return tags === undefined ? {} : { exif: exifOf(tags, withPosition) };
  } catch {
    return { unreadable: true };
  }
}

interface Tags {
  ifd0?: Record<string, unknown>;
  exif?: Record<string, unknown>;
  gps?: Record<string, unknown>;
}

function exifOf({ ifd0 = {}, exif = {}, gps }: Tags, withPosition: boolean): Exif {
  const all = { ...ifd0, ...exif };
  const [make, model] = [text(all['Make']), text(all['Model'])];
  const camera = [make !== undefined && model?.startsWith(make) ? undefined : make, model]
    .filter(Boolean)
    .join(' ');
  const [width, height] = [all['ExifImageWidth'], all['ExifImageHeight']];
  const position = withPosition && gps ? positionOf(gps) : undefined;
  const found = {
    camera: camera === '' ? undefined : camera,
    lens: text(all['LensModel']),
    software: text(all['Software']),
    taken: date(all['DateTimeOriginal'], all['OffsetTimeOriginal']),
    digitised: date(all['CreateDate'], all['OffsetTimeDigitized']),
    changed: date(all['ModifyDate'], all['OffsetTime']),
    size: isSide(width) && isSide(height) ? { width, height } : undefined,
    position,
  };
  return {
    ...(Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Omit<
      Exif,
      'gps'
    >),
    gps: gps !== undefined && ('GPSLatitude' in gps || 'GPSLongitude' in gps),
  };
}

/** TIFF holds EXIF as its own tags; of other formats libvips finds the block, of any length. */
async function exifBlock(file: Uint8Array, format: string): Promise<Uint8Array | undefined> {
  if (format === 'tiff') return file;
  if (format === 'bmp') return undefined;
  try {
    const sharp = await loadSharp();
    const { exif } = await sharp(file, { limitInputPixels: false }).metadata();
    if (exif === undefined) return undefined;
    return exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
  } catch {
    // A file that only our own reader can decode; what it says of itself stays unknown.
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\ufffd]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (clean === '') return undefined;
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** "2021:03:04 10:20:30" as people write it; anything else as it stands. */
function date(value: unknown, offset: unknown): string | undefined {
  const written = text(value);
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(written ?? '');
  if (!parts) return written;
  const [, year, month, day, time] = parts;
  const zone = /^[+-]\d\d:\d\d$/.exec(text(offset) ?? '')?.[0];
  return [`${year}-${month}-${day}`, time, zone].filter(Boolean).join(' ');
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 1e6;
}

function positionOf(gps: Record<string, unknown>): { latitude: number; longitude: number } | undefined {
  const latitude = degrees(gps['GPSLatitude'], gps['GPSLatitudeRef'], 'S');
  const longitude = degrees(gps['GPSLongitude'], gps['GPSLongitudeRef'], 'W');
  if (latitude === undefined || longitude === undefined) return undefined;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  return { latitude, longitude };
}

function degrees(value: unknown, reference: unknown, negative: string): number | undefined {
  if (!Array.isArray(value)) return undefined;
  const [whole = NaN, minutes = 0, seconds = 0] = value.map(Number);
  const sum = whole + minutes / 60 + seconds / 3600;
  if (!Number.isFinite(sum)) return undefined;
  return Number(((reference === negative ? -1 : 1) * sum).toFixed(6));
}
