import { chart, type Chart } from '../report/charts/chart.js';
import { COLOURS } from '../report/charts/theme.js';
import { chartFigure } from '../report/html/chart-figure.js';
import { html, type Html } from '../report/html/html.js';
import { factList, renderPage, section } from '../report/html/page.js';
import { counted } from '../text/plural.js';
import type { ImageFigures, Layers } from './layers.js';
import type { DifferenceBin, ParityPictures } from './parity-pictures.js';
import type { ConvertReport } from './result.js';

export interface ParityPage {
  name: string;
  architecture: string;
  checkpoint: ConvertReport['checkpoint'];
  torch: string;
  parity: ConvertReport['parity'];
  layers: Layers;
  /** Of the smallest size. */
  pictures: readonly ParityPictures[];
  /** What differences are multiplied by in pictures. */
  scale: number;
  bins: readonly { inputSize: number; bins: readonly DifferenceBin[] }[];
}

/** `parity.html`: how near the exported files are to PyTorch, layer by layer and photo by photo. No time is in it. */
export async function renderParityPage(page: ParityPage): Promise<string> {
  const { name, architecture, checkpoint, torch, parity, layers, pictures, scale, bins } = page;
  const figures = await Promise.all(bins.map((each) => chartFigure(differenceChart(each, parity.tolerance))));
  const size = layers.images[0]?.inputSize;
  const parts = [
    section('layers', 'Three layers', layerTable(page), html`Each has its own limit.`),
    ...(layers.deviations.length > 0
      ? [section('nodes', 'Node by node', html`${layers.deviations.map(deviationPart)}`)]
      : []),
    section(
      'maps',
      'Error maps',
      html`${pictures.map((each) => photoPart(each, layers.images, scale))}`,
      html`At size ${size}. Maps: dark is 0, bright is 1. Difference: that of both maps times ${power(scale)},
      the same for all photos.`,
    ),
    section('photos', 'Photo by photo', photoTable(layers.images)),
    section(
      'histogram',
      'How many pixels differ by how much',
      html`<div class="charts">${figures}</div>`,
      html`All photos and ${counted(parity.noise, 'image')} of noise; equal pixels, and those within 1e−12,
      are in the first bar.`,
    ),
    section(
      'about',
      'What was compared',
      factList([
        ['Network', architecture],
        ['Checkpoint', checkpoint.name],
        ['SHA-256', checkpoint.sha256],
        ['PyTorch', `${torch}, in float64 (the truth) and in float32`],
        ['ONNX', `${parity.runtime}, in float32`],
        ['Inputs', `${counted(parity.photos, 'photo')}, ${counted(parity.noise, 'image')} of noise`],
      ]),
    ),
  ];
  return renderPage(
    `${name}: ONNX against PyTorch`,
    html`${parity.variants.map(({ inputSize }) => `${inputSize} × ${inputSize}`).join(', ')}; largest
    difference ${power(Math.max(...parity.variants.map(({ map }) => map.max)))} in the probability of a pixel`,
    [
      { id: 'layers', text: 'Layers' },
      ...(layers.deviations.length > 0 ? [{ id: 'nodes', text: 'Nodes' }] : []),
      { id: 'maps', text: 'Error maps' },
      { id: 'photos', text: 'Photos' },
      { id: 'histogram', text: 'Histogram' },
      { id: 'about', text: 'About' },
    ],
    html`${parts}`,
  );
}

function layerTable({ parity, layers }: ParityPage): Html {
  const rows = parity.variants.flatMap(({ inputSize, map, score, pytorch }) => {
    const pixels = layers.pixels.find((each) => each.inputSize === inputSize);
    const task = layers.task.find((each) => each.inputSize === inputSize)!;
    return [
      [
        inputSize,
        'Graph',
        `map ${power(map.max)}, score ${power(score.max)} from float64`,
        `${power(parity.tolerance)}, or twice PyTorch’s float32: ${power(pytorch.map.max)}, ${power(pytorch.score.max)}`,
        'within',
      ],
      [
        inputSize,
        'Pixels',
        !pixels || pixels.opencv === null
          ? 'not compared: that Python has no OpenCV'
          : pixels.largest === 0
            ? `none differs from OpenCV ${pixels.opencv}: ${pixels.values.toLocaleString('en')} values of ${counted(pixels.photos, 'photo')}`
            : `up to ${counted(pixels.largest, 'level')} of 255 from OpenCV ${pixels.opencv}, in ${pixels.differing.toLocaleString('en')} of ${pixels.values.toLocaleString('en')} values of ${counted(pixels.photos, 'photo')}`,
        pixels ? counted(pixels.limit, 'level') : '',
        !pixels || pixels.opencv === null ? 'not compared' : verdict(pixels.within),
      ],
      [
        inputSize,
        'Task',
        task.photos === 0
          ? 'no photo with ground truth'
          : `at most ${percent(task.flipped)} of a photo’s pixels flip; F1 changes by ${power(task.f1)}, IoU by ${power(task.iou)} (${counted(task.photos, 'photo')})`,
        `${percent(task.limits.flipped)}; ${task.limits.f1}, ${task.limits.iou}`,
        verdict(task.within),
      ],
    ];
  });
  return table(['Size', 'Layer', 'Found', 'Limit', 'Result'], rows);
}

function photoTable(images: readonly ImageFigures[]): Html {
  return table(
    [
      'Photo',
      'Size',
      'Map, largest',
      'Map, mean',
      'Score',
      'Flipped',
      'F1 PyTorch',
      'F1 ONNX',
      'IoU PyTorch',
      'IoU ONNX',
    ],
    images.map(({ name, inputSize, map, score, flippedPixels, truth }) => [
      name,
      inputSize,
      power(map.max),
      power(map.mean),
      power(score),
      flippedPixels,
      ...(truth
        ? [truth.f1.pytorch, truth.f1.onnx, truth.iou.pytorch, truth.iou.onnx].map((value) =>
            value.toFixed(4),
          )
        : ['', '', '', '']),
    ]),
  );
}

function photoPart(
  { name, photo, onnx, pytorch, difference }: ParityPictures,
  images: readonly ImageFigures[],
  scale: number,
): Html {
  const { map, score, flippedPixels } = images.find((each) => each.name === name)!;
  const picture = (url: string, title: string): Html =>
    html`<figure>
      <img src="${url}" alt="${name}: ${title}" loading="lazy" />
      <figcaption>${title}</figcaption>
    </figure>`;
  return html`<article class="error-maps">
    <h3>${name}</h3>
    <p>
      map ${power(map.max)} at most, ${power(map.mean)} in the mean; score ${power(score)};
      ${counted(flippedPixels, 'pixel')} flipped
    </p>
    <div>
      ${picture(photo, 'Photo')} ${picture(onnx, 'ONNX')} ${picture(pytorch, 'PyTorch')}
      ${picture(difference, `Difference × ${power(scale)}`)}
    </div>
  </article>`;
}

function deviationPart({
  size,
  cause,
  module,
  node,
  nodes,
  tolerance,
  graph,
  worst,
}: Layers['deviations'][number]): Html {
  const said =
    cause === 'none'
      ? `At size ${size} no node of ${nodes} is off by more than ${power(tolerance)}.`
      : cause === 'export'
        ? `At size ${size} the graph itself differs from PyTorch, by ${power(graph.map)} in the map: first in ${module?.name ?? 'a place that no module shows'}.`
        : `At size ${size} the first node that is off by more than ${power(tolerance)} is ${node!.name} (${node!.operator}), by ${power(node!.error)}.`;
  return html`<p class="intro">${said}</p>
    ${table(
      ['Node', 'Operator', 'Number', 'Error'],
      worst.map(({ name, operator, number, error }) => [name, operator, number + 1, power(error)]),
    )}`;
}

function differenceChart(
  { inputSize, bins }: { inputSize: number; bins: readonly DifferenceBin[] },
  tolerance: number,
): Chart {
  const limit = Math.log10(tolerance);
  const values = bins.map(({ from, to, count }) => ({
    from,
    to,
    count,
    least: 0.5,
    bin: `${(10 ** from).toExponential(1)} – ${(10 ** to).toExponential(1)}`,
  }));
  const domain = [Math.min(bins[0]!.from, limit) - 0.2, Math.max(bins.at(-1)!.to, limit) + 0.2];
  return chart(
    {
      name: `differences-${inputSize}`,
      title: `Differences at ${inputSize} × ${inputSize}`,
      subtitle: `ONNX from PyTorch in float64; the line is the tolerance, ${tolerance.toExponential()}`,
    },
    {
      layer: [
        {
          data: { values },
          mark: { type: 'rect', color: COLOURS.authentic },
          encoding: {
            x: {
              field: 'from',
              type: 'quantitative',
              title: 'Difference of the probability',
              scale: { domain, nice: false },
              axis: { tickMinStep: 1, labelExpr: "datum.value == 0 ? '1' : '1e' + format(datum.value, 'd')" },
            },
            x2: { field: 'to' },
            y: {
              field: 'count',
              type: 'quantitative',
              title: 'Pixels',
              scale: { type: 'symlog', domainMin: 0 },
              axis: { values: [0, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7], format: ',d' },
            },
            y2: { datum: 0 },
            tooltip: [
              { field: 'bin', title: 'Difference' },
              { field: 'count', title: 'Pixels' },
            ],
          },
        },
        {
          data: { values: [{ limit }] },
          mark: { type: 'rule', color: COLOURS.tampered, strokeWidth: 2, strokeDash: [6, 4], tooltip: false },
          encoding: { x: { field: 'limit', type: 'quantitative' } },
        },
      ],
    },
  );
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${head[0]}">
    <table>
      <thead>
        <tr>
          ${head.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function verdict(within: boolean): string {
  return within ? 'within' : 'over the limit';
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function power(value: number): string {
  if (value === 0) return '0';
  // A minus, at which no line breaks.
  return value >= 1 ? value.toLocaleString('en') : value.toExponential(1).replace('-', '−');
}
