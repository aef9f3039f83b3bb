import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { billOfMaterials, notice } from '../scripts/supply-chain.js';

const read = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8');

interface Lock {
  packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }>;
}

describe('what ships', () => {
  it('is listed in sbom.cdx.json and NOTICE as it is (npm run sbom)', async () => {
    expect(await read('sbom.cdx.json')).to.equal(billOfMaterials());
    expect(await read('NOTICE')).to.equal(notice());
  });

  it('is listed whole: every package of an installation with its licence, and the models with the hashes of their files', async () => {
    const { components } = JSON.parse(await read('sbom.cdx.json')) as {
      components: {
        type: string;
        name: string;
        version: string;
        licenses?: unknown[];
        components?: { name: string; hashes: { content: string }[] }[];
      }[];
    };
    const { packages } = createRequire(import.meta.url)('../package-lock.json') as Lock;
    const shipped = Object.entries(packages)
      .filter(([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional)
      .map(([place, { version }]) => `${place.split('node_modules/').at(-1)}@${version}`);
    const listed = components.filter(({ type }) => type === 'library');
    expect(new Set(listed.map(({ name, version }) => `${name}@${version}`))).to.deep.equal(new Set(shipped));
    expect(listed.filter(({ licenses = [] }) => licenses.length === 0).map(({ name }) => name)).to.deep.equal(
      [],
    );
    const model = components.find(({ type }) => type === 'machine-learning-model')!;
    const manifest = JSON.parse(await read(`models/${model.name}/model.json`)) as {
      version: string;
      variants: { file: string }[];
    };
    expect(model.version).to.equal(manifest.version);
    const files = model.components!.map(({ name }) => name);
    expect(files).to.include.members(manifest.variants.map(({ file }) => file));
    for (const { name, hashes } of model.components!) {
      const bytes = await readFile(new URL(`../models/${model.name}/${name}`, import.meta.url));
      expect(hashes[0]!.content, name).to.equal(createHash('sha256').update(bytes).digest('hex'));
    }
    const text = await read('NOTICE');
    for (const one of shipped) expect(text).to.contain(`${one}: `);
  });
});
