import type { PdfDict, PdfObject } from '@libpdf/core';
import { undoFilters } from './filters.js';
import { asStream, type Resolve } from './objects.js';

/** How a picture's samples become colours. */
export interface ColourSpace {
  kind: 'grey' | 'rgb' | 'cmyk';
  /** Samples a pixel as they are stored: 1 where a palette stands in between. */
  components: number;
  /** Colours of `kind`, one after the other. */
  palette?: Uint8Array;
}

/** A colour space that is not read; the message names it. */
export class UnknownColours extends Error {}

const NAMES: Readonly<Record<string, ColourSpace>> = {
  DeviceGray: { kind: 'grey', components: 1 },
  G: { kind: 'grey', components: 1 },
  CalGray: { kind: 'grey', components: 1 },
  DeviceRGB: { kind: 'rgb', components: 3 },
  RGB: { kind: 'rgb', components: 3 },
  CalRGB: { kind: 'rgb', components: 3 },
  DeviceCMYK: { kind: 'cmyk', components: 4 },
  CMYK: { kind: 'cmyk', components: 4 },
};

const BY_COMPONENTS: Readonly<Record<number, ColourSpace>> = {
  1: NAMES['DeviceGray']!,
  3: NAMES['DeviceRGB']!,
  4: NAMES['DeviceCMYK']!,
};

/** The largest palette: 256 colours of four components. */
const MOST_PALETTE = 1024;

/**
 * Reads a colour space (ISO 32000-1, 8.6). Profiles are ignored, as they are everywhere in ofx.
 *
 * @param named the spaces that the page gives names to
 * @throws {UnknownColours}
 */
export function colourSpace(
  entry: PdfObject | undefined,
  resolve: Resolve,
  named: PdfDict | undefined,
): ColourSpace {
  if (entry?.type === 'name') {
    const known = NAMES[entry.value];
    const own = known === undefined ? named?.get(entry.value, resolve) : undefined;
    if (known !== undefined) return known;
    if (own === undefined || own.type === 'name') throw new UnknownColours(entry.value);
    return colourSpace(own, resolve, undefined);
  }
  if (entry?.type !== 'array') throw new UnknownColours('none');
  const family = entry.at(0, resolve);
  const name = family?.type === 'name' ? family.value : 'none';
  if (NAMES[name]) return NAMES[name];
  if (name === 'ICCBased') {
    const profile = asStream(entry.at(1, resolve));
    const known = BY_COMPONENTS[profile?.getNumber('N', resolve)?.value ?? 0];
    if (known) return known;
  }
  if (name === 'Indexed' || name === 'I')
    return indexed(entry.at(1, resolve), entry.at(3, resolve), resolve, named);
  throw new UnknownColours(name);
}

function indexed(
  base: PdfObject | undefined,
  lookup: PdfObject | undefined,
  resolve: Resolve,
  named: PdfDict | undefined,
): ColourSpace {
  const { kind, palette } = colourSpace(base, resolve, named);
  if (palette) throw new UnknownColours('Indexed');
  if (lookup?.type === 'string') return { kind, components: 1, palette: lookup.bytes };
  const table = asStream(lookup);
  if (table === undefined) throw new UnknownColours('Indexed');
  return { kind, components: 1, palette: undoFilters(table, resolve, MOST_PALETTE).data };
}
