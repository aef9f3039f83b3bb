import { Type, type Static } from '@sinclair/typebox';
import type { ExhibitPictures } from '../../image/exhibit-pictures.js';
import type { Drawing } from './drawing.js';
import { ExifSchema, readExif } from './exif.js';
import { JpegTablesSchema, readJpegTables } from './jpeg-tables.js';
import { observations } from './observations.js';

/** What a case file tells of a photo beside its result: its file, and pictures of what was found in it. */

export const FileFactsSchema = Type.Object({
  format: Type.String({ description: 'By its content: jpeg, png, …' }),
  jpeg: Type.Optional(JpegTablesSchema),
  exif: Type.Optional(ExifSchema),
  observations: Type.Array(Type.String(), {
    description: 'What may have destroyed traces, and what the file says of itself that does not fit',
  }),
});
export type FileFacts = Static<typeof FileFactsSchema>;

export interface Exhibit {
  file: FileFacts;
  pictures: ExhibitPictures;
  /** What sources of evidence draw over the photo, in its pixels. */
  drawings: Drawing[];
}

/** @param withPosition - tell the place that EXIF names, not only whether there is one */
export async function fileFacts(
  bytes: Uint8Array,
  { format, width, height }: { format: string; width: number; height: number },
  { withPosition, now }: { withPosition: boolean; now: Date },
): Promise<FileFacts> {
  const jpeg = format === 'jpeg' ? readJpegTables(bytes) : undefined;
  const { exif, unreadable } = await readExif(bytes, format, withPosition);
  return {
    format,
    ...(jpeg && { jpeg }),
    ...(exif && { exif }),
    observations: observations({ format, width, height, jpeg, exif, exifUnreadable: unreadable, now }),
  };
}
