import { inflateSync } from 'node:zlib';
import { OfxError } from '../../../core/errors.js';
import { counted, inNumber } from '../../../text/plural.js';
import { BoundedBytes } from './bounded-bytes.js';
import type { Resolve } from './objects.js';
import { shownOn, type Shown } from './walk.js';

/** A picture of a document, by the page that shows it first. */
export interface DocumentPicture extends Shown {
  /** Counted from 1. */
  page: number;
  /** Among the pictures that this page is the first to show, from 1. */
  image: number;
}

export interface PdfDocument {
  pictures: DocumentPicture[];
  resolve: Resolve;
  /** What was not looked at, a sentence each. */
  warnings: string[];
  isDamaged: boolean;
}

/** Lines, bullets and spacers are no picture in which anything could be found. */
const LEAST_SIDE = 16;

/** Bytes that a document's own tables may have when they are not compressed. */
const MOST_TABLES = 128 * 2 ** 20;

/**
 * Finds the pictures in a PDF document. Nothing is decoded yet.
 *
 * @throws {OfxError} IMAGE_UNSUPPORTED where it is encrypted or holds no picture, IMAGE_TOO_LARGE; Error where it is damaged
 */
export async function readPdf(file: Uint8Array, name: string): Promise<PdfDocument> {
  checkTables(file, name);
  const { PDF, SecurityError } = await import('@libpdf/core');
  const pdf = await PDF.load(
    new BoundedBytes(file.buffer as ArrayBuffer, file.byteOffset, file.byteLength),
  ).catch((error: unknown) => {
    if (error instanceof SecurityError) throw encrypted(name);
    throw error;
  });
  if (pdf.isEncrypted && !pdf.isAuthenticated) throw encrypted(name);
  const resolve: Resolve = (ref) => pdf.getObject(ref);
  const pages = pdf.getPages();
  const told = pdf.getCatalog().getDict('Pages', resolve)?.getNumber('Count', resolve)?.value ?? pages.length;
  if (pages.length < told)
    throw new Error(`of its ${counted(told, 'page')} only ${pages.length} can be found`);

  const pictures: DocumentPicture[] = [];
  const seen = new Set<string>();
  const bare: number[] = [];
  let small = 0;
  for (const [index, { dict }] of pages.entries()) {
    const page = index + 1;
    const shown = shownOn(dict, resolve);
    const large = shown.filter(({ width, height }) => Math.min(width, height) >= LEAST_SIDE);
    if (large.length === 0) bare.push(page);
    const fresh = large.filter(({ key }) => !seen.has(key));
    for (const [at, one] of fresh.entries()) {
      if (one.without !== 'inline') seen.add(one.key);
      pictures.push({ ...one, page, image: at + 1 });
    }
    small += shown.length - large.length;
  }
  if (pictures.length === 0) throw withoutPictures(name);
  return {
    pictures,
    resolve,
    isDamaged: pdf.recoveredViaBruteForce,
    warnings: [
      'Only the pictures of the document were looked at, not its text and drawings.',
      ...(bare.length > 0
        ? [
            `${inNumber(bare.length, 'Page{|s}')} ${bare.join(', ')} ${inNumber(bare.length, '{shows|show}')} no picture.`,
          ]
        : []),
      ...(small > 0
        ? [
            `${counted(small, 'picture')} with a side below ${LEAST_SIDE} pixels ${inNumber(small, '{was|were}')} left out.`,
          ]
        : []),
    ],
  };
}

function encrypted(name: string): OfxError {
  return new OfxError('IMAGE_UNSUPPORTED', `${name} is a PDF document that a password protects.`, {
    suggestion: 'Save it without its password, e.g. qpdf --decrypt --password=… in.pdf out.pdf',
  });
}

function withoutPictures(name: string): OfxError {
  return new OfxError(
    'IMAGE_UNSUPPORTED',
    `${name} is a PDF document that shows no picture: its text and drawings cannot be examined.`,
    { suggestion: 'To examine how its pages look, render them as PNG: pdftoppm -r 300 -png in.pdf page' },
  );
}

/**
 * Refuses a document whose tables of objects are a bomb: they are unpacked whole when it is opened.
 *
 * @throws {OfxError} IMAGE_TOO_LARGE, IMAGE_UNSUPPORTED
 */
function checkTables(file: Uint8Array, name: string): void {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  let left = MOST_TABLES;
  for (let at = bytes.indexOf('stream'); at >= 0; at = bytes.indexOf('stream', at + 6)) {
    if (bytes.toString('latin1', at - 3, at) === 'end') continue;
    const said = bytes.toString('latin1', Math.max(bytes.lastIndexOf(' obj', at), at - 65_536, 0), at);
    if (!/\/Type\s*\/(ObjStm|XRef)/.test(said.replace(/#([0-9A-Fa-f]{2})/g, unescaped))) continue;
    const start = at + 6 + (bytes[at + 6] === 13 ? 2 : 1);
    try {
      left -= inflateSync(bytes.subarray(start), { maxOutputLength: left }).length;
    } catch (error) {
      // What is not compressed like that, or encrypted, is no more than it is.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') continue;
      throw new OfxError(
        'IMAGE_TOO_LARGE',
        `${name} has tables of objects above the limit of ${MOST_TABLES / 2 ** 20} MiB, as attacks do.`,
        { suggestion: 'Extract its pictures with a tool that you trust with it, and score those.' },
      );
    }
  }
}

function unescaped(_: string, hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}
