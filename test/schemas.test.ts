import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { schemaText, SCHEMAS } from '../scripts/schemas.js';

const FOLDER = new URL('../schemas/', import.meta.url);

describe('schemas/', () => {
  for (const schema of SCHEMAS) {
    it(`${schema.$id!} is what the sources say (npm run schemas)`, async () => {
      expect(await readFile(new URL(`${schema.$id!}.schema.json`, FOLDER), 'utf8')).to.equal(
        schemaText(schema),
      );
    });
  }

  it('holds nothing else', async () => {
    expect((await readdir(FOLDER)).sort()).to.deep.equal(
      SCHEMAS.map(({ $id }) => `${$id!}.schema.json`).sort(),
    );
  });
});
