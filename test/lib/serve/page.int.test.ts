import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import sharp from 'sharp';
import { ROOT } from '../../support/ofx.js';
import { startTestServer, type TestOptions, type TestServer } from '../../support/server.js';

const CHROMIUM = process.env['OFX_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const SAMPLE = path.join(ROOT, 'samples/splice-dahlia.jpg');
const IMAGES = path.join(ROOT, 'test/fixtures/images');

const QUIET = ['quic', 'background-networking', 'component-update', 'sync', 'gpu'].map(
  (part) => `--disable-${part}`,
);

/**
 * In Debian's Chromium; skipped where there is none. Code for the browser is text here, because its types would be known
 * to all of the project otherwise; an element's id is a variable there.
 */
const describeInChromium = existsSync(CHROMIUM) ? describe : describe.skip;

describeInChromium('the page', () => {
  let browser: Browser;
  let server: TestServer | undefined;
  let page: Page;
  let outside: string[];
  let complaints: string[];

  before(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      // A browser that glides to a place over several frames cannot be asked when it has arrived.
      args: ['--no-sandbox', '--no-first-run', '--disable-smooth-scrolling', ...QUIET],
    });
  });

  after(() => browser.close());

  async function open(options: TestOptions = {}, context: BrowserContextOptions = {}): Promise<void> {
    server = await startTestServer(options);
    const { url } = server;
    outside = [];
    complaints = [];
    page = await (await browser.newContext(context)).newPage();
    // The test's own limit tells of what never comes; a busy machine takes its time.
    page.setDefaultTimeout(0);
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) outside.push(request.url());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Chromium reports every answer that is a problem; a violation of the content policy would be said here too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        complaints.push(message.text());
      }
    });
    await page.goto(url);
  }

  afterEach(async () => {
    await page.context().close();
    await server?.stop(5000);
    expect(outside).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  async function choose(file: string): Promise<void> {
    await page.setInputFiles('#file', file);
  }

  async function result(): Promise<void> {
    await page.locator('#result').waitFor();
  }

  const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  for (const [name, context] of Object.entries({ 'a desktop': {}, 'a phone': PHONE })) {
    it(`shows verdict, score, overlay and regions on ${name}, without scrolling sideways`, async () => {
      await open({}, context);
      await choose(SAMPLE);
      await result();
      expect(await page.locator('#verdict').textContent()).to.equal('Suspicious');
      expect(await page.locator('#score').textContent()).to.match(/^0\.\d{3}$/);
      const boxes = await page.locator('#boxes b').allTextContents();
      expect(boxes).to.not.be.empty;
      expect(await page.locator('#regions .region-number').allTextContents()).to.deep.equal(boxes);
      expect(await page.locator('#timings tr').count()).to.equal(5);
      const size = await page.evaluate('[heat.width, heat.height]');
      expect(size).to.deep.equal([64, 64]);
      const sideways = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(sideways).to.be.at.most(0);
    });
  }

  it('says when a photo looks manipulated', async () => {
    await open();
    const white = { create: { width: 64, height: 48, channels: 3, background: 'white' } } as const;
    const buffer = await sharp(white).png().toBuffer();
    await page.setInputFiles('#file', { name: 'white.png', mimeType: 'image/png', buffer });
    await result();
    expect(await page.locator('#verdict').textContent()).to.equal('Manipulated');
  });

  it('never says that a photo is authentic', async () => {
    await open();
    const black = { create: { width: 64, height: 48, channels: 3, background: 'black' } } as const;
    const buffer = await sharp(black).png().toBuffer();
    await page.setInputFiles('#file', { name: 'black.png', mimeType: 'image/png', buffer });
    await result();
    expect(await page.locator('#verdict').textContent()).to.equal('No finding');
    const words = await page.evaluate('verdict.ariaDescribedByElements.map((p) => p.textContent).join()');
    expect(words).to.contain('does not show that the image is authentic');
    expect(words).to.contain('evidence, not a proof');
  });

  it('downloads the mask at the size of the photo', async () => {
    await open();
    await choose(SAMPLE);
    await result();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download-mask')]);
    expect(download.suggestedFilename()).to.equal('splice-dahlia_mask.png');
    const { format, width, height } = await sharp(await readFile(await download.path())).metadata();
    expect([format, width, height]).to.deep.equal(['png', 600, 400]);
  });

  it('can be used by keyboard alone: slider, opacity, regions', async () => {
    await open();
    await choose(SAMPLE);
    await result();
    expect(await page.evaluate('document.activeElement.id')).to.equal('verdict');
    await page.focus('#compare');
    await page.keyboard.press('End');
    const clip = () => page.evaluate('getComputedStyle(prediction).clipPath');
    expect(await clip()).to.contain('100%');
    await page.keyboard.press('Home');
    expect(await clip()).to.not.contain('100%');
    await page.focus('#opacity');
    await page.keyboard.press('Home');
    expect(await page.evaluate('getComputedStyle(heat).opacity')).to.equal('0');
    await page.locator('#regions button').first().focus();
    expect(await page.locator('#boxes .on').count()).to.equal(1);
  });

  it('enlarges the image, moves it and keeps the divider in view, by keys and by mouse', async () => {
    await open();
    await choose(SAMPLE);
    await result();
    await page.focus('#pane');
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    const four = page.getByRole('button', { name: '4×' });
    expect(await four.getAttribute('aria-pressed')).to.equal('true');
    const left = () => page.evaluate<number>('pane.scrollLeft');
    const middle = await left();
    await page.keyboard.press('ArrowRight');
    let before = middle;
    while (before === middle) before = await left();
    const { x, y, width, height } = (await page.locator('#pane').boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 60, y + height / 2);
    await page.mouse.up();
    expect(await left()).to.be.within(before - 61, before - 59);
    const share = (await left()) / (4 * width);
    const clip = await page.evaluate<string>('getComputedStyle(prediction).clipPath');
    expect(Number(/([\d.]+)%/.exec(clip)![1])).to.be.closeTo(100 * share, 0.2);
    await page.keyboard.press('-');
    await page.keyboard.press('-');
    expect(await left()).to.equal(0);
  });

  it('lets a result be kept: the overlay, and the numbers with the hash of the file and the time', async () => {
    await open({}, { permissions: ['clipboard-read', 'clipboard-write'] });
    await choose(SAMPLE);
    await result();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download-overlay')]);
    expect(download.suggestedFilename()).to.equal('splice-dahlia_overlay.jpg');
    const { format, width, height } = await sharp(await readFile(await download.path())).metadata();
    expect([format, width, height]).to.deep.equal(['jpeg', 600, 400]);
    await page.click('#copy');
    await page.getByText('Copied.').waitFor();
    const copied = JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()')) as object;
    const hash = createHash('sha256')
      .update(await readFile(SAMPLE))
      .digest('hex');
    expect(copied).to.include({ image: 'splice-dahlia.jpg', sha256: hash });
    expect(copied).to.include.keys('score', 'regions', 'examinedAt');
    expect(copied).to.not.have.any.keys('mask', 'probability', 'overlay');
    expect(await page.locator('#sha256').textContent()).to.contain(hash);
  });

  it('lets the keyboard choose a first photo and a second', async () => {
    await open();
    const chooseWithKeys = async (button: string) => {
      // Asked for first: until the browser has heard of it, a dialog would open unseen.
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: button }).focus();
      await page.evaluate('document.hasFocus()');
      await page.keyboard.press('Enter');
      await (await chooser).setFiles(SAMPLE);
      await result();
    };
    await chooseWithKeys('Choose photos');
    await chooseWithKeys('Another photo');
  });

  it('takes a photo that is pasted, and one that is dropped', async () => {
    await open();
    const bytes = [...(await readFile(SAMPLE))];
    for (const kind of ['paste', 'drop']) {
      await page.evaluate(`{
        const clipboardData = new DataTransfer();
        const file = new File([new Uint8Array([${bytes.join()}])], '${kind}.jpg', { type: 'image/jpeg' });
        clipboardData.items.add(file);
        const drop = new DragEvent('drop', { dataTransfer: clipboardData, cancelable: true });
        document.dispatchEvent('${kind}' === 'drop' ? drop : new ClipboardEvent('paste', { clipboardData }));
      }`);
      await page.locator('#name', { hasText: `${kind}.jpg` }).waitFor();
    }
  });

  it('tries a sample photo with one click', async () => {
    await open();
    await page.getByAltText('Sample: splice astronaut').click();
    await result();
    expect(await page.locator('#name').textContent()).to.contain('splice-astronaut.jpg');
  });

  it('tells why a sample photo cannot be had, and tries it again', async () => {
    await open();
    const photo = '**/samples/splice-astronaut.jpg';
    const button = page.getByAltText('Sample: splice astronaut');
    await button.waitFor();
    await page.route(photo, (route) => route.abort('connectionrefused'));
    await button.click();
    await page.locator('#problem[data-code="UNREACHABLE"]').waitFor();
    const busy = { code: 'OVERLOADED', title: 'Overloaded', detail: 'All places are taken.' };
    await page.route(photo, (route) => route.fulfill({ status: 503, json: busy }));
    await page.click('#retry');
    await page.locator('#problem[data-code="OVERLOADED"]').waitFor();
    await page.unroute(photo);
    await page.click('#retry');
    await result();
  });

  it('shows a smaller copy where the browser cannot show the photo', async () => {
    await open();
    const tiff = await sharp(SAMPLE).tiff().toBuffer();
    await page.setInputFiles('#file', { name: 'scan.tif', mimeType: 'image/tiff', buffer: tiff });
    await result();
    expect(await page.locator('#viewer-hint').textContent()).to.contain('cannot show');
    const width = await page.evaluate('photo.naturalWidth');
    expect(width).to.equal(600);
  });

  it('tells what is wrong with a file, and takes the next', async () => {
    await open();
    await choose(path.join(IMAGES, 'bad-pdf.jpg'));
    await page.locator('#problem').waitFor();
    expect(await page.locator('#problem-detail').textContent()).to.match(/^bad-pdf\.jpg is a PDF/);
    expect(await page.evaluate('document.activeElement.id')).to.equal('problem');
    await choose(SAMPLE);
    await result();
    expect(await page.locator('#problem').isVisible()).to.equal(false);
  });

  it('waits as long as the server says when there were too many requests', async () => {
    // The page asks for the models once, which counts.
    await open({ rate: 2 });
    await page.locator('#model').waitFor();
    await choose(SAMPLE);
    await result();
    await choose(path.join(ROOT, 'samples/splice-astronaut.jpg'));
    await page.locator('#problem[data-code="RATE_LIMITED"]').waitFor();
    expect(await page.locator('#retry').isDisabled()).to.equal(true);
    expect(await page.locator('#retry').textContent()).to.match(/^Try again in \d+ s$/);
  });

  it('examines several photos in turn, waits for a busy server, and lists them by score', async () => {
    await open();
    let busy = true;
    await page.route('**/v1/predict?*', async (route) => {
      if (!busy) return route.continue();
      busy = false;
      return route.fulfill({
        status: 429,
        headers: { 'retry-after': '1' },
        json: { code: 'RATE_LIMITED', title: 'Rate limited', detail: 'Too many.' },
      });
    });
    const bright = { create: { width: 64, height: 48, channels: 3, background: 'white' } } as const;
    const contents = {
      'dahlia.jpg': readFile(SAMPLE),
      'document.jpg': readFile(path.join(IMAGES, 'bad-pdf.jpg')),
      'white.png': sharp(bright).png().toBuffer(),
    };
    const files = Object.entries(contents).map(async ([name, content]) => {
      return { name, mimeType: 'image/png', buffer: await content };
    });
    await page.setInputFiles('#file', await Promise.all(files));
    await page.getByText('3 photos. Manipulated: 1. Suspicious').waitFor();
    const names = await page.locator('#entries .name').allTextContents();
    expect(names).to.deep.equal(['white.png', 'dahlia.jpg', 'document.jpg']);
    expect(await page.locator('#entries .failed').textContent()).to.contain('document.jpg is a PDF');
    await page.locator('#entries button').nth(1).press('Enter');
    await result();
    expect(await page.locator('#name').textContent()).to.contain('dahlia.jpg');
    await page.getByRole('button', { name: 'All results' }).press('Enter');
    const focused = await page.evaluate('document.activeElement.textContent');
    expect(focused).to.contain('dahlia.jpg');
  });

  it('asks for a token where the server wants one, and keeps it for the tab', async () => {
    await open({ tokens: ['correct-horse-battery'] });
    await choose(SAMPLE);
    await page.getByText('wants a bearer token').waitFor();
    const show = async (token: string) => {
      await page.getByLabel('Access token').fill(token);
      await page.keyboard.press('Enter');
    };
    await show('wrong-horse-battery');
    await page.getByText('That token is not known').waitFor();
    await show('correct-horse-battery');
    await result();
    await page.locator('#model').waitFor();
    await page.reload();
    await page.locator('#model').waitFor();
  });

  it('leads to the card of the model that answers, which asks nothing of any network', async () => {
    await open({ model: 'objectformer-lite', size: 288 });
    await page.locator('#model').click();
    await page.getByRole('heading', { name: 'Where it must not be trusted' }).waitFor();
    expect(await page.locator('table').first().locator('th').first().textContent()).to.equal(
      'data, input size',
    );
    expect(await page.locator('img, script').count()).to.equal(0);
    const style = await page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse");
    expect(style).to.equal('collapse');
    await page.goBack();
    await page.locator('#choose').waitFor();
  });

  it('says where a model has no card', async () => {
    await open();
    await page.goto(`${server!.url}/card`);
    expect(await page.locator('main').textContent()).to.contain('holds no card');
  });

  it('shows the documentation of the API under its own content policy', async () => {
    await open();
    await page.getByRole('link', { name: 'API' }).click();
    await page.getByText('/v1/predict/batch').first().waitFor();
  });
});
