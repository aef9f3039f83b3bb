import type { PdfDict, PdfObject, PdfStream } from '@libpdf/core';
import { undoFilters } from './filters.js';
import { asDict, asList, asStream, type Resolve } from './objects.js';

/** What a page shows as a picture. */
export interface Shown {
  /** Tells it from others; the same picture may be shown many times. */
  key: string;
  /** Nothing where it lies within the page's own instructions, or is not there. */
  stream?: PdfStream;
  /** Why there is no stream. */
  without?: 'inline' | 'missing';
  /** Pixels, as far as they are told. */
  width: number;
  height: number;
  /** Colour spaces that have names where it is shown. */
  colours?: PdfDict | undefined;
}

/** Bytes of instructions of one page. */
const MOST_INSTRUCTIONS = 64 * 2 ** 20;
const MOST_DEPTH = 12;

/** A picture that is drawn, by the name that the page's resources give it. */
const DRAWN = /\/([^\s/[\]<>(){}%]+)\s+Do(?![A-Za-z0-9])/g;
/** A picture within the instructions: what is said of it, between its two keywords. */
const INLINE = /(?:^|[\s\])>])BI\s([^]{0,2000}?)\sID\s/g;

/**
 * The pictures that a page shows, in the order in which it first draws each: those of its instructions, of the forms and patterns
 * in it, and of its annotations, such as stamps and signatures. Masks of pictures are none.
 *
 * @throws Error where the page's instructions cannot be read
 */
export function shownOn(page: PdfDict, resolve: Resolve): Shown[] {
  const walk = new Walk(resolve);
  const contents = asList(page.get('Contents', resolve), resolve).map((part) => asStream(part));
  if (contents.includes(undefined)) throw new Error('a part of its page is missing');
  walk.instructions(contents as PdfStream[], inherited(page, 'Resources', resolve), 0);
  for (const annotation of asList(page.get('Annots', resolve), resolve)) {
    const normal = asDict(asDict(annotation)?.getDict('AP', resolve)?.get('N', resolve));
    if (normal === undefined) continue;
    const states = asStream(normal) ? [normal] : [...normal.keys()].map((key) => normal.get(key, resolve));
    for (const state of states) if (asStream(state)) walk.form(asStream(state)!, undefined, 0);
  }
  return [...walk.found.values()];
}

/** What a page does not say itself, a node above it does. */
function inherited(page: PdfDict, key: string, resolve: Resolve): PdfDict | undefined {
  let node: PdfDict | undefined = page;
  for (let depth = 0; node && depth < 100; depth++) {
    const own = node.getDict(key, resolve);
    if (own) return own;
    node = node.getDict('Parent', resolve);
  }
  return undefined;
}

class Walk {
  readonly found = new Map<string, Shown>();
  readonly #forms = new Set<PdfStream>();
  #bytes = 0;

  constructor(private readonly resolve: Resolve) {}

  instructions(streams: readonly PdfStream[], resources: PdfDict | undefined, depth: number): void {
    const text = streams.map((stream) => this.#text(stream)).join('\n');
    const { resolve } = this;
    const objects = resources?.getDict('XObject', resolve);
    const colours = resources?.getDict('ColorSpace', resolve);
    for (const [, written = ''] of text.matchAll(DRAWN)) {
      const name = written.replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      );
      this.#drawn(objects?.get(name), `${depth}/${name}`, colours, resources, depth);
    }
    for (const [all, said = ''] of text.matchAll(INLINE)) {
      const [width, height] = [/\/W(?:idth)?\s+(\d+)/, /\/H(?:eight)?\s+(\d+)/].map((pattern) =>
        Number(pattern.exec(said)?.[1] ?? 0),
      ) as [number, number];
      if (width > 0 && height > 0)
        this.#add({ key: `inline ${this.found.size} ${all.length}`, without: 'inline', width, height });
    }
    const patterns = resources?.getDict('Pattern', resolve);
    for (const key of patterns?.keys() ?? []) {
      const pattern = asStream(patterns?.get(key, resolve));
      if (pattern) this.form(pattern, resources, depth);
    }
  }

  form(form: PdfStream, outer: PdfDict | undefined, depth: number): void {
    if (this.#forms.has(form)) return;
    if (depth > MOST_DEPTH) throw new Error('its forms are nested too deep');
    this.#forms.add(form);
    this.instructions([form], form.getDict('Resources', this.resolve) ?? outer, depth + 1);
  }

  #drawn(
    entry: PdfObject | undefined,
    otherwise: string,
    colours: PdfDict | undefined,
    resources: PdfDict | undefined,
    depth: number,
  ): void {
    const key = entry?.type === 'ref' ? entry.toString() : otherwise;
    const stream = asStream(entry?.type === 'ref' ? this.resolve(entry) : entry);
    if (stream === undefined) {
      this.#add({ key, without: 'missing', width: Infinity, height: Infinity });
      return;
    }
    const kind = stream.getName('Subtype', this.resolve)?.value;
    if (kind === 'Form') this.form(stream, resources, depth);
    if (kind !== 'Image') return;
    const side = (name: string): number => stream.getNumber(name, this.resolve)?.value ?? 0;
    this.#add({ key, stream, width: side('Width'), height: side('Height'), colours });
  }

  #add(shown: Shown): void {
    if (!this.found.has(shown.key)) this.found.set(shown.key, shown);
  }

  #text(stream: PdfStream): string {
    const { data, left } = undoFilters(stream, this.resolve, MOST_INSTRUCTIONS - this.#bytes);
    if (left !== undefined) throw new Error(`its page is compressed in a way that is not read (${left})`);
    this.#bytes += data.length;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
  }
}
