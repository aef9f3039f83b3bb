/** Makes `docs/images/result.png`, the photo and the overlay of the README, with the model that ships: `npm run readme-picture`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { usableCpus } from '../src/lib/core/cpu.js';
import { Analyser } from '../src/lib/predict/analyse.js';
import { findModel } from '../src/lib/model/catalogue.js';
import { SHIPPED_SAMPLES } from '../src/lib/core/paths.js';

const SAMPLE = path.join(SHIPPED_SAMPLES, 'copy-move-rocket.jpg');
const WIDTH = 460;
const GAP = 12;

const analyser = await Analyser.open(await findModel(), { threads: usableCpus(), concurrency: 1 });
const { files, prediction } = await analyser.analyse(SAMPLE, SAMPLE, {
  minArea: 0,
  outputs: { overlay: 'png' },
});
await analyser.close();

const height = Math.round((WIDTH * prediction.height) / prediction.width);
const tile = async (picture: string | Uint8Array): Promise<Buffer> =>
  sharp(picture).resize(WIDTH, height).png().toBuffer();
await sharp({ create: { width: 2 * WIDTH + GAP, height, channels: 4, background: '#00000000' } })
  .composite([
    { input: await tile(SAMPLE), left: 0, top: 0 },
    { input: await tile(files.overlay!), left: WIDTH + GAP, top: 0 },
  ])
  .png({ compressionLevel: 9 })
  .toFile(fileURLToPath(new URL('../docs/images/result.png', import.meta.url)));
