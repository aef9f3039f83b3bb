import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { embeddedJson, html } from '../../../../src/lib/report/html/html.js';
import { renderRunPage } from '../../../../src/lib/report/html/run-page.js';
import { addPictures, HOSTILE_NAME, madeUpRecord } from '../../../support/run-record.js';

const CHROMIUM = process.env['OFX_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const QUIET = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map(
  (part) => `--disable-${part}`,
);

describe('markup', () => {
  it('is escaped but where it is markup', () => {
    const name = `<b>"'&`;
    expect(html`<i title="${name}">${[html`<u>${name}</u>`, 3, null, false]}</i>`.text).to.equal(
      '<i title="&#60;b&#62;&#34;&#39;&#38;"><u>&#60;b&#62;&#34;&#39;&#38;</u>3</i>',
    );
  });

  it('cannot be ended by JSON in it', () => {
    const { text } = embeddedJson([HOSTILE_NAME]);
    expect(text).not.to.contain('<');
    expect(JSON.parse(text)).to.deep.equal([HOSTILE_NAME]);
  });
});

// Code for the browser is text here, because its types would be known to all of the project otherwise.
(existsSync(CHROMIUM) ? describe : describe.skip)('report.html in Chromium', () => {
  const IMAGES = 2000;
  let browser: Browser;
  let folder: string;
  let page: Page;
  let requests: string[];
  let complaints: string[];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-page-'));
    const record = madeUpRecord(folder, IMAGES);
    await addPictures(record);
    await writeFile(path.join(folder, 'report.html'), await renderRunPage(record));
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--no-first-run', ...QUIET],
    });
  });

  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    page = await browser.newPage(options);
    requests = [];
    complaints = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('requestfailed', (request) => complaints.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(path.join(folder, 'report.html')).href);
  }

  afterEach(async () => {
    await page.close();
    expect(complaints).to.deep.equal([]);
    // Nothing but the page and the pictures beside it.
    const own = pathToFileURL(folder).href;
    expect(requests.filter((url) => !url.startsWith(own))).to.deep.equal([]);
  });

  const firstCard = (): Promise<string> => page.locator('#gallery .card-name').first().innerText();
  const count = (): Promise<string> => page.locator('#gallery-count').innerText();
  const choose = (name: string, value: string): Promise<unknown> =>
    page.locator(`select[name="${name}"]`).selectOption(value);

  it('opens with 2,000 images, some of which are drawn, and takes no name for markup', async () => {
    await open();
    expect(await page.title()).to.contain(HOSTILE_NAME);
    expect(await count()).to.equal('2000 of 2000 images');
    expect(await page.locator('#gallery li').count()).to.equal(60);
    expect(await page.locator('img[src="x"]').count()).to.equal(0);
    await page.locator('#gallery-more').click();
    expect(await page.locator('#gallery li').count()).to.be.above(60);
  });

  it('sorts', async () => {
    await open();
    // The first tampered image has an F1 of 0.
    expect(await firstCard()).to.contain('onerror');
    await choose('sort', 'best');
    expect(await firstCard()).to.contain('image 1.jpg');
    await choose('sort', 'worst');
    expect(await firstCard()).to.contain('onerror');
    await choose('sort', 'score-down');
    expect(await firstCard()).to.contain('image 1999.jpg');
    await choose('sort', 'area-down');
    expect(await firstCard()).to.contain('image 1998.jpg');
  });

  it('tells how often each verdict was given to each class', async () => {
    await open();
    const cells = await page.getByRole('region', { name: 'Verdicts by class' }).locator('td').allInnerTexts();
    expect(cells.map((text) => text.split(' ')[0])).to.deep.equal(['499', '101', '400', '500', '100', '400']);
    expect(cells[4]).to.match(/^100 10\.0 % 8 % to 12 %$/);
  });

  it('filters by kind, tampered area and name', async () => {
    await open();
    await choose('kind', 'missed');
    expect(await count()).to.equal('501 of 2000 images');
    await choose('kind', 'elsewhere');
    expect(await count()).to.equal('99 of 2000 images');
    expect(await page.locator('#gallery .card-verdict').first().innerText()).to.contain('wrong place');
    expect(await page.locator('#gallery .card-verdict.good').count()).to.equal(0);
    await choose('kind', 'false-alarm');
    expect(await count()).to.equal('500 of 2000 images');
    await choose('kind', 'suspicious');
    expect(await count()).to.equal('201 of 2000 images');
    expect(await page.locator('#gallery .card-verdict').first().innerText()).to.equal(
      '✗ Tampered, missed, suspicious',
    );
    await choose('kind', 'all');
    await choose('area', 'large');
    expect(await count()).to.equal('603 of 2000 images');
    await choose('area', 'any');
    await page.locator('input[type="search"]').fill('IMAGE 12.');
    expect(await count()).to.equal('1 of 2000 images');
  });

  it('shows an image at large by keyboard, with a slider, and gives the focus back', async () => {
    await open();
    await choose('sort', 'name');
    await page.locator('#gallery button').nth(1).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#viewer').isVisible()).to.equal(true);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#viewer-compare').getAttribute('style')).to.contain('--cut: 52%');
    const pictures = 'document.querySelectorAll("#viewer .crop img").length';
    expect(await page.evaluate(pictures)).to.equal(2);
    const title = await page.locator('#viewer-title').innerText();
    await page.locator('#viewer-next').click();
    expect(await page.locator('#viewer-title').innerText()).not.to.equal(title);
    await page.keyboard.press('Escape');
    expect(await page.locator('#viewer').isVisible()).to.equal(false);
    expect(await page.evaluate('document.activeElement.dataset.index')).to.equal('2');
  });

  it('tells a chart’s values to the pointer and to the keyboard', async () => {
    await open();
    const chart = page.locator('.chart').nth(1);
    await chart.locator('[aria-roledescription="rect mark"]').first().hover({ force: true });
    expect(await page.locator('#tip').innerText()).to.match(/Images: \d+/);
    await page.locator('.chart').nth(2).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#tip').innerText()).to.contain('Recall');
    await page.keyboard.press('Escape');
    expect(await page.locator('#tip').isVisible()).to.equal(false);
  });

  it('follows the system’s colours until somebody chooses', async () => {
    await open({ colorScheme: 'dark' });
    const theme = 'document.documentElement.dataset.theme';
    expect(await page.evaluate(theme)).to.equal('dark');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await page.evaluate(theme)).to.equal('light');
  });

  it('fits a phone', async () => {
    await open({ viewport: { width: 390, height: 844 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
  });

  it('is not endless on a phone, and says where numbers go on', async () => {
    await open({ viewport: { width: 375, height: 812 } });
    expect(await page.evaluate('document.documentElement.scrollHeight')).to.be.below(13_000);
    expect(await page.getByText('counts.tampered').isVisible()).to.equal(false);
    await page.getByText('All metrics', { exact: true }).click();
    await page.locator('summary', { hasText: /^Tampered images$/ }).click();
    expect(await page.getByText('counts.tampered').isVisible()).to.equal(true);
  });

  it('lists images in a table where no picture was kept', async () => {
    await writeFile(path.join(folder, 'report.html'), await renderRunPage(madeUpRecord(folder, 30)));
    await open();
    expect(await page.locator('#gallery .thumb').count()).to.equal(0);
    expect(await page.locator('#gallery tr').count()).to.equal(30);
    expect(await page.locator('#gallery tr').first().innerText()).to.contain('Tampered, missed');
  });

  it('prints a description of the fitting data as it is', async () => {
    const record = madeUpRecord(folder, 4);
    record.summary.model.fittedOn = 'one-set and another (235 images)';
    expect(await renderRunPage(record)).to.contain('<dd>one-set and another (235 images)</dd>');
  });

  it('names every control and every part for screen readers', async () => {
    await open();
    expect(await page.getByRole('region', { name: 'Metrics', exact: true }).count()).to.equal(1);
    for (const name of ['Show', 'Tampered area', 'Sort by']) {
      expect(await page.getByRole('combobox', { name }).count(), name).to.equal(1);
    }
    expect(await page.getByRole('searchbox', { name: 'Name' }).count()).to.equal(1);
    const unnamed = 'document.querySelectorAll(".chart:not([aria-label]), img:not([alt])").length';
    expect(await page.evaluate(unnamed)).to.equal(0);
  });
});
