import { Type, type Static } from '@sinclair/typebox';

export const JpegTablesSchema = Type.Object(
  {
    quality: Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'Of the quantisation tables that the standard gives, those that come nearest',
    }),
    standardTables: Type.Boolean({
      description: 'Whether they are these very tables; cameras and some programs have tables of their own',
    }),
    progressive: Type.Boolean(),
    subsampling: Type.Optional(
      Type.String({ description: 'Resolution of the colours, e.g. 4:2:0; absent of grey images' }),
    ),
  },
  { description: 'How a JPEG file was compressed the last time' },
);
export type JpegTables = Static<typeof JpegTablesSchema>;

/** ITU-T T.81, tables K.1 and K.2, in rows. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/** Where each coefficient of a table in zigzag order stands in rows. */
const ZIGZAG = zigzag();

interface Component {
  horizontal: number;
  vertical: number;
  table: number;
}

/** How a JPEG file was compressed; nothing where its tables or its frame are missing. */
export function readJpegTables(file: Uint8Array): JpegTables | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  const tables = new Map<number, number[]>();
  let components: Component[] = [];
  let progressive = false;
  for (const { code, body } of segments(bytes)) {
    if (code === 0xdb) readTables(body, tables);
    if (code >= 0xc0 && code <= 0xc2 && body.length >= 6) {
      progressive = code === 0xc2;
      components = readComponents(body);
    }
  }
  const [luma, chroma] = components;
  const first = luma && tables.get(luma.table);
  if (first === undefined) return undefined;
  const second = chroma && tables.get(chroma.table);
  const { quality, distance } = nearest(first, second);
  return {
    quality,
    standardTables: distance === 0,
    progressive,
    ...(chroma && { subsampling: subsampling(luma!, chroma) }),
  };
}

/** What stands before the coded data. */
function* segments(bytes: Buffer): Generator<{ code: number; body: Buffer }> {
  let at = 2;
  while (at + 4 <= bytes.length) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 4 > bytes.length) return;
    const code = bytes[at + 1]!;
    if (code === 0xff || code === 0 || code === 0x01 || (code >= 0xd0 && code <= 0xd8)) {
      at += code === 0xff ? 1 : 2;
      continue;
    }
    if (code === 0xd9 || code === 0xda) return;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end < at + 4 || end > bytes.length) return;
    yield { code, body: bytes.subarray(at + 4, end) };
    at = end;
  }
}

function readTables(body: Buffer, tables: Map<number, number[]>): void {
  for (let at = 0; at < body.length;) {
    const wide = body[at]! >> 4 === 1;
    const id = body[at]! & 15;
    at++;
    const size = wide ? 128 : 64;
    if (at + size > body.length) return;
    tables.set(
      id,
      Array.from({ length: 64 }, (_, i) => (wide ? body.readUInt16BE(at + 2 * i) : body[at + i]!)),
    );
    at += size;
  }
}

function readComponents(body: Buffer): Component[] {
  const count = Math.min(body[5]!, Math.floor((body.length - 6) / 3));
  return Array.from({ length: count }, (_, i) => {
    const sampling = body[7 + 3 * i]!;
    return { horizontal: sampling >> 4, vertical: sampling & 15, table: body[8 + 3 * i]! };
  });
}

/** The quality of libjpeg (jcparam.c: `jpeg_quality_scaling`) whose tables differ least. */
function nearest(luma: readonly number[], chroma: readonly number[] | undefined) {
  let best = { quality: 1, distance: Infinity };
  for (let quality = 100; quality >= 1; quality--) {
    const distance =
      distanceOf(luma, LUMINANCE, quality) + (chroma ? distanceOf(chroma, CHROMINANCE, quality) : 0);
    if (distance < best.distance) best = { quality, distance };
  }
  return best;
}

function distanceOf(table: readonly number[], standard: readonly number[], quality: number): number {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.reduce((sum, value, i) => {
    const scaled = Math.floor((standard[ZIGZAG[i]!]! * scale + 50) / 100);
    return sum + Math.abs(value - Math.min(255, Math.max(1, scaled)));
  }, 0);
}

function subsampling(luma: Component, chroma: Component): string {
  const across = luma.horizontal / Math.max(1, chroma.horizontal);
  const down = luma.vertical / Math.max(1, chroma.vertical);
  const known: Record<string, string> = {
    '1x1': '4:4:4',
    '2x1': '4:2:2',
    '2x2': '4:2:0',
    '1x2': '4:4:0',
    '4x1': '4:1:1',
  };
  return known[`${across}x${down}`] ?? `${across} × ${down}`;
}

function zigzag(): number[] {
  const order: number[] = [];
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    const cells = Array.from({ length: 8 }, (_, row) => [row, diagonal - row] as const).filter(
      ([, column]) => column >= 0 && column < 8,
    );
    if (diagonal % 2 === 0) cells.reverse();
    order.push(...cells.map(([row, column]) => row * 8 + column));
  }
  return order;
}
