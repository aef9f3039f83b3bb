const DECODERS = {
  'utf-8': new TextDecoder('utf-8'),
  'utf-16le': new TextDecoder('utf-16le'),
  'utf-16be': new TextDecoder('utf-16be'),
};

/**
 * The text in a file's bytes: UTF-8, or UTF-16 where a byte-order mark says so (PowerShell's `>` writes it). The mark is
 * no part of the text. Bytes that are no text become U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
  return DECODERS[encodingOf(bytes)].decode(bytes);
}

/** A text that was decoded elsewhere, without its byte-order mark. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** How a text is encoded, by its byte-order mark; UTF-8 where it has none. */
export function encodingOf([first, second]: Uint8Array): keyof typeof DECODERS {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}
