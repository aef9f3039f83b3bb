import path from 'node:path';
import { Spool, type Spooled } from '../files/spool.js';
import { writeFileAtomic } from '../files/write.js';
import type { Verdict } from '../core/verdict.js';
import type { Exhibit } from '../predict/exhibit/exhibit.js';
import type { ExhibitKeeper, RunFacts } from '../predict/exhibit/keeper.js';
import { isFailed, type PredictResult, type PredictSummary } from '../predict/result.js';
import { caseContext } from './context.js';
import type { CaseEntry, KeptExhibit } from './entry.js';
import { hashFile, hashLine, listedPath } from './hash-list.js';
import { caseDocument } from './html/document.js';
import { worstFirst } from './order.js';
import { printPdf, type Browser } from './pdf.js';
import { casePaths, type CasePaths } from './paths.js';
import type { CaseContext, CaseFailure, CaseResult, CaseSubject } from './schema.js';
import { caseTwin } from './twin.js';

export interface CaseRequest {
  /** `.html`, or `.pdf` where there is a browser. */
  report: string;
  subject: CaseSubject;
  withPosition: boolean;
  browser?: Browser | undefined;
}

/** What is remembered of a photo while its pages lie on disk. */
interface Place {
  image: string;
  verdict: Verdict | undefined;
  score: number | undefined;
  spooled: Spooled;
  /** Pictures in it that could not be read. */
  unseen?: CaseFailure[];
}

/** A case file in the making: what comes is put on disk at once, and brought into its order at the end. */
export class CaseFileWriter implements ExhibitKeeper {
  readonly withPosition: boolean;
  readonly #paths: CasePaths;
  readonly #places: Place[] = [];
  #context: CaseContext | undefined;
  #examined: { from: string; to: string } | undefined;

  private constructor(
    private readonly request: CaseRequest,
    private readonly spool: Spool,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.withPosition = request.withPosition;
    this.#paths = casePaths(request.report);
  }

  /** @throws {OfxError} OUTPUT_UNWRITABLE where nothing can be written beside the report */
  static async open(request: CaseRequest, signal?: AbortSignal): Promise<CaseFileWriter> {
    return new CaseFileWriter(request, await Spool.open(path.dirname(path.resolve(request.report))), signal);
  }

  begin(facts: RunFacts): void {
    this.#context = caseContext(facts);
  }

  get files(): readonly string[] {
    return Object.values(this.#paths) as string[];
  }

  async keep(result: PredictResult, exhibit: Exhibit | undefined): Promise<void> {
    if (isFailed(result)) {
      // What failed is told all the same, with the hash of what there is.
      const read = await hashFile(result.image).catch(() => undefined);
      await this.#keep({ failure: { ...result, ...read } });
      return;
    }
    if (!exhibit) throw new TypeError(`No exhibit of ${result.image}`);
    const at = result.examinedAt;
    const { from, to } = (this.#examined ??= { from: at, to: at });
    this.#examined = { from: at < from ? at : from, to: at > to ? at : to };
    await this.#keep({ result: { ...result, file: exhibit.file }, exhibit: keptExhibit(exhibit) });
  }

  async #keep(entry: CaseEntry): Promise<void> {
    const [image, verdict, score] = entry.failure
      ? [entry.failure.image, undefined, undefined]
      : [entry.result.image, entry.result.verdict, entry.result.score];
    const spooled = await this.spool.add(JSON.stringify(entry));
    const unseen = entry.result && unseenIn(entry.result);
    this.#places.push({ image, verdict, score, spooled, ...(unseen && { unseen }) });
  }

  /** @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED, BROWSER_FAILED */
  async finish(summary: PredictSummary): Promise<void> {
    const { report, json, list } = this.#paths;
    const { signal } = this;
    const createdAt = new Date().toISOString();
    this.#places.sort(worstFirst);
    const failures: CaseFailure[] = this.#places.flatMap(({ unseen = [] }) => unseen);
    for await (const entry of this.#entries(({ verdict }) => verdict === undefined))
      if (entry.failure) failures.push(entry.failure);
    const toPdf = this.request.browser;
    const document = caseDocument({
      subject: this.request.subject,
      context: this.#context!,
      summary,
      examined: this.#examined,
      createdAt,
      failures,
      index: this.#places.flatMap(({ image, verdict, score }) =>
        verdict === undefined ? [] : [{ image, verdict, score: score! }],
      ),
      photos: this.#photos(),
      paper: toPdf && toPdf.paper,
    });
    const twin = { subject: this.request.subject, context: this.#context!, summary, createdAt };
    await writeFileAtomic(
      json,
      caseTwin(
        twin,
        this.#entries(() => true),
      ),
      signal,
    );
    if (toPdf) await printPdf(document, report, toPdf, signal);
    else await writeFileAtomic(report, document, signal);
    await writeFileAtomic(list, this.#list(), signal);
  }

  async close(): Promise<void> {
    await this.spool.close();
  }

  async *#entries(wanted: (place: Place) => boolean): AsyncGenerator<CaseEntry> {
    for (const place of this.#places)
      if (wanted(place)) yield JSON.parse(await this.spool.read(place.spooled)) as CaseEntry;
  }

  async *#photos(): AsyncGenerator<{ result: CaseResult; exhibit: KeptExhibit }> {
    for await (const entry of this.#entries(({ verdict }) => verdict !== undefined))
      if (entry.result) yield entry;
  }

  /** Of the photos, and of the report and its twin, too. */
  async *#list(): AsyncGenerator<string> {
    const { report, json, list } = this.#paths;
    const folder = path.dirname(path.resolve(list));
    const listed = new Set<string>();
    for await (const entry of this.#entries(() => true)) {
      const { sha256, image } = entry.failure ?? entry.result;
      if (sha256 === undefined || listed.has(image)) continue;
      listed.add(image);
      yield hashLine(sha256, listedPath(image, folder));
    }
    for (const file of [report, json])
      yield hashLine((await hashFile(file))!.sha256, listedPath(file, folder));
  }
}

/** Pictures of a document that could not be read, as what could not be examined. */
export function unseenIn({ unseen }: CaseResult): CaseFailure[] | undefined {
  return unseen?.map(({ name, error }) => ({ image: name, error }));
}

export function keptExhibit({ pictures, drawings }: Exhibit): KeptExhibit {
  const address = (type: string, bytes: Uint8Array): string =>
    `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`;
  return {
    pictures: { photo: address('jpeg', pictures.photo), heat: address('png', pictures.heat) },
    drawings,
  };
}
