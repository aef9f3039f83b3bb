/** The photo, the prediction over it, and the slider between them. */

const stage = document.getElementById('stage');
const photo = document.getElementById('photo');
const heat = document.getElementById('heat');
const boxes = document.getElementById('boxes');
const compare = document.getElementById('compare');
const opacity = document.getElementById('opacity');
const opacityValue = document.getElementById('opacity-value');
const showBoxes = document.getElementById('show-boxes');
const controls = document.getElementById('controls');
const hint = document.getElementById('viewer-hint');

compare.addEventListener('input', placeDivider);
opacity.addEventListener('input', applyOpacity);
showBoxes.addEventListener('change', () => boxes.classList.toggle('off', !showBoxes.checked));

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
  const { width, height, probability, image, maskThreshold } = result;
  frame(width, height);
  photo.src = address;
  photo.alt = `The photo ${image}`;
  drawHeat(readNpy(probability), maskThreshold);
  drawBoxes(regions, width, height);
  controls.hidden = false;
  hint.hidden = true;
  stage.classList.remove('still');
  compare.value = '0';
  placeDivider();
  applyOpacity();
}

/** For pictures that the browser cannot show: the server's overlay is all there is. */
export function showOverlay(result) {
  const { width, height, overlay, image } = result;
  frame(width, height);
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

function frame(width, height) {
  stage.style.setProperty('--ratio', String(width / height));
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

function drawBoxes(regions, width, height) {
  boxes.replaceChildren(
    ...regions.map(({ x, y, width: w, height: h }, index) => {
      const box = document.createElement('div');
      const sides = { left: x / width, top: y / height, width: w / width, height: h / height };
      for (const [name, share] of Object.entries(sides)) box.style.setProperty(name, `${share * 100}%`);
      const number = document.createElement('b');
      number.textContent = String(index + 1);
      // Above its box, where there is room.
      number.classList.toggle('inside', y / height < 0.08);
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
