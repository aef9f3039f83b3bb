/** Writes `schemas/` from the TypeBox definitions in the sources: `npm run schemas`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { schemaText, SCHEMAS } from './schemas.js';

const folder = new URL('../schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const schema of SCHEMAS)
  await writeFile(new URL(`${schema.$id!}.schema.json`, folder), schemaText(schema));
