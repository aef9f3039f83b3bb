import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { findModel, readModel } from '../../../src/lib/model/catalogue.js';
import { resolveNetwork, type Network, type NetworkChoice } from '../../../src/lib/model/network.js';
import type { OnnxDescription, TensorShape } from '../../../src/lib/model/onnx-session.js';
import {
  effectiveThresholds,
  fittedThresholdsFile,
  type EffectiveThresholds,
} from '../../../src/lib/model/thresholds.js';
import { temporaryFolder } from '../../support/folder.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

const undescribed = (): Promise<OnnxDescription> => Promise.reject(new Error('not asked for'));

describe('the model room', () => {
  const folder = temporaryFolder();
  let dataHome: string | undefined;

  beforeEach(() => {
    dataHome = process.env['XDG_DATA_HOME'];
    process.env['XDG_DATA_HOME'] = folder.file('data');
  });
  afterEach(() => {
    if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = dataHome;
  });

  async function copyOfTiny(
    change: (manifest: Record<string, unknown>) => void = () => undefined,
  ): Promise<string> {
    const copy = folder.file('copy');
    await cp(TINY_MODEL, copy, { recursive: true });
    const manifest = JSON.parse(await readFile(path.join(copy, 'model.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    change(manifest);
    await writeFile(path.join(copy, 'model.json'), JSON.stringify(manifest));
    return copy;
  }

  const open = async (reference: string, choice: NetworkChoice = {}): Promise<Network> =>
    resolveNetwork(await findModel(reference), choice, undescribed);

  describe('findModel', () => {
    it('finds folders, and installed models by name', async () => {
      expect(await findModel(TINY_MODEL)).to.have.nested.property('model.manifest.name', 'tiny');
      await cp(TINY_MODEL, folder.file('data/ofx/models/mine'), { recursive: true });
      expect(await findModel('mine')).to.have.nested.property(
        'model.folder',
        folder.file('data/ofx/models/mine'),
      );
    });

    it('says what there is when a model is missing', async () => {
      for (const reference of ['nobody', './nowhere', 'no.onnx']) {
        expect((await rejection(findModel(reference))).code).to.equal('MODEL_NOT_FOUND');
      }
    });

    it('keeps unknown keys of a manifest', async () => {
      const copy = await copyOfTiny((manifest) => (manifest['colophon'] = 'kept'));
      expect((await readModel(copy)).manifest).to.have.property('colophon', 'kept');
    });

    it('refuses a manifest that is invalid, with its complaints', async () => {
      const copy = await copyOfTiny((manifest) => delete manifest['outputs']);
      const error = await rejection(findModel(copy));
      expect(error.code).to.equal('MANIFEST_INVALID');
      expect(error.message).to.contain('outputs');
      await writeFile(path.join(copy, 'model.json'), '{');
      expect((await rejection(findModel(copy))).code).to.equal('MANIFEST_INVALID');
    });

    it('refuses a manifest that names a file outside its folder', async () => {
      const copy = await copyOfTiny(
        (manifest) => ((manifest['variants'] as { file: string }[])[0]!.file = '../x.onnx'),
      );
      expect((await rejection(findModel(copy))).message).to.contain('outside');
    });
  });

  describe('resolveNetwork', () => {
    it('picks the variant by size, the default one without', async () => {
      expect((await open(TINY_MODEL, { size: 380 })).identity.inputSize).to.equal(380);
      expect((await open(TINY_MODEL)).identity.inputSize).to.equal(288);
    });

    it('takes the variant nearest to the usual size where none is asked for, and says so', async () => {
      const network = await open(TINY_MODEL, { usualSize: 380 });
      expect([network.identity.inputSize, network.notes.join(' ')]).to.deep.equal([380, '']);
      const copy = await copyOfTiny((manifest) => (manifest['variants'] as unknown[]).splice(1));
      const nearest = await open(copy, { usualSize: 380 });
      expect(nearest.identity.inputSize).to.equal(64);
      expect(nearest.notes.join(' ')).to.contain('no variant for 380: using 64');
    });

    it('takes the size that the manifest names where nobody asks for one', async () => {
      const copy = await copyOfTiny((manifest) => (manifest['defaultSize'] = 64));
      expect((await open(copy)).identity.inputSize).to.equal(64);
      expect((await open(copy, { usualSize: 380 })).identity.inputSize).to.equal(380);
      expect((await open(copy, { size: 288 })).identity.inputSize).to.equal(288);
    });

    it('names the sizes that a model has', async () => {
      const error = await rejection(open(TINY_MODEL, { size: 512 }));
      expect(error.code).to.equal('SIZE_NOT_AVAILABLE');
      expect(error.message).to.contain('64 (fp32), 288 (fp32), 380 (fp32)');
    });

    it('refuses a file that is not the one that the manifest describes', async () => {
      const copy = await copyOfTiny();
      await appendFile(path.join(copy, 'tiny-288.onnx'), ' ');
      expect((await rejection(open(copy))).code).to.equal('MODEL_CORRUPT');
    });

    it('takes thresholds from the user before the manifest before the defaults', async () => {
      const copy = await copyOfTiny((manifest) => (manifest['thresholds'] = { score: 0.4, temperature: 2 }));
      const { thresholds, identity } = await open(copy);
      const inForce = (): Promise<EffectiveThresholds> =>
        effectiveThresholds('tiny', identity.sha256, thresholds);
      expect(await inForce()).to.deep.equal({ score: 0.4, mask: 0.5, temperature: 2 });
      const file = fittedThresholdsFile('tiny', identity.sha256);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, '{"score": 0.3}');
      expect(await inForce()).to.deep.equal({ score: 0.3, mask: 0.5, temperature: 2 });
      await writeFile(file, '{"score": 3}');
      expect((await rejection(inForce())).message).to.contain(file);
    });
  });

  describe('a bare .onnx file', () => {
    const tensor = (name: string, ...dims: (number | undefined)[]): TensorShape => ({
      name,
      type: 'float32',
      dims,
    });
    const input = tensor('x', 1, 3, 288, 288);
    const file = path.join(TINY_MODEL, 'tiny-288.onnx');
    const read = async (description: OnnxDescription, choice: NetworkChoice = {}): Promise<Network> =>
      resolveNetwork(await findModel(file), choice, () => Promise.resolve(description));

    it('speaks for itself by names and shapes', async () => {
      const network = await read({
        inputs: [input],
        outputs: [tensor('cls', 1, 1), tensor('map', 1, 1, 288, 288)],
      });
      expect(network.outputs).to.deep.equal({
        score: { name: 'cls', kind: 'logit' },
        mask: { name: 'map', kind: 'probability' },
      });
      expect(network.identity.inputSize).to.equal(288);
      expect(network.notes).to.have.length(1);
    });

    it('takes a score from the mask where there is none, and says so', async () => {
      const network = await read({ inputs: [input], outputs: [tensor('map', 1, 1, 288, 288)] });
      expect(network.outputs.score).to.equal(null);
      expect(network.notes.join(' ')).to.contain('largest probability');
    });

    it('does not fall for an auxiliary head that is called localization_masks', async () => {
      const maps = ['localization_masks', '1201', '1455'].map((name) => tensor(name, 1, 1, 288, 288));
      const network = await read({
        inputs: [input],
        outputs: [tensor('classification_scores', 1, 1), ...maps],
      });
      expect(network.outputs.mask.name).to.equal('1455');
      expect(network.notes.join(' ')).to.contain('auxiliary');
    });

    it('refuses what does not speak for itself', async () => {
      const map = tensor('map', 1, 1, 288, 288);
      for (const description of [
        { inputs: [input, input], outputs: [map] },
        { inputs: [tensor('x', 1, 1, 288, 288)], outputs: [map] },
        { inputs: [tensor('x', 1, 3, 288, 380)], outputs: [map] },
        { inputs: [input], outputs: [tensor('a', 1, 1, 288, 288), tensor('b', 1, 1, 288, 288)] },
        { inputs: [input], outputs: [] },
      ]) {
        expect((await rejection(read(description))).code).to.equal('ONNX_INVALID');
      }
    });

    it('has one size only', async () => {
      const outputs = [tensor('map', 1, 1, 288, 288)];
      expect((await read({ inputs: [input], outputs }, { usualSize: 380 })).identity.inputSize).to.equal(288);
      expect((await rejection(read({ inputs: [input], outputs }, { size: 380 }))).code).to.equal(
        'SIZE_NOT_AVAILABLE',
      );
      const open = tensor('x', undefined, 3, undefined, undefined);
      expect((await read({ inputs: [open], outputs }, { size: 380 })).identity.inputSize).to.equal(380);
    });
  });
});
