/** Writes `command-snapshot.json` after an intended change of the interface: `npm run snapshot`. */
import { writeFile } from 'node:fs/promises';
import { commandSnapshot } from './command-snapshot.js';

await writeFile(new URL('../command-snapshot.json', import.meta.url), await commandSnapshot());
