/**
 * The search for copies beside inference of the shipped network, and its field beside an exhaustive search, on the sample photos.
 *
 *     npx tsx benchmarks/copies.ts [ROUNDS]
 *
 * First what a search adds to the memory of a process that has the photos already. Then one thread each, in turns, so that a noisy machine disturbs all alike; only the ratios mean anything elsewhere.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, LENGTH, type Descriptors } from '../src/lib/copies/descriptors.js';
import { NEAREST, searchField } from '../src/lib/copies/field.js';
import { findCopies } from '../src/lib/copies/find-copies.js';
import { toLuma, workingSize } from '../src/lib/copies/working-image.js';
import { SHIPPED_SAMPLES } from '../src/lib/core/paths.js';
import { decodeImage } from '../src/lib/image/decode/index.js';
import { findModel } from '../src/lib/model/catalogue.js';
import { Detector } from '../src/lib/model/detector.js';

const SIDE = 380;
const rounds = Number(process.argv[2] ?? 5);
const names = (await readdir(SHIPPED_SAMPLES)).filter((name) => name.endsWith('.jpg'));
const photos = await Promise.all(names.map((name) => decodeImage(path.join(SHIPPED_SAMPLES, name))));
const highest = (): number => process.resourceUsage().maxRSS / 1024;
const before = highest();
for (const photo of photos) findCopies(photo, { side: SIDE });
const added = highest() - before;
const detector = await Detector.open(await findModel(), { size: SIDE, threads: 1, concurrency: 1 });

function exhaustive({ columns, rows, values }: Descriptors): number {
  const count = columns * rows;
  const best = new Float64Array(count).fill(Infinity);
  for (let i = 0; i < count; i++) {
    const y = Math.floor(i / columns);
    for (let j = i + 1; j < count; j++) {
      const v = Math.floor(j / columns);
      if (4 * ((i % columns) - (j % columns)) ** 2 + 4 * (y - v) ** 2 < NEAREST ** 2) continue;
      let sum = 0;
      for (let f = 0; f < LENGTH; f++) sum += (values[i * LENGTH + f]! - values[j * LENGTH + f]!) ** 2;
      if (sum < best[i]!) best[i] = sum;
      if (sum < best[j]!) best[j] = sum;
    }
  }
  return best[0]!;
}

const taken = { copies: [] as number[], inference: [] as number[], field: [] as number[] };
async function timed(list: number[], work: () => unknown): Promise<void> {
  const started = performance.now();
  await work();
  list.push(performance.now() - started);
}

const describeOf = (image: (typeof photos)[number]): Descriptors => {
  const size = workingSize(image.width, image.height, SIDE);
  return describe(toLuma(image, size.width, size.height))!;
};

// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  if (round === 1) for (const list of Object.values(taken)) list.length = 0;
  for (const photo of photos) {
    await timed(taken.copies, () => findCopies(photo, { side: SIDE }));
    await timed(taken.inference, () => detector.detect(photo));
    const descriptors = describeOf(photo);
    const all = new Uint8Array(descriptors.columns * descriptors.rows).fill(1);
    await timed(taken.field, () => searchField(descriptors, all));
  }
}
await detector.close();
const whole: number[] = [];
await timed(whole, () => exhaustive(describeOf(photos[0]!)));

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
console.log(`${photos.length} photos, ${rounds} rounds, medians:`);
console.log(`  copies                    ${median(taken.copies).toFixed(0)} ms, one thread`);
console.log(`  memory of a search        ${added.toFixed(0)} MiB`);
console.log(`  copies / inference at ${SIDE} ${(median(taken.copies) / median(taken.inference)).toFixed(2)}`);
console.log(`  exhaustive search / field ${(whole[0]! / median(taken.field)).toFixed(0)}`);
