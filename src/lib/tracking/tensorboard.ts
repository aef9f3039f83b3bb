import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PbfWriter } from 'pbf';
import { writeFileAtomic } from '../files/write.js';
import type { RunSummary } from '../run/summary.js';
import { crc32c } from './crc32c.js';
import { trackedRun } from './values.js';

/** A picture of the `Images` tab. */
interface Picture {
  tag: string;
  width: number;
  height: number;
  png: Uint8Array;
}

/**
 * Writes a run as an event file of TensorBoard: all numbers as scalars, the charts as images. The same run gives the same file, so that
 * writing it again adds nothing.
 *
 * @param folder the run's own
 * @param into the log folder [`tensorboard/` in the run's folder]
 * @returns the file
 * @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function logToTensorboard(
  folder: string,
  summary: RunSummary,
  into: string | undefined,
): Promise<string> {
  const name = path.basename(path.resolve(folder));
  const run = trackedRun(summary, name);
  const seconds = run.startedAt.getTime() / 1000;
  const records = [
    event(seconds, (pbf) => {
      pbf.writeStringField(FILE_VERSION, 'brain.Event:2');
    }),
    // The tab groups scalars by what stands before the slash.
    ...run.metrics.map(({ name: metric, value }) =>
      event(seconds, (pbf) => {
        pbf.writeMessage(SUMMARY, scalarOf, { tag: metric.replace('.', '/'), value });
      }),
    ),
  ];
  for (const { name: chart, png } of summary.charts) {
    const bytes = await readFile(path.join(folder, png)).catch(() => undefined);
    if (!bytes) continue;
    // A PNG tells its size behind its signature and the head of its first chunk.
    const picture = {
      tag: `charts/${chart}`,
      width: bytes.readUInt32BE(16),
      height: bytes.readUInt32BE(20),
      png: bytes,
    };
    records.push(
      event(seconds, (pbf) => {
        pbf.writeMessage(SUMMARY, imageOf, picture);
      }),
    );
  }
  const place = into === undefined ? path.join(folder, 'tensorboard') : path.join(into, name);
  const file = path.join(place, `events.out.tfevents.${Math.floor(seconds)}.ofx-${run.id.slice(0, 12)}`);
  await writeFileAtomic(file, Buffer.concat(records.map(framed)));
  return file;
}

/** Fields of `tensorflow.Event`, `Summary`, `Summary.Value` and `Summary.Image`: tensorboard/compat/proto/{event,summary}.proto. */
const [WALL_TIME, FILE_VERSION, SUMMARY] = [1, 3, 5];
const VALUE = 1;
const [TAG, SIMPLE_VALUE, IMAGE] = [1, 2, 4];
const [HEIGHT, WIDTH, COLOURSPACE, ENCODED] = [1, 2, 3, 4];
const RGBA = 4;

function event(seconds: number, what: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(WALL_TIME, seconds);
  what(pbf);
  return pbf.finish();
}

function scalarOf(scalar: { tag: string; value: number }, pbf: PbfWriter): void {
  pbf.writeMessage(
    VALUE,
    ({ tag, value }, inner) => {
      inner.writeStringField(TAG, tag);
      inner.writeFloatField(SIMPLE_VALUE, value);
    },
    scalar,
  );
}

function imageOf(picture: Picture, pbf: PbfWriter): void {
  pbf.writeMessage(
    VALUE,
    (value, inner) => {
      inner.writeStringField(TAG, value.tag);
      inner.writeMessage(IMAGE, pixelsOf, value);
    },
    picture,
  );
}

function pixelsOf({ width, height, png }: Picture, pbf: PbfWriter): void {
  pbf.writeVarintField(HEIGHT, height);
  pbf.writeVarintField(WIDTH, width);
  pbf.writeVarintField(COLOURSPACE, RGBA);
  pbf.writeBytesField(ENCODED, png);
}

/** A TFRecord: length (64 bits, little-endian), its checksum, the bytes, theirs. */
function framed(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(bytes.length), 0);
  head.writeUInt32LE(masked(crc32c(head.subarray(0, 8))), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(masked(crc32c(bytes)), 0);
  return Buffer.concat([head, bytes, tail]);
}

/** Checksums of bytes that hold checksums are bad ones, so TFRecord turns and shifts them. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
