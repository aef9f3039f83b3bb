import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Detector } from '../../../src/lib/model/detector.js';
import type { OutputDescription } from '../../../src/lib/model/manifest.js';
import { hashOnnx } from '../../../src/lib/model/onnx-hash.js';
import { temporaryFolder } from '../../support/folder.js';
import { ODD_MODELS, TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

describe('the outputs of a network', () => {
  const folder = temporaryFolder();
  const options = { threads: 1, concurrency: 1 };
  const SIDE = 64;
  /** A gradient, so that no two pixels have the same probability. */
  const tensor = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, index) => (index % 4096) / 4096 - 0.5);
  const bare = async (name: string): Promise<Detector> =>
    Detector.open(await findModel(path.join(ODD_MODELS, name)), options);

  /** An odd file with a manifest that says what its outputs are. */
  async function described(
    file: string,
    outputs: { score: OutputDescription | null; mask: OutputDescription },
  ): Promise<Detector> {
    await cp(path.join(ODD_MODELS, file), folder.file('m', file));
    const manifest = JSON.parse(await readFile(path.join(TINY_MODEL, 'model.json'), 'utf8')) as object;
    const { sha256, bytes } = await hashOnnx(folder.file('m', file));
    const variants = [{ file, inputSize: SIDE, precision: 'fp32', sha256, bytes }];
    await writeFile(folder.file('m', 'model.json'), JSON.stringify({ ...manifest, outputs, variants }));
    return Detector.open(await findModel(folder.file('m')), options);
  }

  async function answer(detector: Detector): Promise<{ map: Float32Array; score: number }> {
    try {
      const { map, output } = await detector.detectTensor(tensor.slice());
      return { map: map.data, score: output.value };
    } finally {
      await detector.close();
    }
  }

  it('of several channels are refused where nothing says which is meant', async () => {
    for (const name of ['two-classes-softmax.onnx', 'two-classes-logits.onnx']) {
      const error = await rejection(bare(name));
      expect(error.code).to.equal('ONNX_INVALID');
      expect(error.message).to.contain('2 channels');
      expect(error.suggestion).to.contain('"channel":1').and.to.contain('model.json');
    }
    const mask = { name: 'mask', kind: 'probability', channel: 1 } as const;
    const scoreUnsaid = { score: { name: 'score', kind: 'logit' }, mask } as const;
    expect((await rejection(described('two-classes-softmax.onnx', scoreUnsaid))).message).to.contain(
      '"score"',
    );
    const noSuch = { score: null, mask: { ...mask, channel: 2 } } as const;
    expect((await rejection(described('two-classes-softmax.onnx', noSuch))).message).to.contain(
      'no channel 2',
    );
  });

  it('of several channels are read as the manifest says', async () => {
    const one = await answer(await bare('external.onnx'));
    const score = { name: 'score', kind: 'logit', channel: 1 } as const;
    const softmax = await answer(
      await described('two-classes-softmax.onnx', {
        score,
        mask: { name: 'mask', kind: 'probability', channel: 1 },
      }),
    );
    const logits = await answer(
      await described('two-classes-logits.onnx', {
        score,
        mask: { name: 'mask', kind: 'logit', channel: 1 },
      }),
    );
    const background = await answer(
      await described('two-classes-logits.onnx', {
        score: null,
        mask: { name: 'mask', kind: 'logit', channel: 0 },
      }),
    );
    one.map.forEach((p, index) => {
      expect(softmax.map[index]).to.be.closeTo(p, 1e-6);
      expect(logits.map[index]).to.be.closeTo(p, 1e-6);
      expect(background.map[index]).to.be.closeTo(1 - p, 1e-6);
    });
    // Against a background of 0, the logit of the softmax is the mean logit itself.
    const mean = tensor.reduce((sum, value) => sum + 4 * value, 0) / tensor.length;
    expect(softmax.score).to.be.closeTo(mean, 1e-5);
    expect(logits.score).to.be.closeTo(mean, 1e-5);
  });

  it('that look like logits are said of the model, not of the image', async () => {
    const detector = await bare('mask-of-logits.onnx');
    const error = await rejection(answer(detector));
    expect(error.code).to.equal('ONNX_INVALID');
    expect(error.message).to.contain('values outside 0…1').and.to.contain('look like logits');
    expect(error.suggestion).to.contain('{"mask":{"name":"map","kind":"logit"}}');
    const mask = { name: 'map', kind: 'logit' } as const;
    const right = await answer(await described('mask-of-logits.onnx', { score: null, mask }));
    const one = await answer(await bare('external.onnx'));
    one.map.forEach((p, index) => expect(right.map[index]).to.be.closeTo(p, 1e-6));
  });

  it('of another size than the image are refused', async () => {
    const error = await rejection(bare('mask-of-half-size.onnx'));
    expect(error.code).to.equal('ONNX_INVALID');
    expect(error.message).to.contain('64 × 64');
  });

  it('must be there', async () => {
    const mask = { name: 'masks', kind: 'probability' } as const;
    const error = await rejection(described('mask-of-logits.onnx', { score: null, mask }));
    expect(error.message).to.contain('no output "masks"').and.to.contain('"map"');
  });
});
