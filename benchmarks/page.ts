/**
 * How long many photos take that are dropped on the page in one go, in a real browser, by the time of `ofx predict` on the same photos, in turns:
 * both look at all of them by two processes or sessions of one thread.
 *
 * npx tsx benchmarks/page.ts [PHOTOS] [TURNS] [CHROMIUM]      [2000] [1] [/usr/bin/chromium]
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = fileURLToPath(new URL('..', import.meta.url));
const [photos = '2000', turns = '1', executablePath = '/usr/bin/chromium'] = process.argv.slice(2);
const folder = path.join(root, 'tmp/benchmark-page');
const binary = path.join(root, 'bin/run.js');

await rm(folder, { recursive: true, force: true });
await mkdir(path.join(folder, 'photos'), { recursive: true });
for (let i = 0; i < Number(photos); i++) {
  const noise = { type: 'gaussian', mean: 128, sigma: 20 + (i % 40) } as const;
  const photo = sharp({ create: { width: 640, height: 480, channels: 3, background: 'grey', noise } });
  await writeFile(
    path.join(folder, 'photos', `${i}.jpg`),
    await photo
      .blur(1 + (i % 5))
      .jpeg()
      .toBuffer(),
  );
}
for (let turn = 1; turn <= Number(turns); turn++) {
  const predict = await seconds(async () => {
    await execa(
      binary,
      ['predict', path.join(folder, 'photos'), '--concurrency', '2', '--threads', '1', '--json'],
      {
        stdout: 'ignore',
      },
    );
  });
  const page = await byPage();
  process.stdout.write(
    `${turn}: predict ${predict.toFixed(1)} s, page ${page.toFixed(1)} s, ratio ${(page / predict).toFixed(2)}\n`,
  );
}
await rm(folder, { recursive: true, force: true });

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** From the drop to the last result; the model is loaded before, as it is where a server runs. */
async function byPage(): Promise<number> {
  const server = spawn(binary, ['serve', '--port', '0', '--concurrency', '2', '--threads', '1', '--quiet'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(url);
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [path.join(folder, 'photos')], dragOperationsMask: 1 };
    return await seconds(async () => {
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await devtools.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
      await page.locator('#status', { hasText: new RegExp(`^${photos} photos\\. `) }).waitFor();
    });
  } finally {
    await browser.close();
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}
