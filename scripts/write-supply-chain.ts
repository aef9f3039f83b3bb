/** `npm run sbom`: writes sbom.cdx.json and NOTICE again. */
import { writeFileSync } from 'node:fs';
import { billOfMaterials, notice } from './supply-chain.js';

writeFileSync('sbom.cdx.json', billOfMaterials());
writeFileSync('NOTICE', notice());
