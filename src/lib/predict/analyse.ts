import { createHash } from 'node:crypto';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { isManipulated, verdictFrom } from '../core/verdict.js';
import { SOFTWARE } from '../core/version.js';
import { readInput } from '../files/read.js';
import { decodePicture, type RgbImage } from '../image/decode/index.js';
import type { Oddity } from '../image/decode/oddity.js';
import {
  DEFAULT_LIMITS,
  onlyPicture,
  openImage,
  type ImageFile,
  type ImageLimits,
  type Picture,
} from '../image/decode/samples.js';
import { pictureName } from '../image/decode/pdf/name.js';
import type { OutputFiles } from '../image/output-kinds.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import type { RenderOptions } from '../image/render.js';
import { RenderPool } from '../image/render-pool.js';
import type { Strokes } from '../image/strokes.js';
import type { ModelReference } from '../model/catalogue.js';
import { Detector, type DetectorOptions, type SeenWindows } from '../model/detector.js';
import type { Network } from '../model/network.js';
import { scoreLogit, scoreProbability } from '../model/probability.js';
import { counted } from '../text/plural.js';
import type { GivenThresholds } from '../model/thresholds-file.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { drawingOf } from './exhibit/drawing.js';
import { fileFacts, type Exhibit } from './exhibit/exhibit.js';
import { chooseEvidence, type Evidence } from './evidence/choice.js';
import { OpenSources, type Testimony } from './evidence/open-sources.js';
import type { SourceRegistry } from './evidence/source.js';
import { NETWORK, REGISTRY } from './evidence/sources.js';
import type { Prediction, SourceSays } from './result.js';
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
type PageExamination = Omit<Examination, 'sha256' | 'bytes' | 'pages' | 'picture'> & { from: Picture };

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
      const evidence = chooseEvidence(detector.network, options.evidence, registry);
      const sources = await OpenSources.open(evidence, detector, registry, concurrency);
      return new Analyser(detector, sources, registry, options.thresholds);
    } catch (error) {
      await detector.close();
      throw error;
    }
  }

  get network(): Network {
    return this.detector.network;
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
   * the one with the highest score is given; one that cannot be decoded fails the file, as it was not seen.
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
    refuseUnread(asked);
    let best: PageExamination | undefined;
    const scores: { page: number; image?: number; score: number }[] = [];
    const timingsMs: Examination['timingsMs'] & Record<string, number> = {
      decode: open,
      preprocess: 0,
      inference: 0,
    };
    for (const picture of asked) {
      const examined = await this.#examinePage(picture, options, signal);
      for (const [step, ms] of Object.entries<number>(examined.timingsMs))
        timingsMs[step] = (timingsMs[step] ?? 0) + ms;
      const { page, image } = picture;
      scores.push({ page, ...(image !== undefined && { image }), score: examined.score });
      if (best === undefined || examined.score > best.score) best = examined;
    }
    const warnings = [...best!.warnings, ...aboutPages(asked, best!.from, file)];
    const { from, ...rest } = best!;
    const pages = asked.length > 1 ? { page: from.page, scores } : undefined;
    const stored = from.stored?.();
    options.onBytes?.(stored ?? bytes);
    const picture = stored && { page: from.page, image: from.image!, ...identityOf(stored) };
    return { ...rest, ...identity, warnings, pages, picture, timingsMs };
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
    const { image, score, rawScore, map, windows, pages, picture } = examination;
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

/** @throws {OfxError} PAGE_MISSING, SEVERAL_PAGES */
function pagesAsked(file: ImageFile, page: ExaminationOptions['page']): readonly Picture[] {
  const { name, pictures } = file;
  if (page === undefined) return [onlyPicture(file)];
  if (page === 'all') return pictures;
  const asked = pictures.filter((picture) => picture.page === page);
  if (asked.length > 0) return asked;
  const [first, last] = [pictures[0].page, pictures.at(-1)!.page];
  throw new OfxError('PAGE_MISSING', `${name} has no page ${page}.`, {
    suggestion: pictures.length === 1 ? 'It has one page.' : `It has the pages ${first} to ${last}.`,
  });
}

/** What cannot be decoded is told before an hour of work on the rest. */
function refuseUnread(asked: readonly Picture[]): void {
  const [first, ...others] = asked.flatMap(({ problem }) => problem ?? []);
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const { code, message, suggestion } = first;
  throw new OfxError(
    code,
    `${message} Nor can ${counted(others.length, 'other picture')} of the file be read.`,
    {
      ...(suggestion !== undefined && { suggestion }),
    },
  );
}

/** What a person who reads the result has to know about pages. */
function aboutPages(asked: readonly Picture[], found: Picture, { name, pictures }: ImageFile): string[] {
  const count = pictures.length;
  if (count === 1) return [];
  if (found.image !== undefined) {
    const left = asked.length < count ? [`Only ${asked.length} of ${count} pictures were looked at.`] : [];
    if (asked.length === 1) return left;
    const place = pictureName(path.basename(name), { page: found.page, image: found.image });
    return [
      ...left,
      `The highest score of ${asked.length} pictures is that of ${place}; everything here is about that picture.`,
    ];
  }
  if (asked.length === 1) return [`Only page ${found.page} was looked at, of ${count}.`];
  return [
    `The highest score of ${count} pages is that of page ${found.page}; everything here is about that page.`,
  ];
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
