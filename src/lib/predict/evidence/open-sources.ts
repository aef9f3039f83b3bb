import type { RgbImage } from '../../image/decode/index.js';
import type { Detector, SeenWindows } from '../../model/detector.js';
import type { Scoring } from '../scoring.js';
import type { Evidence } from './choice.js';
import { alone, fuse, type Fused } from './fusion.js';
import { SideSource } from './side-source.js';
import type { SourceRegistry, SourceReport } from './source.js';
import { NETWORK } from './sources.js';

/** What the sources say of an image, each for itself and all together. */
export interface Testimony extends Fused {
  reports: ReadonlyMap<string, SourceReport>;
  /** How long each source beside the network took, in milliseconds, by its name. */
  sideMs: Record<string, number>;
  /** The network's steps. */
  networkMs: { preprocess: number; inference: number };
  /** The windows that the network looked through, beside the whole image. */
  windows: SeenWindows | undefined;
}

/** A way of scoring, and who wants to know how far it is. */
interface WatchedScoring extends Scoring {
  onWindow?: ((done: number, total: number) => void) | undefined;
}

/** Sources of evidence that are ready to look at images, each image with all of them at once. */
export class OpenSources {
  private constructor(
    readonly evidence: Evidence,
    private readonly detector: Detector,
    private readonly sides: readonly SideSource[],
  ) {}

  /** @param concurrency - images at once */
  static async open(
    evidence: Evidence,
    detector: Detector,
    registry: SourceRegistry,
    concurrency: number,
  ): Promise<OpenSources> {
    const names = evidence.sources.filter((name) => name !== NETWORK);
    const sides = await Promise.all(names.map((name) => SideSource.open(registry, name, concurrency)));
    return new OpenSources(evidence, detector, sides);
  }

  async examine(image: RgbImage, scoring: WatchedScoring, signal?: AbortSignal): Promise<Testimony> {
    const { sources, fusion, deciding } = this.evidence;
    const [detection, sideReports] = await Promise.all([
      sources.includes(NETWORK) ? this.#detect(image, scoring, signal) : undefined,
      Promise.all(this.sides.map((side) => side.examine(image, signal))),
    ]);
    const sideMs: Record<string, number> = {};
    const spoken = new Map<string, SourceReport>();
    const networkMs = detection?.timingsMs ?? { preprocess: 0, inference: 0 };
    if (detection) spoken.set(NETWORK, { output: detection.output, map: detection.map });
    this.sides.forEach(({ name }, index) => {
      const { report, milliseconds } = sideReports[index]!;
      spoken.set(name, report);
      sideMs[name] = milliseconds;
    });
    const reports = new Map(spoken);
    for (const side of this.sides) reports.set(side.name, side.settle(spoken.get(side.name)!, spoken));
    const verdict = fusion ? fuse(reports, fusion) : alone(reports, deciding[0]!);
    return { ...verdict, reports, sideMs, networkMs, windows: detection?.windows };
  }

  async close(): Promise<void> {
    await Promise.all(this.sides.map((side) => side.close()));
  }

  #detect(image: RgbImage, { tile, mirror, onWindow }: WatchedScoring, signal: AbortSignal | undefined) {
    if (tile) return this.detector.detectWindows(image, signal, onWindow);
    return mirror ? this.detector.detectBothWays(image, signal) : this.detector.detect(image, signal);
  }
}
