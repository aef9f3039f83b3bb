import type sharp from 'sharp';

/**
 * The sharp library, loaded when it is first needed: it is native code, and `ofx --help` must not wait for it. Its
 * cache only helps those who open the same file again, and would grow over thousands of images. One thread an image
 * is enough, because several images are worked on side by side.
 */
export async function loadSharp(): Promise<typeof sharp> {
  const { default: library } = await import('sharp');
  library.cache(false);
  library.concurrency(1);
  return library;
}
