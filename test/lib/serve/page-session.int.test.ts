import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import sharp from 'sharp';
import { PREDICTION_COLUMNS } from '../../../src/lib/cli/prediction-text.js';
import { fromCsvCell } from '../../../src/lib/text/csv.js';
import { temporaryFolder } from '../../support/folder.js';
import { startTestServer, type TestOptions, type TestServer } from '../../support/server.js';

const CHROMIUM = process.env['OFX_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const describeInChromium = existsSync(CHROMIUM) ? describe : describe.skip;

const PHOTOS = 270;
/** No photos, and a few that are broken. */
const OTHERS = 30;
const MARKUP = '<img src=x onerror=alert(1)>&amp;"\'.png';

/** A folder of 300 mixed files in two folders below it, as people have them. */
async function mixedFolder(folder: string): Promise<string> {
  const root = path.join(folder, 'Case <b>7');
  await mkdir(path.join(root, 'trip'), { recursive: true });
  await mkdir(path.join(root, 'scans'));
  for (let i = 0; i < PHOTOS; i++) {
    // Every third is white, which the tiny model calls manipulated; each is a little different.
    const background = i % 3 === 0 ? { r: 255, g: 255, b: 255 - (i % 7) } : { r: i % 9, g: 0, b: i % 5 };
    const image = sharp({ create: { width: 24 + (i % 17), height: 24, channels: 3, background } });
    const [name, content] =
      i % 2 === 0
        ? [`trip/photo-${i}.png`, await image.png().toBuffer()]
        : [`scans/scan ${i}.jpg`, await image.jpeg().toBuffer()];
    await writeFile(path.join(root, i === 0 ? `trip/${MARKUP}` : name), content);
  }
  for (let i = 0; i < OTHERS; i++) {
    const content =
      i % 2 === 0 ? 'A list of photos.' : (await sharp(white(30)).png().toBuffer()).subarray(0, 60);
    await writeFile(path.join(root, 'scans', i % 2 === 0 ? `notes-${i}.txt` : `broken-${i}.png`), content);
  }
  await writeFile(path.join(root, '.DS_Store'), 'nobody means this one');
  return root;
}

function white(side: number) {
  return { create: { width: side, height: side, channels: 3, background: 'white' } } as const;
}

describeInChromium('a session on the page', () => {
  const folder = temporaryFolder();
  let browser: Browser;
  let context: BrowserContext;
  let server: TestServer;
  let page: Page;
  let complaints: string[];

  before(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--no-first-run', '--disable-smooth-scrolling', '--disable-gpu'],
    });
  });
  after(() => browser.close());

  async function open(options: TestOptions = {}): Promise<void> {
    server = await startTestServer(options);
    complaints = [];
    context = await browser.newContext();
    page = await newPage();
    await page.goto(server.url);
  }

  async function newPage(): Promise<Page> {
    const made = await context.newPage();
    made.setDefaultTimeout(0);
    made.on('pageerror', (error) => complaints.push(error.message));
    made.on('dialog', (dialog) => {
      complaints.push(`a script of a name ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return made;
  }

  afterEach(async () => {
    await context.close();
    await server.stop(5000);
    expect(complaints).to.deep.equal([]);
  });

  /** As the system's file manager does it. */
  async function drop(file: string): Promise<void> {
    const devtools = await context.newCDPSession(page);
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devtools.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  }

  async function chip(name: string): Promise<number> {
    return Number(await page.locator(`#filters button[value="${name}"] .count`).textContent());
  }

  /** Settled: nothing waits any more. */
  async function untilDone(): Promise<void> {
    await page.locator('#status', { hasText: /^\d+ photos?\. / }).waitFor();
  }

  async function names(): Promise<string[]> {
    return page.locator('#entries .name').allTextContents();
  }

  async function download(button: string): Promise<string> {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return readFile(await file.path(), 'utf8');
  }

  it('keeps 300 mixed files of a dropped folder over a reload; filters, sorts, notes and exports them', async () => {
    const root = await mixedFolder(folder.path);
    await open({ concurrency: 2 });
    await drop(root);
    // In the middle: some are examined, most are not.
    await page.locator('#entries li[data-verdict="manipulated"]').first().waitFor();
    await page.waitForFunction(
      `document.querySelector('#filters [value="all"] .count').textContent === '300'`,
    );
    await page.reload();
    await untilDone();
    expect(await chip('all')).to.equal(300);
    expect(await chip('manipulated')).to.equal(PHOTOS / 3);
    expect(await chip('failed')).to.equal(OTHERS);
    expect(await chip('waiting')).to.equal(0);
    expect(await page.locator('#entries > li').count()).to.equal(50);
    expect(await page.locator('#page-text').textContent()).to.equal('1 to 50 of 300');

    // A failed row says why, and has no picture.
    await page.locator('#filters button[value="failed"]').click();
    expect(await page.locator('#entries img').count()).to.equal(0);
    await page.selectOption('#sort', 'name');
    expect((await names())[0]).to.equal('Case <b>7/scans/broken-1.png');
    const reasons = await page.locator('#entries .failed').allTextContents();
    expect(reasons).to.have.length(OTHERS);
    expect(reasons.every((reason) => reason.length > 10)).to.equal(true);

    // Searched by folder and name, whatever markup they hold.
    await page.locator('#filters button[value="all"]').click();
    await page.fill('#search', 'onerror trip');
    expect(await names()).to.deep.equal([`Case <b>7/trip/${MARKUP}`]);
    await page.locator('#entries button.row').click();
    await page.locator('#result').waitFor();
    await page.check('#reviewed');
    await page.fill('#note', 'A white "page", nothing on it');
    await page.goBack();
    await page.locator('#list').waitFor();
    expect(await page.inputValue('#search')).to.equal('onerror trip');
    expect(await page.locator('#entries .note').textContent()).to.contain('nothing on it');
    await page.reload();
    await page.locator('#entries .note').waitFor();
    expect(await page.locator('#entries input[type=checkbox]').isChecked()).to.equal(true);

    const rows = parse<Record<string, string>>(await download('#save-csv'), { columns: true, bom: true });
    expect(Object.keys(rows[0]!)).to.deep.equal([...PREDICTION_COLUMNS, 'reviewed', 'note']);
    expect(rows).to.have.length(300);
    const noted = rows.find(({ note }) => note !== '')!;
    expect(noted).to.include({ image: `Case <b>7/trip/${MARKUP}`, reviewed: 'true' });
    expect(noted['note']).to.equal('A white "page", nothing on it');
    expect(rows.filter(({ errorCode }) => errorCode !== '')).to.have.length(OTHERS);

    await page.fill('#search', '');
    await page.click('#save-report');
    await page.fill('#case-id', '47/11 <script>');
    const report = await download('#report-save');
    const file = folder.file('report.html');
    await writeFile(file, report);
    const offline = await browser.newContext({ offline: true });
    const opened = await offline.newPage();
    await opened.goto(`file://${file}`);
    expect(await opened.title()).to.equal('Case 47/11 <script>');
    expect(await opened.locator('section[id^="photo-"]').count()).to.equal(PHOTOS);
    expect(await opened.getByText('Reviewed by the examiner', { exact: true }).count()).to.equal(1);
    const missing = await opened.evaluate(
      `[...document.querySelectorAll('image')].filter((image) => !image.getAttribute('href').startsWith('data:image/')).length`,
    );
    expect(missing).to.equal(0);
    await offline.close();

    await page.click('#clear');
    await page.locator('#clear-dialog button[value="clear"]').click();
    await page.locator('#choose').waitFor();
    await page.reload();
    await page.locator('#choose').waitFor();
    expect(await page.locator('#list').isVisible()).to.equal(false);
  });

  it('writes no cell that a spreadsheet takes for a formula, and loses no name by that', async () => {
    await open();
    const buffer = await sharp(white(40)).png().toBuffer();
    const names = ['=1+1.png', '@sum.png', "'quoted'.png", '-dash.png', '+plus.png', 'plain=1.png'];
    await page.setInputFiles(
      '#file',
      names.map((name) => ({ name, mimeType: 'image/png', buffer })),
    );
    await untilDone();
    await page.locator('#entries button.row').first().click();
    await page.fill('#note', '=HYPERLINK("http://example.org","open")');
    await page.click('#to-list');
    await page.locator('#entries .note').waitFor();
    const rows = parse<Record<string, string>>(await download('#save-csv'), { columns: true, bom: true });
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).to.not.match(/^[=+@\t\r\n-]/);
    expect(rows.map(({ image }) => fromCsvCell(image!))).to.have.members(names);
    expect(rows.map(({ note }) => fromCsvCell(note!))).to.include('=HYPERLINK("http://example.org","open")');
  });

  it('marks anew where the threshold is moved, and says so in the result', async () => {
    await open();
    const buffer = await sharp(white(60)).png().toBuffer();
    await page.setInputFiles('#file', { name: 'white.png', mimeType: 'image/png', buffer });
    await page.locator('#result').waitFor();
    expect(await page.locator('#area').textContent()).to.equal('100.0 % of the image is marked.');
    await page.focus('#threshold-slider');
    await page.keyboard.press('End');
    await page.locator('#area', { hasText: '0.0 %' }).waitFor();
    expect(await page.locator('#mask-threshold').textContent()).to.equal('marked above 0.99');
    await page.click('#threshold-reset');
    await page.locator('#area', { hasText: '100.0 %' }).waitFor();
  });

  it('looks closer at large photos where it is asked to, after a reload, too', async () => {
    await open();
    const large = { create: { width: 300, height: 200, channels: 3, background: 'white' } } as const;
    const buffer = await sharp(large).png().toBuffer();
    const small = await sharp(white(64)).png().toBuffer();
    await page.setInputFiles('#file', [
      { name: 'a.png', mimeType: 'image/png', buffer },
      { name: 'b.png', mimeType: 'image/png', buffer },
      { name: 'small.png', mimeType: 'image/png', buffer: small },
    ]);
    await untilDone();
    await page.check('#list .closer input');
    expect(await page.locator('#closer-again').textContent()).to.equal('Examine the 2 large ones again');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/predict')) asked.push(request.url());
    });
    await page.click('#closer-again');
    await page.locator('#closer-again').waitFor({ state: 'hidden' });
    await untilDone();
    expect(asked).to.have.length(2);
    expect(asked.every((url) => url.includes('tile=true'))).to.equal(true);
    await page.locator('#entries button.row', { hasText: 'a.png' }).click();
    await page.locator('#warnings', { hasText: 'Seen as a whole and through' }).waitFor();
    await page.goBack();
    await page.reload();
    await page.locator('#entries button.row').first().waitFor();
    expect(await page.isChecked('#list .closer input')).to.equal(true);
    expect(await page.locator('#closer-again').isHidden()).to.equal(true);
  });

  it('shows in every tab what one of them does, and goes on where that one is closed', async () => {
    await open();
    const buffer = await sharp(white(40)).png().toBuffer();
    const files = (names: string[]) => names.map((name) => ({ name, mimeType: 'image/png', buffer }));
    await page.setInputFiles('#file', files(['a.png', 'b.png']));
    await untilDone();
    const second = await newPage();
    await second.goto(server.url);
    await second.locator('#entries li').nth(1).waitFor();
    // A note and a photo of the second tab are in the first.
    await second.setInputFiles('#file', files(['c.png', 'd.png']));
    await page.locator('#entries .name', { hasText: 'c.png' }).waitFor();
    await second.locator('#entries li[data-verdict="manipulated"]').nth(3).waitFor();
    await page.locator('#entries li[data-verdict="manipulated"]').nth(3).waitFor();
    await second.locator('#entries li', { hasText: 'a.png' }).locator('input').check();
    await page.locator('#entries li', { hasText: 'a.png' }).locator('input:checked').waitFor();

    // The first examines, and is closed in the middle; the second goes on.
    let isHeld = true;
    await page.route('**/v1/predict?*', async (route) => {
      if (!isHeld) await route.continue();
    });
    await page.setInputFiles('#file', files(['e.png', 'f.png']));
    await second.locator('#entries .name', { hasText: 'f.png' }).waitFor();
    await second.setInputFiles('#file', files(['g.png', 'h.png']));
    await second.getByText('Another tab of this browser examines these photos').waitFor();
    isHeld = false;
    await page.close();
    await second.locator('#status', { hasText: /^8 photos\. / }).waitFor();
    expect(await second.locator('#entries li[data-verdict="manipulated"]').count()).to.equal(8);

    const third = await newPage();
    await third.goto(server.url);
    await third.locator('#entries li').first().waitFor();
    await second.click('#clear');
    await second.locator('#clear-dialog button[value="clear"]').click();
    await third.locator('#choose').waitFor();
    expect(await third.locator('#list').isVisible()).to.equal(false);
    page = third;
  });

  it('says that the storage of the browser is full, and loses nothing of what is there', async () => {
    await open();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(server.url).origin,
      quotaSize: 150_000,
    });
    const noise = {
      create: {
        width: 200,
        height: 150,
        channels: 3,
        background: 'white',
        noise: { type: 'gaussian', mean: 200, sigma: 60 },
      },
    } as const;
    const files = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => ({
        name: `noise-${i}.png`,
        mimeType: 'image/png',
        buffer: await sharp(noise).png().toBuffer(),
      })),
    );
    await page.setInputFiles('#file', files);
    await untilDone();
    await page.locator('#full').waitFor();
    expect(await page.locator('#full').textContent()).to.match(/storage is full.*save the report/s);
    expect(await page.locator('#entries button.row').count()).to.equal(6);
    const rows = parse<Record<string, string>>(await download('#save-csv'), { columns: true, bom: true });
    expect(rows.every(({ sha256 }) => sha256!.length === 64)).to.equal(true);
    await page.click('#save-report');
    const report = await download('#report-save');
    expect(report.match(/href="data:image\/jpeg/g)).to.have.length(6);
  });

  it('says that it waits for a busy server, and goes on by itself', async () => {
    await open();
    let busy = 2;
    await page.route('**/v1/predict?*', async (route) => {
      if (busy-- <= 0) return route.continue();
      const json = { code: 'OVERLOADED', title: 'Overloaded', detail: 'All places are taken.' };
      return route.fulfill({ status: 503, headers: { 'retry-after': '2' }, json });
    });
    const buffer = await sharp(white(40)).png().toBuffer();
    await page.setInputFiles('#file', [
      { name: 'a.png', mimeType: 'image/png', buffer },
      { name: 'b.png', mimeType: 'image/png', buffer },
    ]);
    await page.getByText('goes on by itself').waitFor();
    await page.getByText('2 photos. Manipulated: 2.').waitFor();
  });

  it('asks for photos again that another model examined, before it reports on them', async () => {
    await open();
    const buffer = await sharp(white(40)).png().toBuffer();
    await page.route('**/v1/predict?*', async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { model: { sha256: string } };
      json.model.sha256 = 'a'.repeat(64);
      return route.fulfill({ response, json });
    });
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer });
    await page.locator('#result').waitFor();
    await page.click('#to-list');
    await page.unroute('**/v1/predict?*');
    await page.click('#save-report');
    await page.click('#report-save');
    await page.getByText('this server has').waitFor();
    await page.click('#report-again');
    await untilDone();
    await page.click('#save-report');
    expect(await download('#report-save')).to.contain('a.png');
  });
});
