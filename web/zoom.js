/** Enlarges the picture in its pane, which scrolls: fingers, wheels and arrow keys move it as they do any page. */

const viewer = document.getElementById('viewer');
const stage = document.getElementById('stage');
const pane = document.getElementById('pane');
const buttons = [...document.getElementById('zooms').querySelectorAll('button')];
const hint = document.getElementById('zoom-hint');

const STEPS = buttons.map((button) => Number(button.value));
const LARGEST = STEPS.at(-1);
/** How much of a turn of the wheel, in pixels, makes the picture e times as large. */
const WHEEL = 400;
let zoom = 1;
let held;

for (const button of buttons) button.addEventListener('click', () => zoomTo(Number(button.value)));

viewer.addEventListener('keydown', ({ key, ctrlKey, metaKey, altKey }) => {
  if (ctrlKey || metaKey || altKey) return;
  if (key === '+' || key === '=') zoomTo(STEPS.find((step) => step > zoom) ?? LARGEST);
  if (key === '-') zoomTo(STEPS.findLast((step) => step < zoom) ?? 1);
});

// A pinch on a touchpad comes as a wheel with Ctrl; a wheel alone scrolls.
stage.addEventListener('wheel', (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const { left, top } = pane.getBoundingClientRect();
  zoomTo(zoom * Math.exp(-event.deltaY / WHEEL), event.clientX - left, event.clientY - top);
});

// A mouse cannot scroll sideways by itself, so it drags; fingers need no help.
pane.addEventListener('pointerdown', (event) => {
  if (event.pointerType !== 'mouse' || event.button !== 0) return;
  pane.setPointerCapture(event.pointerId);
  held = { x: event.clientX + pane.scrollLeft, y: event.clientY + pane.scrollTop };
});
pane.addEventListener('pointermove', (event) => {
  if (pane.hasPointerCapture(event.pointerId)) pane.scrollTo(held.x - event.clientX, held.y - event.clientY);
});

// The divider stays where it is while the picture moves below it.
pane.addEventListener('scroll', () => {
  stage.style.setProperty('--scrolled', `${(100 * pane.scrollLeft) / pane.clientWidth}%`);
});

/**
 * @param {number} factor - 1 shows all of the picture
 * @param {number} [x] - what stays in its place, in pixels from the pane's left edge [default: its middle]
 * @param {number} [y]
 */
export function zoomTo(factor, x = pane.clientWidth / 2, y = pane.clientHeight / 2) {
  const before = zoom;
  zoom = Math.min(Math.max(factor, 1), LARGEST);
  const [left, top] = [pane.scrollLeft + x, pane.scrollTop + y].map((at) => (at * zoom) / before);
  stage.style.setProperty('--zoom', String(zoom));
  pane.scrollTo(left - x, top - y);
  for (const button of buttons) button.setAttribute('aria-pressed', String(Number(button.value) === zoom));
  stage.classList.toggle('enlarged', zoom > 1);
  pane.tabIndex = zoom > 1 ? 0 : -1;
  hint.hidden = zoom === 1;
}

/** Shows a place, in shares of the picture's sides, in the middle of the pane and half as large as that. */
export function zoomToPlace({ x, y, width, height }) {
  zoomTo(0.5 / Math.max(width, height));
  pane.scrollTo(
    (x + width / 2) * pane.scrollWidth - pane.clientWidth / 2,
    (y + height / 2) * pane.scrollHeight - pane.clientHeight / 2,
  );
  stage.scrollIntoView({ block: 'nearest' });
}
