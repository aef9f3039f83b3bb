/** What a picture of a document is called, as links write places in one. */
export function pictureName(document: string, { page, image }: { page: number; image: number }): string {
  return `${document}#page=${page}&image=${image}`;
}
