import { TAMPERED } from '../core/label.js';
import { isManipulated } from '../core/verdict.js';
import type { ComparedRun } from '../metrics/compare.js';
import { f1, iou } from '../metrics/confusion.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { confusionAt } from '../metrics/measure-pixels.js';
import type { ChangedImage, ChangedSide } from '../run/comparison.js';

/** Changes smaller than this are counted neither as better nor as worse. */
const NOTICEABLE = 0.01;

/** The images of two runs that differ, most first, and how many changed which way. */
export function changedImages(
  first: ComparedRun,
  second: ComparedRun,
): { list: ChangedImage[]; improved: number; worsened: number } {
  const all = first.images.map((image, index): ChangedImage => {
    const a = sideOf(image, first);
    const b = sideOf(second.images[index]!, second);
    return {
      image: image.image,
      label: image.label,
      change: changeOf(image.label, a, b),
      verdictChanged: a.predicted !== b.predicted,
      first: a,
      second: b,
    };
  });
  return {
    list: all
      .filter(({ change, verdictChanged }) => Math.abs(change) >= NOTICEABLE || verdictChanged)
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)),
    improved: all.filter(({ change }) => change >= NOTICEABLE).length,
    worsened: all.filter(({ change }) => change <= -NOTICEABLE).length,
  };
}

function sideOf({ label, score, pixel }: ImageEvidence, { settings, thresholds }: ComparedRun): ChangedSide {
  const counts = pixel && confusionAt(pixel, thresholds.indexOf(settings.maskThreshold));
  const overlap = label === TAMPERED ? counts : null;
  return {
    score,
    predicted: isManipulated(score, settings.scoreThreshold),
    f1: overlap && f1(overlap),
    iou: overlap && iou(overlap),
    tamperedFraction: counts && (counts.tp + counts.fp) / pixel.pixels,
    panel: null,
  };
}

function changeOf(label: ChangedImage['label'], first: ChangedSide, second: ChangedSide): number {
  if (first.f1 !== null && second.f1 !== null) return second.f1 - first.f1;
  if (label !== TAMPERED && first.tamperedFraction !== null && second.tamperedFraction !== null) {
    return first.tamperedFraction - second.tamperedFraction;
  }
  return label === TAMPERED ? second.score - first.score : first.score - second.score;
}
