import type { Exif } from '../../predict/exhibit/exif.js';
import type { JpegTables } from '../../predict/exhibit/jpeg-tables.js';
import { html, type Html } from '../../report/html/html.js';
import type { CaseResult } from '../schema.js';
import { bytesText, facts, hash, utc } from './facts.js';

const NAMES: Readonly<Record<string, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  tiff: 'TIFF',
  avif: 'AVIF',
  gif: 'GIF',
  bmp: 'BMP',
  heic: 'HEIC',
};

/** What the file is, and what it says of itself. */
export function fileSection({ sha256, bytes, examinedAt, width, height, file }: CaseResult): Html {
  const { format, jpeg, exif } = file;
  return html`<h3>The file</h3>
    ${facts([
      ['SHA-256', hash(sha256)],
      ['Size', bytesText(bytes)],
      [
        'Format',
        `${NAMES[format] ?? format}, ${width} × ${height} pixels (${((width * height) / 1e6).toFixed(1)} megapixels)`,
      ],
      ['Compression', jpeg && compression(jpeg)],
      ['Examined', utc(examinedAt)],
      ...(exif
        ? exifFacts(exif)
        : ([['EXIF', 'none: the file does not say what made it or when']] as [string, string][])),
    ])}`;
}

function compression({ quality, standardTables, progressive, subsampling }: JpegTables): string {
  const tables = standardTables
    ? `quantisation tables of libjpeg’s quality ${quality}`
    : `quantisation tables of its own, nearest to libjpeg’s quality ${quality}`;
  return [tables, subsampling && `colours ${subsampling}`, progressive && 'progressive']
    .filter(Boolean)
    .join(', ');
}

function exifFacts({
  camera,
  lens,
  software,
  taken,
  digitised,
  changed,
  gps,
  position,
}: Exif): [string, string | undefined][] {
  return [
    ['Camera (EXIF)', camera ?? 'not stated'],
    ['Lens (EXIF)', lens],
    ['Software (EXIF)', software],
    ['Taken (EXIF)', taken && zoned(taken)],
    ['Digitised (EXIF)', digitised !== taken ? digitised && zoned(digitised) : undefined],
    ['Changed (EXIF)', changed && zoned(changed)],
    ['Place (EXIF)', placeText(gps, position)],
  ];
}

function zoned(date: string): string {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(date) ? `${date}, without a time zone` : date;
}

function placeText(gps: boolean, position: Exif['position']): string {
  if (position) return `${position.latitude}, ${position.longitude} (WGS 84)`;
  return gps ? 'stored in the file, not shown here' : 'none stored';
}
