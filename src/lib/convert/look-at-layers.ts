import { OfxError } from '../core/errors.js';
import type { PixelsEvent } from '../python/events.js';
import { bisect, deviationText } from './bisect.js';
import { imageFigures, pixelLayer, pixelWarning, taskLayer, type Layers } from './layers.js';
import type { ParityInputs, ParityTensor } from './parity-inputs.js';
import { renderParityPage, type ParityPage } from './parity-page.js';
import { differenceBins, differenceScale, parityPictures, type ParityPictures } from './parity-pictures.js';
import { notEqual, taskChanged } from './parity-texts.js';
import { isWithin, type Outputs, type VariantParity } from './parity.js';
import type { ConvertRequest } from './request.js';
import type { Steps } from './steps.js';

interface Look {
  request: ConvertRequest;
  python: string;
  draft: string;
  inputs: ParityInputs;
  pixels: readonly PixelsEvent[];
  tolerance: number;
  signal: AbortSignal | undefined;
}

/** Judges a conversion by graph, pixels and task, size by size, and keeps what a page shows of it. */
export class LayersOfSizes {
  readonly found: Layers = { pixels: [], task: [], images: [], deviations: [] };
  #pictures: ParityPictures[] | undefined;
  #scale = 1;
  readonly #bins: ParityPage['bins'][number][] = [];

  constructor(
    private readonly run: Look,
    private readonly steps: Steps,
  ) {}

  /** @throws {OfxError} PARITY_FAILED where the graph, or what masks are worth, is not PyTorch's */
  async look(
    size: number,
    tensors: readonly ParityTensor[],
    outputs: { truth: Outputs<Float64Array>; pytorch: Outputs; actual: Outputs },
    parity: VariantParity,
  ): Promise<void> {
    const { request, inputs, tolerance } = this.run;
    const images = imageFigures(size, inputs, tensors, request.fit, outputs);
    const deviation = request.bisect ? await bisect({ ...this.run, size, images }) : undefined;
    if (!isWithin(parity, tolerance)) {
      throw notEqual(parity, tolerance, request.own !== undefined, deviation ? deviationText(deviation) : '');
    }
    const task = taskLayer(size, images);
    if (!task.within) {
      // Who allows more of the graph has seen that masks change.
      if (request.tolerance === undefined) {
        throw new OfxError('PARITY_FAILED', `${taskChanged(task)} Nothing was written.`, {
          suggestion: '--tolerance allows more, of the graph and of masks.',
        });
      }
      this.steps.warn(taskChanged(task));
    }
    const told = this.run.pixels.find((each) => each.size === size);
    if (told) {
      const pixels = pixelLayer(size, told);
      const warning = pixelWarning(pixels);
      if (warning !== undefined) this.steps.warn(warning);
      this.found.pixels.push(pixels);
    }
    if (deviation) this.found.deviations.push(deviation);
    this.found.task.push(task);
    this.found.images.push(...images);
    this.#bins.push({ inputSize: size, bins: differenceBins(outputs) });
    if (this.#pictures) return;
    // Of one size: those of others look alike.
    this.#scale = differenceScale(Math.max(...images.map(({ map }) => map.max)));
    this.#pictures = await parityPictures(inputs.photos, tensors, outputs, this.#scale);
  }

  page(of: Omit<ParityPage, 'layers' | 'pictures' | 'scale' | 'bins'>): Promise<string> {
    const { found: layers } = this;
    return renderParityPage({
      ...of,
      layers,
      pictures: this.#pictures ?? [],
      scale: this.#scale,
      bins: this.#bins,
    });
  }
}
