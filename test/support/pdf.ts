/** Writes small PDF documents, object by object, for tests. */

/** A picture's stream: what its dictionary says beside its length, and its bytes. */
export interface PdfImage {
  says: string;
  data: Uint8Array;
}

/** A picture of a JPEG file. */
export function jpegImage(data: Uint8Array, width: number, height: number, colours = '/DeviceRGB'): PdfImage {
  return {
    says: `/Width ${width} /Height ${height} /ColorSpace ${colours} /BitsPerComponent 8 /Filter /DCTDecode`,
    data,
  };
}

/** A document whose pages show pictures, by their numbers; further instructions of each page may follow. */
export function makePdf(
  images: readonly PdfImage[],
  pages: readonly { shows: readonly number[]; more?: string }[],
): Buffer {
  const first = 3 + 2 * pages.length;
  const names = images.map((_, index) => `/Im${index} ${first + index} 0 R`).join(' ');
  const stream = (says: string, data: Uint8Array): Buffer =>
    Buffer.concat([
      Buffer.from(`<< ${says} /Length ${data.length} >>\nstream\n`),
      data,
      Buffer.from('\nendstream'),
    ]);
  const kids = pages.map((_, index) => `${3 + 2 * index} 0 R`).join(' ');
  const objects = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from(
      `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} /Resources << /XObject << ${names} >> >> >>`,
    ),
    ...pages.flatMap(({ shows, more = '' }, index) => [
      Buffer.from(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents ${4 + 2 * index} 0 R >>`),
      stream(
        '',
        Buffer.from(`${shows.map((one) => `q 300 0 0 300 0 0 cm /Im${one} Do Q`).join('\n')}\n${more}`),
      ),
    ]),
    ...images.map(({ says, data }) => stream(`/Type /XObject /Subtype /Image ${says}`, data)),
  ];
  let file = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
  const places: number[] = [];
  for (const [index, object] of objects.entries()) {
    places.push(file.length);
    file = Buffer.concat([file, Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
  }
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.concat([
    file,
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
    ),
  ]);
}
