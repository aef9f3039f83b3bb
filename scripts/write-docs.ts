/** Writes the parts of `docs/` that come from the sources: `npm run docs`. */
import { readFile, writeFile } from 'node:fs/promises';
import { cliReference } from './cli-reference.js';
import { metricsDoc } from './metrics-doc.js';

const file = new URL('../docs/metrics.md', import.meta.url);
await writeFile(file, await metricsDoc(await readFile(file, 'utf8')));
await writeFile(new URL('../docs/cli.md', import.meta.url), await cliReference());
