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
const controls = document.getElementById('controls');
const hint = document.getElementById('viewer-hint');

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

/**
 * @param {string} address - of the photo
 * @param {object} result - with `probability`, a .npy file in Base64
 * @param {object[]} regions - those to frame
 */
export function showPrediction(address, result, regions) {
  const { probability, image, maskThreshold } = result;
  frame(result, regions);
  photo.src = address;
  photo.alt = `The photo ${image}`;
  drawHeat(readNpy(probability), maskThreshold);
  drawBoxes();
  controls.hidden = false;
  hint.hidden = true;
  stage.classList.remove('still');
  compare.value = '0';
  placeDivider();
  applyOpacity();
}

/** For pictures that the browser cannot show: the server's overlay is all there is. */
export function showOverlay(result, regions) {
  const { overlay, image } = result;
  frame(result, regions);
  photo.src = `data:image/jpeg;base64,${overlay}`;
  photo.alt = `The prediction over the photo ${image}`;
  boxes.replaceChildren();
  controls.hidden = true;
  hint.hidden = false;
  hint.textContent = 'This browser cannot show files of this kind; this is the server’s overlay.';
  stage.classList.add('still');
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
  // The server's own overlay has all of it already.
  if (!stage.classList.contains('still')) {
    context.globalAlpha = opacity.value / 100;
    context.drawImage(heat, 0, 0, canvas.width, canvas.height);
    context.globalAlpha = 1;
    if (showBoxes.checked) places.forEach((place, index) => paintBox(context, place, index));
  }
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
function drawHeat({ width, height, data }, threshold) {
  heat.width = width;
  heat.height = height;
  const picture = new ImageData(width, height);
  for (let i = 0; i < data.length; i++) {
    const p = data[i];
    const marked = p > threshold;
    const warmth = marked ? (p - threshold) / Math.max(1 - threshold, 1e-6) : 0;
    picture.data[4 * i] = 255 - 55 * warmth;
    picture.data[4 * i + 1] = 176 - 158 * warmth;
    picture.data[4 * i + 2] = 32 + 48 * warmth;
    picture.data[4 * i + 3] = marked ? 205 + 50 * warmth : 150 * (p / threshold) ** 2;
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

/** @returns {{width: number, height: number, data: Float32Array}} a little-endian float32 array of two dimensions */
function readNpy(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  // NumPy's format 1.0: magic (6 bytes), version (2), length of the header (2), header, data.
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(10, start));
  const [, height, width] = /'shape': \((\d+), (\d+)\)/.exec(header).map(Number);
  return { width, height, data: new Float32Array(bytes.slice(start).buffer) };
}
