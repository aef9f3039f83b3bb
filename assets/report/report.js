// What a report does by itself: light and dark, values of charts, the gallery and its viewer. Plain DOM, no library.
(() => {
  'use strict';
  const find = (selector, root = document) => root.querySelector(selector);

  // Light and dark: the system's wish until somebody chooses.
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const themeButton = find('#theme');
  let chosen;
  try {
    chosen = localStorage.getItem('ofx-theme') ?? undefined;
  } catch {
    // A page without storage forgets the choice.
  }
  const applyTheme = () => {
    const theme = chosen ?? (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    themeButton.textContent = theme === 'dark' ? 'Light' : 'Dark';
    themeButton.setAttribute('aria-pressed', String(theme === 'dark'));
  };
  dark.addEventListener('change', applyTheme);
  themeButton.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('ofx-theme', chosen);
    } catch {
      // As above.
    }
    applyTheme();
  });
  applyTheme();

  // Charts: every mark carries its values as its label.
  const tip = find('#tip');
  const marksOf = (chart) => [
    ...chart.querySelectorAll(
      '[role="graphics-symbol"][aria-label]:not([aria-roledescription="axis"]):not([aria-roledescription="legend"]):not([aria-roledescription="title"]):not([aria-roledescription="line mark"])',
    ),
  ];
  const showTip = (mark, x, y) => {
    tip.textContent = mark.getAttribute('aria-label').replaceAll('; ', '\n');
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y - height - 12 < 8 ? y + 18 : y - height - 12}px`;
  };
  const hideTip = () => {
    tip.hidden = true;
    for (const mark of document.querySelectorAll('.chart .at')) mark.classList.remove('at');
  };
  for (const chart of document.querySelectorAll('.chart')) {
    const marks = marksOf(chart);
    let at = -1;
    chart.addEventListener('pointermove', (event) => {
      const mark = event.target.closest?.('[aria-label]');
      hideTip();
      if (!marks.includes(mark)) return;
      mark.classList.add('at');
      showTip(mark, event.clientX, event.clientY);
    });
    chart.addEventListener('pointerleave', hideTip);
    chart.addEventListener('blur', hideTip);
    chart.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') hideTip();
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || marks.length === 0) return;
      event.preventDefault();
      hideTip();
      at = (at + step + marks.length) % marks.length;
      marks[at].classList.add('at');
      const box = marks[at].getBoundingClientRect();
      showTip(marks[at], box.left + box.width / 2, box.top);
    });
  }

  // Tiles of a panel: the same file, moved behind a window of a tile's size.
  const fillCrop = (crop, item, tile, lazy) => {
    const { geometry, url } = item;
    const image = new Image();
    if (lazy) image.loading = 'lazy';
    image.decoding = 'async';
    image.alt = '';
    image.draggable = false;
    const part = (value, whole) => `${(100 * value) / whole}%`;
    image.style.width = part(geometry.width, geometry.tile.width);
    image.style.height = part(geometry.height, geometry.tile.height);
    image.style.left = part(-geometry.left[tile], geometry.tile.width);
    image.style.top = part(-geometry.top, geometry.tile.height);
    image.src = url;
    crop.replaceChildren(image);
  };
  for (const crop of document.querySelectorAll('.crop[data-crop]')) {
    const item = JSON.parse(crop.dataset.crop);
    crop.style.aspectRatio = `${item.geometry.tile.width} / ${item.geometry.tile.height}`;
    fillCrop(crop, item, item.tile, true);
  }

  const data = find('#gallery-data');
  if (!data) return;

  // The gallery: some cards at a time, so that thousands of images stay quick, and a phone's page is no scroll without end.
  const isPhone = matchMedia('(max-width: 760px)').matches;
  const PAGE = isPhone ? 12 : 60;
  const items = JSON.parse(data.textContent);
  const list = find('#gallery');
  const controls = find('#gallery-controls');
  const more = find('#gallery-more');
  let shown = [];
  let drawn = 0;

  const number = (value, digits = 2) => (value === null ? 'n/a' : value.toFixed(digits));
  const percent = (value) => (value === null ? 'n/a' : `${(value * 100).toFixed(1)} %`);
  const OUTCOMES = {
    found: '✓ Tampered, found',
    elsewhere: '✗ Predicted tampered, wrong place',
    missed: '✗ Tampered, missed',
    'false-alarm': '✗ Authentic, false alarm',
    'left-alone': '✓ Authentic, left alone',
  };
  const TONES = {
    found: 'good',
    elsewhere: 'fair',
    missed: 'bad',
    'false-alarm': 'bad',
    'left-alone': 'good',
  };
  const outcomeOf = (item) => OUTCOMES[item.outcome] + (item.verdict === 'suspicious' ? ', suspicious' : '');
  const factsOf = (item) =>
    item.label === 1
      ? `Score ${number(item.score)} · IoU ${number(item.iou)} · F1 ${number(item.f1)}`
      : `Score ${number(item.score)} · marked ${percent(item.marked)}`;
  const areaOf = ({ truth }) =>
    !truth ? 'none' : truth < 0.02 ? 'small' : truth <= 0.1 ? 'medium' : 'large';
  const ORDERS = {
    worst: (a, b) => b.severity - a.severity,
    best: (a, b) => a.severity - b.severity,
    'score-down': (a, b) => b.score - a.score,
    'score-up': (a, b) => a.score - b.score,
    'area-down': (a, b) => (b.truth ?? 0) - (a.truth ?? 0),
    'area-up': (a, b) => (a.truth || 2) - (b.truth || 2),
    name: (a, b) => (a.image < b.image ? -1 : 1),
  };

  const cardOf = (item, index) => {
    const card = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.index = index;
    const thumb = document.createElement('span');
    thumb.className = 'thumb';
    if (item.url && item.geometry) {
      const crop = document.createElement('span');
      crop.className = 'crop';
      const { width, height } = item.geometry.tile;
      crop.style.display = 'block';
      crop.style.aspectRatio = `${width} / ${height}`;
      if (width / height > 1.5) crop.style.width = '100%';
      else crop.style.height = '100%';
      fillCrop(crop, item, 3, true);
      thumb.append(crop);
    } else thumb.textContent = 'no picture';
    const text = document.createElement('span');
    text.className = 'card-text';
    for (const [name, content] of [
      ['card-verdict', outcomeOf(item)],
      ['card-facts', factsOf(item)],
      ['card-name', `\u2066${item.image}\u2069`],
    ]) {
      const line = document.createElement('span');
      line.className = name;
      line.textContent = content;
      if (name === 'card-verdict') line.classList.add(TONES[item.outcome]);
      text.append(line);
    }
    button.append(thumb, text);
    card.append(button);
    return card;
  };

  const rowOf = (item) => {
    const row = document.createElement('tr');
    const cell = (name, content, className) => {
      const one = document.createElement(name);
      one.textContent = content;
      one.className = className;
      row.append(one);
      return one;
    };
    cell('th', item.image, 'image-name').scope = 'row';
    cell('td', outcomeOf(item), TONES[item.outcome]);
    const { score, iou, f1, marked, truth } = item;
    for (const value of [score, iou, f1]) cell('td', number(value), 'right');
    for (const share of [marked, truth]) cell('td', percent(share), 'right');
    return row;
  };
  const draw = list.tagName === 'TBODY' ? rowOf : cardOf;

  const drawMore = () => {
    const next = shown.slice(drawn, drawn + PAGE);
    list.append(...next.map((item, index) => draw(item, drawn + index)));
    drawn += next.length;
    more.hidden = drawn >= shown.length;
  };

  const refresh = () => {
    const { kind, area, sort, search } = Object.fromEntries(new FormData(controls));
    const wanted = search.trim().toLowerCase();
    shown = items
      .filter(
        (item) =>
          (kind === 'all' || item.outcome === kind || item.verdict === kind) &&
          (area === 'any' || areaOf(item) === area) &&
          item.image.toLowerCase().includes(wanted),
      )
      .sort(ORDERS[sort]);
    find('#gallery-count').textContent = `${shown.length} of ${items.length} images`;
    list.replaceChildren();
    drawn = 0;
    drawMore();
  };

  controls.addEventListener('input', refresh);
  controls.addEventListener('submit', (event) => event.preventDefault());
  more.addEventListener('click', () => {
    const first = drawn;
    drawMore();
    find('button', list.children[first])?.focus();
  });
  if ('IntersectionObserver' in window) {
    new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && drawn > PAGE && !isPhone && drawMore(),
      {
        rootMargin: '600px',
      },
    ).observe(more);
  }

  // The viewer.
  const viewer = find('#viewer');
  const compare = find('#viewer-compare');
  const slider = find('#viewer-slider');
  let current = 0;

  const cut = () => compare.style.setProperty('--cut', `${slider.value}%`);
  const side = () => Number(find('input[name="side"]:checked', viewer).value);
  const fillRight = () => {
    const item = shown[current];
    if (item.url) fillCrop(find('[data-side="right"]', compare), item, side(), false);
  };
  const show = (index) => {
    current = (index + shown.length) % shown.length;
    const item = shown[current];
    find('#viewer-title').textContent = item.image;
    find('#viewer-facts').textContent =
      `${outcomeOf(item)} · ${factsOf(item)} · tampered ${percent(item.truth)} · ${current + 1} of ${shown.length}`;
    compare.hidden = !item.url || !item.geometry;
    if (compare.hidden) return;
    const { width, height } = item.geometry.tile;
    compare.style.aspectRatio = `${width} / ${height}`;
    compare.style.width = `min(100%, calc(62vh * ${width / height}))`;
    fillCrop(find('[data-side="left"]', compare), item, 0, false);
    fillRight();
    cut();
  };
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    show(Number(button.dataset.index));
    viewer.showModal();
    slider.focus();
  });
  slider.addEventListener('input', cut);
  find('#viewer-side').addEventListener('change', fillRight);
  find('#viewer-close').addEventListener('click', () => viewer.close());
  find('#viewer-previous').addEventListener('click', () => show(current - 1));
  find('#viewer-next').addEventListener('click', () => show(current + 1));
  viewer.addEventListener('close', () => find(`button[data-index="${current}"]`, list)?.focus());
  viewer.addEventListener('keydown', (event) => {
    if (event.target.matches('input')) return;
    if (event.key === 'ArrowLeft') show(current - 1);
    if (event.key === 'ArrowRight') show(current + 1);
  });
  refresh();
})();
