import { FolderStore } from './folder-store.js';
import { isS3, openS3 } from './s3.js';
import { S3Store } from './s3-store.js';
import type { Store } from './store.js';

/**
 * The store that a place stands for: a folder, or `s3://bucket/prefix`.
 *
 * @throws {OfxError} PACKAGE_MISSING
 */
export async function openStore(place: string): Promise<Store> {
  return isS3(place) ? new S3Store(place, await openS3()) : new FolderStore(place);
}
