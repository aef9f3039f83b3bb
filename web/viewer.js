/** The photo, the prediction over it, and the slider between them. */
import { zoomTo, zoomToPlace } from './zoom.js';

const stage = document.getElementById('stage');
const photo = document.getElementById('photo');
const heat = document.getElementById('heat');
const boxes = document.getElementById('boxes');
const compare = document.getElementById('compare');
const opacity = document.getElementById('opacity');
const opacityValue = document.getElementById('opacity-value');
const showBoxes = document.getElementById('show-boxes');
const divider = document.getElementById('divider');
const pane = document.getElementById('pane');
const hint = document.getElementById('viewer-hint');
const lines = document.getElementById('lines');

compare.addEventListener('input', placeDivider);
opacity.addEventListener('input', applyOpacity);

// Where the picture is enlarged, the slider does not lie over it, and its divider is dragged by itself.
divider.addEventListener('pointerdown', ({ pointerId }) => divider.setPointerCapture(pointerId));
divider.addEventListener('pointermove', ({ pointerId, clientX }) => {
  if (!divider.hasPointerCapture(pointerId)) return;
  const { left, width } = pane.getBoundingClientRect();
  compare.value = String((100 * (clientX - left)) / width);
  placeDivider();
});
showBoxes.addEventListener('change', () => boxes.classList.toggle('off', !showBoxes.checked));

/** Where the regions are, in shares of the picture's sides. */
let places = [];
/** Of the photo in its own pixels. */
let size = { width: 1, height: 1 };

/** @returns {Promise<boolean>} whether this browser can show the picture */
export async function canShow(address) {
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return true;
  } catch {
    return false;
  }
}

/** The probabilities of what is shown, from 0 to 255. */
let map = { width: 1, height: 1, levels: new Uint8Array(1) };
let drawings = [];

/**
 * @param {string} address - of the photo, or of a smaller copy
 * @param {object} result
 * @param {object[]} regions - those to frame
 * @param {{map: Blob, drawings: object[]}} pictures
 * @param {string} [words] - what is to be said of the picture
 */
export async function showPrediction(address, result, regions, pictures, words = '') {
  frame(result, regions);
  photo.src = address;
  photo.alt = `The photo ${result.image}`;
  hint.hidden = words === '';
  hint.textContent = words;
  compare.value = '0';
  drawBoxes();
  drawLines(result, pictures.drawings);
  placeDivider();
  applyOpacity();
  map = await readMap(pictures.map);
  drawHeat(result.maskThreshold);
}

/** @returns {number} the share of the picture that lies above a threshold, as far as the small map tells */
export function shareAbove(threshold) {
  return map.levels.reduce((count, level) => count + Number(level > 255 * threshold), 0) / map.levels.length;
}

/** Makes one region stand out, or none. */
export function highlight(index) {
  [...boxes.children].forEach((box, at) => box.classList.toggle('on', at === index));
  stage.classList.toggle('picking', index !== undefined);
}

/** Enlarges one region. */
export function enlarge(index) {
  zoomToPlace(places[index]);
}

/** Canvases may be no larger on some phones, in pixels. */
const LARGEST_CANVAS = 16_777_216;

/** @returns {Promise<Blob>} a JPEG of the photo with the prediction as it is set over it now */
export async function overlayPicture() {
  const { naturalWidth, naturalHeight } = photo;
  const scale = Math.min(1, Math.sqrt(LARGEST_CANVAS / (naturalWidth * naturalHeight)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.floor(naturalWidth * scale);
  canvas.height = Math.floor(naturalHeight * scale);
  const context = canvas.getContext('2d');
  context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = opacity.value / 100;
  context.drawImage(heat, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
  paintLines(context, size);
  if (showBoxes.checked) places.forEach((place, index) => paintBox(context, place, index));
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
}

function paintBox(context, { x, y, width, height }, index) {
  const { canvas } = context;
  const line = Math.max(1, Math.max(canvas.width, canvas.height) / 600);
  const box = [x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height];
  for (const [colour, lineWidth] of [
    ['#14171f', 4 * line],
    ['#ffffff', 2 * line],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.strokeRect(...box);
  }
  const [left, top] = [box[0], Math.max(box[1], 16 * line)];
  context.fillStyle = '#14171f';
  context.fillRect(left, top - 16 * line, 16 * line, 16 * line);
  context.fillStyle = '#ffffff';
  context.font = `bold ${12 * line}px sans-serif`;
  context.textAlign = 'center';
  context.fillText(String(index + 1), left + 8 * line, top - 4 * line);
}

function frame({ width, height }, regions) {
  size = { width, height };
  stage.style.setProperty('--ratio', String(width / height));
  places = regions.map((region) => ({
    x: region.x / width,
    y: region.y / height,
    width: region.width / width,
    height: region.height / height,
  }));
  zoomTo(1);
}

function placeDivider() {
  const at = Number(compare.value);
  stage.style.setProperty('--at', `${at}%`);
  stage.classList.toggle('all-prediction', at < 15);
  stage.classList.toggle('all-photo', at > 80);
  compare.setAttribute('aria-valuetext', `Photo on the left ${compare.value} percent`);
}

function applyOpacity() {
  stage.style.setProperty('--opacity', String(opacity.value / 100));
  opacityValue.textContent = `${opacity.value} %`;
}

/**
 * Paints probabilities: clear where manipulation is unlikely, then amber to crimson; full colour begins at the threshold
 * above which a pixel is marked.
 */
export function drawHeat(threshold) {
  const { width, height, levels } = map;
  heat.width = width;
  heat.height = height;
  const picture = new ImageData(width, height);
  for (let i = 0; i < levels.length; i++) {
    const p = levels[i] / 255;
    const marked = p > threshold;
    const warmth = marked ? (p - threshold) / Math.max(1 - threshold, 1e-6) : 0;
    picture.data[4 * i] = 255 - 55 * warmth;
    picture.data[4 * i + 1] = 176 - 158 * warmth;
    picture.data[4 * i + 2] = 32 + 48 * warmth;
    picture.data[4 * i + 3] = marked ? 205 + 50 * warmth : 150 * (p / Math.max(threshold, 1e-6)) ** 2;
  }
  heat.getContext('2d').putImageData(picture, 0, 0);
}

function drawBoxes() {
  boxes.replaceChildren(
    ...places.map(({ x, y, width, height }, index) => {
      const box = document.createElement('div');
      const sides = { left: x, top: y, width, height };
      for (const [name, share] of Object.entries(sides)) box.style.setProperty(name, `${share * 100}%`);
      const number = document.createElement('b');
      number.textContent = String(index + 1);
      // Above its box, where there is room.
      number.classList.toggle('inside', y < 0.08);
      box.append(number);
      return box;
    }),
  );
}

async function readMap(blob) {
  const picture = await createImageBitmap(blob);
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, levels: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]) };
}

const SVG = 'http://www.w3.org/2000/svg';

/** What sources of evidence draw: arrows from places to their copies, with a rim that sets them off from any ground. */
function drawLines({ width, height }, wanted) {
  drawings = wanted;
  lines.setAttribute('viewBox', `0 0 ${width} ${height}`);
  lines.replaceChildren(
    ...drawings.flatMap((drawing) =>
      strokesOf(drawing).map((attributes) => {
        const path = document.createElementNS(SVG, 'path');
        for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, value);
        return path;
      }),
    ),
  );
}

function strokesOf({ width, colour, rim, lines: open, shapes }) {
  return [
    [rim, 2.1],
    [colour, 1],
  ].flatMap(([stroke, wider]) => [
    { d: open, fill: 'none', stroke, 'stroke-width': width * wider },
    { d: shapes, fill: stroke, stroke, 'stroke-width': width * (wider - 1) },
  ]);
}

function paintLines(context, { width, height }) {
  context.save();
  context.scale(context.canvas.width / width, context.canvas.height / height);
  context.lineCap = context.lineJoin = 'round';
  for (const drawing of drawings) {
    for (const { d, fill, stroke, 'stroke-width': lineWidth } of strokesOf(drawing)) {
      const path = new Path2D(d);
      Object.assign(context, { fillStyle: fill, strokeStyle: stroke, lineWidth });
      if (fill !== 'none') context.fill(path);
      if (lineWidth > 0) context.stroke(path);
    }
  }
  context.restore();
}
