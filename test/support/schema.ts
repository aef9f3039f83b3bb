import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { ROOT } from './ofx.js';

/** Checks a document against the schema in `schemas/` that users see. */
export async function expectSchema(name: string, document: unknown): Promise<void> {
  const file = path.join(ROOT, 'schemas', `${name}.schema.json`);
  const validate = new Ajv({ strict: false }).compile(JSON.parse(await readFile(file, 'utf8')) as object);
  expect(validate(document), JSON.stringify(validate.errors)).to.equal(true);
}
