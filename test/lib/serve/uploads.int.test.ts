import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import type { FastifyRequest } from 'fastify';
import { UploadReader } from '../../../src/lib/serve/uploads.js';
import { rejection } from '../../support/rejection.js';

describe('UploadReader', () => {
  it('keeps nothing more of a form that it gave up', async () => {
    const file = new PassThrough();
    let dropped!: () => void;
    const dropping = new Promise<void>((resolve) => (dropped = resolve));
    async function* parts(): AsyncGenerator {
      yield await Promise.resolve({ type: 'file', fieldname: 'image', filename: 'a.png', file });
      dropped();
    }
    const raw = { complete: true, unpipe: () => undefined, resume: () => undefined };
    const request = { isMultipart: () => true, headers: {}, raw, parts } as unknown as FastifyRequest;
    const reading = rejection(new UploadReader(1000).read(request, 1));
    file.write('arrived');
    expect((await reading).code).to.equal('REQUEST_INVALID');
    // The part does not end, but the reader is done with it.
    file.write('arrives late');
    await dropping;
  });
});
