import { execFileSync } from 'node:child_process';
import { appendFile, cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Detector } from '../../../src/lib/model/detector.js';
import { externalData } from '../../../src/lib/model/external-data.js';
import { hashOnnx } from '../../../src/lib/model/onnx-hash.js';
import { temporaryFolder } from '../../support/folder.js';
import { ODD_MODELS, TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

describe('what an ONNX file refers to', () => {
  const folder = temporaryFolder();
  beforeEach(async () => cp(ODD_MODELS, folder.file('odd'), { recursive: true }));
  const odd = (name: string): string => folder.file('odd', name);
  const opened = async (reference: string): Promise<Detector> =>
    Detector.open(await findModel(reference), { threads: 1, concurrency: 1 });

  it('is found in initializers, in attributes and in branches', () => {
    expect(externalData(path.join(TINY_MODEL, 'tiny-64.onnx'))).to.deep.equal([]);
    expect(externalData(odd('external.onnx'))).to.deep.equal(['weights/gain.bin']);
    expect(externalData(odd('hidden-references.onnx'))).to.deep.equal(['in-attribute.bin', 'in-branch.bin']);
  });

  it('is part of the hash, as one stream of bytes', async () => {
    const file = odd('external.onnx');
    const before = await hashOnnx(file);
    const both = execFileSync('sh', ['-c', 'cat "$0" "$1" | sha256sum', file, odd('weights/gain.bin')]);
    expect(before.sha256).to.equal(both.toString().slice(0, 64));
    await writeFile(odd('weights/gain.bin'), new Uint8Array(new Float32Array([5]).buffer));
    expect((await hashOnnx(file)).sha256).not.to.equal(before.sha256);
  });

  it('changes what a bare file is, and makes a model of other weights a corrupt one', async () => {
    const before = await hashOnnx(odd('external.onnx'));
    const detector = await opened(odd('external.onnx'));
    await detector.close();
    expect(detector.network.identity.sha256).to.equal(before.sha256);

    const manifest = JSON.parse(await readFile(path.join(TINY_MODEL, 'model.json'), 'utf8')) as object;
    const variant = { file: 'external.onnx', inputSize: 64, precision: 'fp32', ...before };
    await writeFile(
      odd('model.json'),
      JSON.stringify({
        ...manifest,
        outputs: { score: null, mask: { name: 'mask', kind: 'probability' } },
        variants: [variant],
      }),
    );
    await (await opened(odd(''))).close();
    await appendFile(odd('weights/gain.bin'), ' ');
    const error = await rejection(opened(odd('')));
    expect(error.code).to.equal('MODEL_CORRUPT');
    expect(error.message).to.contain('weights/gain.bin');
    await rm(odd('weights'), { recursive: true });
    expect((await rejection(opened(odd('')))).code).to.equal('MODEL_CORRUPT');
  });

  it('must be there', async () => {
    await rm(odd('weights/gain.bin'));
    const error = await rejection(opened(odd('external.onnx')));
    expect(error.code).to.equal('ONNX_INVALID');
    expect(error.message).to.contain('gain.bin');
  });

  it('must be whole, a file, and itself in the folder', async () => {
    const part = odd('weights/gain.bin');
    await mkdir(folder.file('elsewhere'));
    await cp(part, folder.file('elsewhere/gain.bin'));
    for (const [spoil, words] of [
      [async () => truncate(part, 2), /has 2 bytes where 4 are needed/],
      [async () => mkdir(part), /not a file/],
      [async () => symlink(folder.file('elsewhere/gain.bin'), part), /leads out of its folder/],
      [async () => symlink(folder.file('nowhere'), part), /not there/],
    ] as const) {
      await spoil();
      const error = await rejection(opened(odd('external.onnx')));
      expect(error.code).to.equal('ONNX_INVALID');
      expect(error.message).to.match(words).and.to.contain('gain.bin');
      expect(error.suggestion).to.match(/Copy/);
      await rm(part, { recursive: true });
    }
  });

  it('must lie in the folder of the file', async () => {
    const outside = (await readdir(ODD_MODELS)).filter((name) => name.startsWith('outside-'));
    expect(outside).to.have.length(5);
    await writeFile(folder.file('gain.bin'), new Uint8Array(new Float32Array([4]).buffer));
    for (const name of outside) {
      const error = await rejection(opened(odd(name)));
      expect(error.code, name).to.equal('ONNX_INVALID');
      expect(error.message, name).to.contain('outside its folder');
    }
  });

  it('is not looked for in what is no ONNX file', async () => {
    const file = path.join(folder.path, 'a.onnx');
    for (const content of ['', 'hello, I am no network', '\x89PNG\r\n\x1a\n', '\x3a\xff\xff\xff\xff\x0f']) {
      await writeFile(file, content, 'latin1');
      expect((await rejection(opened(file))).code, content).to.equal('ONNX_INVALID');
    }
    await cp(odd('external.onnx'), file);
    await truncate(file, 100);
    expect((await rejection(opened(file))).message).to.contain('not a valid ONNX file');
  });
});
