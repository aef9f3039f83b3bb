/** The words and numbers beside the picture. */
import { judge, testedParts } from './verdict.js';
import { enlarge, highlight, overlayPicture } from './viewer.js';

const byId = (id) => document.getElementById(id);

/** So many regions are listed and framed; the rest is counted. */
const MOST_LISTED = 8;

/** Share of the picture below which a region is a speck: there is nothing to look at. */
const SPECK = 0.001;

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'long' });

/** Of the result that is shown: what is copied, and what a picture of it is called. */
let numbers;
let overlayName;

byId('copy').hidden = !navigator.clipboard;
byId('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(numbers);
    byId('copied').textContent = 'Copied.';
  } catch {
    byId('copied').textContent = 'The browser does not let this page copy.';
  }
});
byId('download-overlay').addEventListener('click', async () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await overlayPicture());
  link.download = overlayName;
  link.click();
  URL.revokeObjectURL(link.href);
});

const STAGES = {
  decode: 'Reading the image',
  preprocess: 'Preparing it',
  inference: 'Network',
  postprocess: 'Mask and regions',
  encode: 'Output images',
};

/**
 * @param {object} result
 * @param {Blob} mask - PNG
 * @param {object | undefined} model - what the server says of its own model
 */
export function showReport(result, mask, model) {
  const { image, score, scoreThreshold, maskThreshold, tamperedFraction, warnings } = result;
  const { kind, verdict, meaning } = judge(result);
  byId('result').dataset.verdict = kind;
  byId('name').textContent = `${image} · ${result.width} × ${result.height}${pageOf(result)}`;
  byId('verdict').textContent = verdict;
  byId('meaning').textContent = meaning;
  const [worth, ...more] = testedParts(result);
  byId('tested').textContent = worth;
  byId('tested-more').hidden = more.length === 0;
  byId('tested-rest').textContent = more.join(' ');
  byId('score').textContent = score.toFixed(3);
  byId('threshold').textContent = `manipulated above ${scoreThreshold.toFixed(2)}`;
  byId('meter').style.setProperty('--score', String(score));
  byId('meter').style.setProperty('--threshold', String(scoreThreshold));
  byId('area').textContent = `${percent(tamperedFraction)} of the image is marked.`;
  showThreshold(maskThreshold);
  const described = model?.name === result.model.name && model.description;
  byId('model-says').hidden = !described;
  byId('model-says').textContent = described ? `${model.name} says of itself: ${model.description}` : '';
  byId('warnings').replaceChildren(...warnings.map((text) => element('li', text)));
  listRegions(result);
  listTimings(result.timingsMs);
  offerDownloads(result, mask);
}

function pageOf({ page, pages }) {
  return pages ? ` · page ${page} of ${pages.length}, the one with the highest score` : '';
}

/** Where a pixel begins to be marked, in the legend. */
export function showThreshold(threshold) {
  byId('legend').style.setProperty('--mask-threshold', String(threshold));
  byId('mask-threshold').textContent = `marked above ${threshold.toFixed(2)}`;
}

/** @returns {object[]} the regions that are listed and framed, the largest first */
export function listed(result) {
  return result.regions.filter((region) => !isSpeck(region, result)).slice(0, MOST_LISTED);
}

function isSpeck({ area }, { width, height }) {
  return area < SPECK * width * height;
}

function listRegions(result) {
  const { regions, regionCount = regions.length } = result;
  const shown = listed(result);
  byId('no-regions').hidden = regions.length > 0;
  byId('columns').hidden = shown.length === 0;
  const items = shown.map((region, index) => {
    const { x, y, width, height, meanProbability } = region;
    const button = element('button', '');
    button.type = 'button';
    button.append(
      element('span', String(index + 1), 'region-number'),
      element('span', `${width} × ${height} px at ${x}, ${y}`, 'where'),
      element('span', percent(meanProbability, 0), 'probability'),
    );
    button.setAttribute(
      'aria-label',
      `Region ${index + 1}: ${width} by ${height} pixels at ${x}, ${y}, mean probability ${percent(meanProbability, 0)}`,
    );
    button.addEventListener('click', () => enlarge(index));
    for (const event of ['mouseenter', 'focus']) button.addEventListener(event, () => highlight(index));
    for (const event of ['mouseleave', 'blur']) button.addEventListener(event, () => highlight(undefined));
    const item = document.createElement('li');
    item.append(button);
    return item;
  });
  const specks = regions.filter((region) => isSpeck(region, result)).length;
  const smaller = regionCount - specks - shown.length;
  const rest = [smaller && `${smaller} smaller`, specks && count(specks, 'speck')].filter(Boolean);
  if (rest.length > 0) {
    items.push(element('li', `${shown.length > 0 ? 'and ' : ''}${rest.join(' and ')}`, 'more'));
  }
  byId('regions').replaceChildren(...items);
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function listTimings(timings) {
  byId('total').textContent = `${Math.round(timings.total)} ms`;
  byId('timings').replaceChildren(
    ...Object.entries(timings).flatMap(([stage, ms]) => {
      if (stage === 'total') return [];
      const label = STAGES[stage] ?? stage;
      const row = document.createElement('tr');
      const name = element('th', label);
      name.scope = 'row';
      const bar = element('td', '', 'bar');
      bar.style.setProperty('--share', String(ms / timings.total));
      row.append(name, bar, element('td', `${ms.toFixed(1)} ms`, 'number'));
      return row;
    }),
  );
}

function offerDownloads(result, mask) {
  const stem = result.image.replace(/^.*\//, '').replace(/\.\w+$/, '');
  numbers = JSON.stringify(result, null, 2);
  overlayName = `${stem}_overlay.jpg`;
  byId('copied').textContent = '';
  byId('examined-at').textContent = `Examined on ${DATE.format(new Date(result.examinedAt))}`;
  byId('sha256').textContent = `SHA-256 of the file: ${result.sha256}`;
  offer('download-mask', mask, `${stem}_mask.png`);
  offer('download-json', new Blob([numbers], { type: 'application/json' }), `${stem}.json`);
}

function offer(id, blob, name) {
  const link = byId(id);
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = name;
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function percent(fraction, digits = 1) {
  return `${(fraction * 100).toFixed(digits)} %`;
}
