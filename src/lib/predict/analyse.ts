import { createHash } from 'node:crypto';
import { toPlainError } from '../core/errors.js';
import { isManipulated, verdictFrom } from '../core/verdict.js';
import { SOFTWARE } from '../core/version.js';
import { readInput } from '../files/read.js';
import { decodePicture, type RgbImage } from '../image/decode/index.js';
import type { Oddity } from '../image/decode/oddity.js';
import { DEFAULT_LIMITS, openImage, type ImageLimits, type Picture } from '../image/decode/samples.js';
import { pictureName } from '../image/decode/pdf/name.js';
import type { OutputFiles } from '../image/output-kinds.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import type { RenderOptions } from '../image/render.js';
import { RenderPool } from '../image/render-pool.js';
import type { Strokes } from '../image/strokes.js';
import type { ModelReference } from '../model/catalogue.js';
import { Detector, type DetectorOptions, type SeenWindows } from '../model/detector.js';
import { fusionInForce } from '../model/fitted-fusion.js';
import type { Network } from '../model/network.js';
import { scoreLogit, scoreProbability } from '../model/probability.js';
import type { GivenThresholds } from '../model/thresholds-file.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { drawingOf } from './exhibit/drawing.js';
import { fileFacts, type Exhibit } from './exhibit/exhibit.js';
import { chooseEvidence, type Evidence } from './evidence/choice.js';
import { OpenSources, type Testimony } from './evidence/open-sources.js';
import type { SourceRegistry } from './evidence/source.js';
import { NETWORK, REGISTRY } from './evidence/sources.js';
import type { Prediction, SourceSays } from './result.js';
import {
  aboutPages,
  isAboutPicture,
  pagesAsked,
  refuseUnseen,
  toldUnseen,
  type UnseenPicture,
} from './pages.js';
import { comparableScores, thresholdsInForce, wayOf, type Scoring } from './scoring.js';
import { testedLike } from './tested.js';
import { regionStandsOut } from './verdict.js';

export interface AnalyserOptions extends DetectorOptions {
  /** Sources of evidence by name; without, those that the model's fusion names, or the network alone. */
  evidence?: readonly string[] | undefined;
  /** In place of the thresholds that are kept for the model. */
  thresholds?: GivenThresholds | undefined;
  /** Where sources are registered. [ofx's own] */
  registry?: SourceRegistry;
}

/** How an image is looked at. */
export interface ExaminationOptions extends Scoring {
  limits?: Partial<ImageLimits> | undefined;
  /** Changes the image, and maybe its size, before anything looks at it. */
  change?: ((image: RgbImage) => Promise<RgbImage>) | undefined;
  /**
   * Which page of a file that has several, counted from 1; `all` keeps the one with the highest score. Without, a file of
   * several is refused.
   */
  page?: number | 'all' | undefined;
  /** Called as windows are looked through, with how many there are. */
  onWindow?: ((done: number, total: number) => void) | undefined;
  /** In place of those in force for the way of scoring. */
  thresholds?: EffectiveThresholds | undefined;
  /** Called with the very bytes that are examined; of a document those of the picture. */
  onBytes?: ((bytes: Uint8Array) => void) | undefined;
}

/** What comes of an image before anything is marked in it. */
export interface Examination {
  /** As it was decoded, and changed. */
  image: RgbImage;
  /** Where several pages were looked at: the one that this is about, and the score of each. */
  pages?: { page: number; scores: { page: number; image?: number; score: number }[] } | undefined;
  /** Of a document: the picture that this is about. */
  picture?: { page: number; image: number; sha256: string; bytes: number } | undefined;
  /** Of a document: the pictures that could not be read, about which nothing is known. */
  unseen: UnseenPicture[];
  /** Before any change, in pixels. */
  decoded: { width: number; height: number };
  /** Of the very bytes that were examined. */
  sha256: string;
  bytes: number;
  /** Probability that the image is manipulated, after the temperature. */
  score: number;
  /** The same before the temperature. */
  rawScore: number;
  /** Probability of manipulation at the network's side, (S, S); of windows, at that of all of them together. */
  map: ProbabilityMap;
  /** What its warnings about decoding are about. */
  oddities: readonly Oddity[];
  /** What each source of evidence says, by its name. */
  evidence: Record<string, SourceSays>;
  /** What sources found, by the names of their findings. */
  findings: Record<string, unknown>;
  /** The same as lines over the image. */
  strokes: Strokes[];
  warnings: string[];
  /** The windows that it was also looked at through. */
  windows: SeenWindows | undefined;
  timingsMs: { decode: number; preprocess: number; inference: number };
}

/** What comes of one page; what it shares with the others is told once. */
type PageExamination = Omit<Examination, 'sha256' | 'bytes' | 'pages' | 'picture' | 'unseen'> & {
  from: Picture;
};

/** What is asked about an image. */
export interface AnalysisOptions
  extends Omit<ExaminationOptions, 'change' | 'onBytes'>, Pick<RenderOptions, 'minArea' | 'outputs'> {
  /** The model's own where it is left out. */
  scoreThreshold?: number | undefined;
  maskThreshold?: number | undefined;
  /** What a case file tells of the photo; of its place only whether it is stored, and no map of its own, unless they are asked for. */
  exhibit?: { withPosition: boolean; withMap?: boolean } | undefined;
}

export interface Analysis {
  prediction: Prediction;
  /** The files asked for, encoded. */
  files: OutputFiles;
  exhibit?: Exhibit;
}

/** The one way from an image's bytes to what is said about it, for every command and the service alike. */
export class Analyser {
  readonly #renderer = new RenderPool();
  readonly #thresholds = new Map<string, Promise<EffectiveThresholds>>();

  private constructor(
    /** With the fusion that is in force. */
    readonly network: Network,
    private readonly detector: Detector,
    private readonly sources: OpenSources,
    private readonly registry: SourceRegistry,
    private readonly given: GivenThresholds | undefined,
  ) {}

  /** @throws {OfxError} as {@link Detector.open} and {@link chooseEvidence} */
  static async open(reference: ModelReference, options: AnalyserOptions): Promise<Analyser> {
    const { registry = REGISTRY, concurrency } = options;
    const detector = await Detector.open(reference, options);
    try {
      const fusion = await fusionInForce(detector.network, options.thresholds);
      const network = { ...detector.network, fusion };
      const evidence = chooseEvidence(network, options.evidence, registry);
      const sources = await OpenSources.open(evidence, detector, registry, concurrency);
      return new Analyser(network, detector, sources, registry, options.thresholds);
    } catch (error) {
      await detector.close();
      throw error;
    }
  }

  /** Which sources look at an image, and which of them decide. */
  get evidence(): Evidence {
    return this.sources.evidence;
  }

  /** What people call a source of evidence. */
  titleOf(source: string): string {
    return this.registry.sources[source]!.title;
  }

  /** The name of a way of scoring, under which thresholds fitted for it are kept. */
  wayOf(scoring: Scoring): string {
    return wayOf(scoring, this.evidence);
  }

  /**
   * The thresholds in force for a way of scoring.
   *
   * @throws {OfxError} MANIFEST_INVALID where the user's fitted ones are invalid
   */
  async thresholds(scoring: Scoring): Promise<EffectiveThresholds> {
    return thresholdsInForce(this.network, scoring, this.evidence, this.#thresholds, this.given);
  }

  /**
   * From an image's bytes, read once, to its score and its map. Of several pages each is looked at where `page` says so, and
   * the one with the highest score is given; one that cannot be decoded fails the file, as it was not seen. Of a document what can be
   * read is looked at, and `unseen` names the rest.
   *
   * @param source - a path, or the bytes of a file
   * @param name - what messages call the image. [its path, or "The image"]
   * @throws {OfxError} as `decodeImage`, for bad input; PREDICTION_INVALID
   */
  async examine(
    source: string | Uint8Array,
    options: ExaminationOptions,
    signal?: AbortSignal,
    name = typeof source === 'string' ? source : 'The image',
  ): Promise<Examination> {
    const started = performance.now();
    const { limits = {} } = options;
    const bytes =
      typeof source === 'string'
        ? await readInput(source, limits.maxBytes ?? DEFAULT_LIMITS.maxBytes)
        : source;
    const file = await openImage(bytes, limits, name);
    const identity = identityOf(bytes);
    const open = performance.now() - started;
    const asked = pagesAsked(file, options.page);
    const unseen = new Map(asked.flatMap((picture) => (picture.problem ? [[picture, picture.problem]] : [])));
    refuseUnseen(asked, unseen);
    let best: PageExamination | undefined;
    const scores: { page: number; image?: number; score: number }[] = [];
    const timingsMs: Examination['timingsMs'] & Record<string, number> = {
      decode: open,
      preprocess: 0,
      inference: 0,
    };
    for (const picture of asked) {
      if (unseen.has(picture)) continue;
      const examined = await this.#examinePage(picture, options, signal).catch((error: unknown) => {
        if (!isAboutPicture(error, picture)) throw error;
        unseen.set(picture, error);
        refuseUnseen(asked, unseen);
        return undefined;
      });
      if (!examined) continue;
      for (const [step, ms] of Object.entries<number>(examined.timingsMs))
        timingsMs[step] = (timingsMs[step] ?? 0) + ms;
      const { page, image } = picture;
      scores.push({ page, ...(image !== undefined && { image }), score: examined.score });
      if (best === undefined || examined.score > best.score) best = examined;
    }
    const warnings = [...best!.warnings, ...aboutPages(scores.length, best!.from, file, unseen)];
    const { from, ...rest } = best!;
    const pages = scores.length > 1 ? { page: from.page, scores } : undefined;
    const stored = from.stored?.();
    options.onBytes?.(stored ?? bytes);
    const picture = stored && { page: from.page, image: from.image!, ...identityOf(stored) };
    return { ...rest, ...identity, warnings, pages, picture, unseen: toldUnseen(unseen), timingsMs };
  }

  async #examinePage(
    picture: Picture,
    options: ExaminationOptions,
    signal: AbortSignal | undefined,
  ): Promise<PageExamination> {
    const started = performance.now();
    const decoded = await decodePicture(picture);
    const image = options.change ? await options.change(decoded) : decoded;
    const decode = performance.now() - started;

    const testimony = await this.sources.examine(image, options, signal);
    const { output, map, windows, networkMs } = testimony;
    const { temperature } = options.thresholds ?? (await this.thresholds(options));
    const reports = [...testimony.reports.values()];
    return {
      from: picture,
      image,
      decoded: { width: decoded.width, height: decoded.height },
      score: scoreProbability(output, temperature),
      rawScore: scoreProbability(output),
      map,
      oddities: decoded.oddities ?? [],
      evidence: this.#says(testimony),
      findings: Object.assign({}, ...reports.map(({ findings }) => findings)) as Record<string, unknown>,
      strokes: reports.flatMap((report) => report.strokes ?? []),
      warnings: [...decoded.warnings, ...reports.flatMap((report) => report.warnings ?? [])],
      windows,
      timingsMs: { decode, ...networkMs, ...testimony.sideMs },
    };
  }

  /**
   * From an image's bytes to the result, and the files asked for.
   *
   * @param name - what the result calls the image
   * @param source - a path, or the bytes of a file
   * @throws {OfxError} as {@link examine}
   */
  async analyse(
    name: string,
    source: string | Uint8Array,
    options: AnalysisOptions,
    signal?: AbortSignal,
  ): Promise<Analysis> {
    const started = performance.now();
    const examinedAt = new Date();
    let bytes: Uint8Array | undefined;
    const examination = await this.examine(
      source,
      {
        ...options,
        page: options.page ?? 'all',
        // Kept no longer than they are needed.
        onBytes: options.exhibit && ((read) => (bytes = read)),
      },
      signal,
    );
    const { image, score, rawScore, map, windows, pages, picture, unseen } = examination;
    const { width, height } = image;
    const { identity } = this.network;
    const testScores = comparableScores(this.network, this.evidence);
    const thresholds = options.thresholds ?? (await this.thresholds(options));
    const maskThreshold = options.maskThreshold ?? thresholds.mask;
    const scoreThreshold = options.scoreThreshold ?? thresholds.score;

    const file = options.exhibit && (await fileFacts(bytes!, image, { ...options.exhibit, now: examinedAt }));
    bytes = undefined;
    const rendering = await this.#renderer.render(
      map,
      image,
      renderOptions(options, maskThreshold, examination.strokes),
      signal,
    );

    // The test photos were looked at as wholes, and one way.
    const tested =
      testScores && !windows?.decided && !options.mirror
        ? testedLike(rawScore, testScores, thresholds.temperature, this.network.testData)
        : undefined;
    const { regions } = rendering;
    const verdict = verdictFrom(score, scoreThreshold, regionStandsOut(regions, image));
    const prediction: Prediction = {
      image: name,
      sha256: examination.sha256,
      bytes: examination.bytes,
      examinedAt: examinedAt.toISOString(),
      software: SOFTWARE,
      width,
      height,
      verdict,
      tampered: verdict === 'manipulated',
      score,
      scoreThreshold,
      maskThreshold,
      tamperedFraction: rendering.tamperedFraction,
      regions: windows ? regions.slice(0, MOST_REGIONS) : regions,
      ...(windows && regions.length > MOST_REGIONS && { regionCount: regions.length }),
      ...(windows && { windows }),
      outputs: {},
      model: identity,
      ...(tested && { tested }),
      evidence: examination.evidence,
      ...(pages && {
        page: pages.page,
        pages: pages.scores.map((one) => ({ ...one, tampered: isManipulated(one.score, scoreThreshold) })),
      }),
      ...(picture && { picture: { name: pictureName(name, picture), ...picture } }),
      ...(unseen.length > 0 && {
        unseen: unseen.map(({ page, image: number, error }) => ({
          name: pictureName(name, { page, image: number }),
          page,
          image: number,
          error: toPlainError(error),
        })),
      }),
      ...examination.findings,
      timingsMs: {
        ...examination.timingsMs,
        ...rendering.timingsMs,
        total: performance.now() - started,
      },
      warnings: [
        ...examination.warnings,
        ...(windows
          ? [aboutWindows(windows)]
          : this.evidence.sources.includes(NETWORK)
            ? aboutShrinking(image, identity.inputSize)
            : []),
      ],
    };
    const exhibit = file && {
      file,
      pictures: rendering.exhibit!,
      drawings: examination.strokes.map(drawingOf),
    };
    return { prediction, files: rendering.files, ...(exhibit && { exhibit }) };
  }

  async close(): Promise<void> {
    await Promise.all([this.detector.close(), this.sources.close(), this.#renderer.close()]);
  }

  #says({ reports }: Testimony): Record<string, SourceSays> {
    const { fusion, deciding } = this.evidence;
    const weightOf = (name: string): number =>
      fusion ? fusion.sources.find((source) => source.name === name)!.weight : Number(deciding[0] === name);
    return Object.fromEntries(
      [...reports].map(([name, { output }]) => [
        name,
        {
          score: scoreProbability(output),
          logit: scoreLogit(output),
          weight: weightOf(name),
        },
      ]),
    );
  }
}

function identityOf(bytes: Uint8Array): { sha256: string; bytes: number } {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.byteLength };
}

/** Of a large photo seen through windows so many regions are told, the largest, and the others counted: most are specks. */
const MOST_REGIONS = 20;

/** By how much an image may be shrunk before that deserves a word. */
const MUCH = 8;

function aboutShrinking({ width, height }: RgbImage, side: number): string[] {
  const factor = Math.max(width, height) / side;
  if (factor <= MUCH) return [];
  return [
    `Shrunk ${Math.round(factor)}-fold to ${side}x${side}: fine traces are lost. --tile looks at it through windows, too.`,
  ];
}

function aboutWindows({ count, side, decided }: SeenWindows): string {
  const seen = `Seen as a whole and through ${count} windows of ${side}x${side}`;
  return decided
    ? `${seen}; the score is that of a window, less what looking so often finds by chance. What such a score is worth was not tested.`
    : `${seen}; the score is that of the whole.`;
}

function renderOptions(options: AnalysisOptions, maskThreshold: number, strokes: Strokes[]): RenderOptions {
  return {
    maskThreshold,
    minArea: options.minArea,
    outputs: options.outputs,
    strokes,
    exhibit: options.exhibit && { withMap: options.exhibit.withMap ?? false },
  };
}
