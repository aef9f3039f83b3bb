import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { pictureName } from '../image/decode/pdf/name.js';
import { onlyPicture, type ImageFile, type Picture } from '../image/decode/samples.js';
import { counted } from '../text/plural.js';

/** A picture of a document that could not be read. */
export interface UnseenPicture {
  page: number;
  image: number;
  error: OfxError;
}

/** Those that could not be read, each with the reason. */
export type Unseen = ReadonlyMap<Picture, OfxError>;

/** @throws {OfxError} PAGE_MISSING, SEVERAL_PAGES */
export function pagesAsked(file: ImageFile, page: number | 'all' | undefined): readonly Picture[] {
  const { name, pictures } = file;
  if (page === undefined) return [onlyPicture(file)];
  if (page === 'all') return pictures;
  const asked = pictures.filter((picture) => picture.page === page);
  if (asked.length > 0) return asked;
  const [first, last] = [pictures[0].page, pictures.at(-1)!.page];
  throw new OfxError('PAGE_MISSING', `${name} has no page ${page}.`, {
    suggestion: pictures.length === 1 ? 'It has one page.' : `It has the pages ${first} to ${last}.`,
  });
}

/** Whether an error says that one picture of a document cannot be read; memory that runs out says nothing of the picture. */
export function isAboutPicture(error: unknown, { image }: Picture): error is OfxError {
  return image !== undefined && error instanceof OfxError && error.code.startsWith('IMAGE_');
}

/**
 * A file of which nothing can be seen fails, by its first picture.
 *
 * @throws {OfxError} why that cannot be read
 */
export function refuseUnseen(asked: readonly Picture[], unseen: Unseen): void {
  if (unseen.size < asked.length) return;
  const [first, ...others] = unseen.values();
  if (others.length === 0) throw first!;
  const { code, message, suggestion } = first!;
  throw new OfxError(
    code,
    `${message} Nor can ${counted(others.length, 'other picture')} of the file be read.`,
    {
      ...(suggestion !== undefined && { suggestion }),
    },
  );
}

export function toldUnseen(unseen: Unseen): UnseenPicture[] {
  return [...unseen].map(([{ page, image }, error]) => ({ page, image: image!, error }));
}

/**
 * What a person who reads the result has to know about pages.
 *
 * @param seen - how many were looked at
 * @param found - the one that the result is about
 */
export function aboutPages(
  seen: number,
  found: Picture,
  { name, pictures }: ImageFile,
  unseen: Unseen,
): string[] {
  const count = pictures.length;
  if (count === 1) return [];
  if (found.image !== undefined) {
    const asked = seen + unseen.size;
    const left = asked < count ? [`Only ${asked} of ${count} pictures were looked at.`] : [];
    if (seen > 1) {
      const place = pictureName(path.basename(name), { page: found.page, image: found.image });
      left.push(
        `The highest score of ${seen} pictures is that of ${place}; everything here is about that picture.`,
      );
    }
    return [...left, ...aboutUnseen(unseen, asked)];
  }
  if (seen === 1) return [`Only page ${found.page} was looked at, of ${count}.`];
  return [
    `The highest score of ${count} pages is that of page ${found.page}; everything here is about that page.`,
  ];
}

function aboutUnseen(unseen: Unseen, asked: number): string[] {
  if (unseen.size === 0) return [];
  const reasons = [...unseen.values()].map(({ message }) => message).join(' ');
  return [`Nothing is known about ${unseen.size} of ${asked} pictures, which could not be read: ${reasons}`];
}
