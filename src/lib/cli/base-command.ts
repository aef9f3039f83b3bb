import { Command, Errors, Flags, type Interfaces } from './oclif.js';
import pc from 'picocolors';
import { ERROR_TABLE, EXIT, OfxError, systemCode, type ErrorCode } from '../core/errors.js';
import type { RunSummary } from '../run/summary.js';
import { didYouMean } from '../text/suggest.js';
import { progressBar, SILENT_PROGRESS, type Progress } from './progress.js';
import { tooManyOpenFiles } from './start.js';
import {
  checkEnvironment,
  explicitConfigFile,
  givenFlags,
  readConfigFile,
  settingsAsArguments,
  type FlagShapes,
} from './settings.js';

/** Version of the shape of every `--json` document. */
export const SCHEMA_VERSION = 1;

/** Tells why work was stopped: carried as the abort reason of the command's signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(readonly signal: 'SIGINT' | 'SIGTERM') {
    super(`Stopped by ${signal}.`);
  }

  get exitStatus(): number {
    return this.signal === 'SIGINT' ? 130 : 143;
  }
}

/** `ofx … | head` closes our stdout: that is the reader's wish, no error of ours. */
class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
  constructor() {
    super('Nobody reads the output any more.');
  }
}

/** Work that does not stop by itself is cut off after this time (the contract gives it one second). */
const SHUTDOWN_GRACE_MS = 600;

/** Longer than an inference on a busy machine, so that the status is 0 or 74; who will not wait for it has Ctrl-C. */
const STDOUT_LOST_GRACE_MS = 10_000;

/**
 * What every command has in common: settings from the environment and a file, `--json`, errors from one table with
 * their exit statuses, progress, and a clean stop on a signal.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    config: Flags.string({
      description: 'Settings file; every flag may stand in it [default: ofx.config.json, where there is one]',
      helpValue: 'FILE',
      helpGroup: 'GLOBAL',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'Print errors only', helpGroup: 'GLOBAL' }),
    'no-progress': Flags.boolean({ description: 'Show no progress bar', helpGroup: 'GLOBAL' }),
  };

  readonly #abort = new AbortController();
  #isWorking = true;
  #typed: ReadonlySet<string> = new Set();

  /**
   * Aborted by the first SIGINT or SIGTERM, with an {@link Interrupted} as its reason, when the reader of stdout is gone, and
   * when stdout cannot be written to.
   */
  protected get signal(): AbortSignal {
    return this.#abort.signal;
  }

  override async init(): Promise<void> {
    await super.init();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#interrupt);
    // oclif's own listener throws what is no EPIPE, past our `catch`.
    process.stdout.removeAllListeners('error');
    // Stays when the command is done: what it wrote last, and the document of `--json`, may fail after that.
    process.stdout.on('error', this.#stdoutFailed);

    this.#typed = givenFlags(this.argv, this.#flagShapes);
    const known = this.#knownSettings();
    checkEnvironment(process.env, known.flags);
    const file = await readConfigFile(explicitConfigFile(this.argv, process.env), known);
    this.argv.unshift(...settingsAsArguments(this.argv, this.#flagShapes, this.id ?? '', process.env, file));
  }

  /**
   * As oclif, and refuses a list that names something twice: it would be measured twice, or made twice.
   *
   * @throws {OfxError} USAGE
   */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    for (const [name, values] of Object.entries(parsed.flags)) {
      const isList = (this.#flagShapes[name] as { delimiter?: string } | undefined)?.delimiter !== undefined;
      if (!isList || !Array.isArray(values)) continue;
      const twice = (values as (string | number)[]).find((value, index) => values.indexOf(value) !== index);
      if (twice === undefined) continue;
      throw new OfxError('USAGE', `--${name} names ${twice} twice.`, { suggestion: 'Name it once.' });
    }
    return parsed;
  }

  /**
   * Refuses flags that were typed and would have no effect. Settings from the environment and the config file are meant for
   * many calls, and are passed over where they mean nothing.
   *
   * @param why - completes "--name …"
   * @throws {OfxError} USAGE
   */
  protected refuseIdle(names: readonly string[], why: string): void {
    const idle = names.filter((name) => this.#typed.has(name));
    if (idle.length === 0) return;
    const verb = idle.length === 1 ? 'has' : 'have';
    throw new OfxError('USAGE', `--${idle.join(', --')} ${verb} no effect ${why}.`, {
      suggestion: 'Leave it out, or give what it needs.',
    });
  }

  /** A flag's value where somebody gave it, by typing or by a setting; undefined where it is the default. */
  protected ifGiven<T>(name: string, value: T): T | undefined {
    return givenFlags(this.argv, this.#flagShapes).has(name) ? value : undefined;
  }

  /** Whether nothing but errors is told to people. */
  protected get quiet(): boolean {
    return this.#has('quiet');
  }

  /** A line for people on stderr; silent under `--quiet`. */
  protected note(text: string): void {
    if (!this.quiet) process.stderr.write(`${text}\n`);
  }

  protected warning(text: string): void {
    this.note(`${pc.yellow('warning')}: ${text}`);
  }

  /** An input that failed while the run went on; told even under `--quiet`. */
  protected failure(text: string): void {
    process.stderr.write(`${pc.red('error')}: ${text}\n`);
  }

  /**
   * Logs a finished run to trackers. What fails is told with how to send the run later, and decides the exit status: the run itself is
   * whole.
   */
  protected async logRun(
    folder: string,
    summary: RunSummary,
    trackers: readonly string[] | undefined,
  ): Promise<void> {
    for (const text of trackers ?? []) {
      const { logRun, parseTracker } = await import('../tracking/log.js');
      try {
        this.note(`logged to ${await logRun(folder, summary, await parseTracker(text), this.signal)}`);
      } catch (error) {
        if (!(error instanceof OfxError) || error.code !== 'TRACKING_FAILED') throw error;
        this.#report(error);
        process.exitCode = error.exitStatus;
      }
    }
  }

  /** A gate that the result did not pass: told by name, and by the exit status. */
  protected gateFailed(text: string): void {
    process.exitCode = EXIT.gateFailed;
    process.stderr.write(`${pc.red('gate failed')}: ${text}\n`);
  }

  /** Progress for this run: a bar where somebody watches, otherwise nothing. */
  protected progress(): Progress {
    const watched = process.stderr.isTTY && !process.env['CI'] && !this.#has('no-progress') && !this.quiet;
    return watched ? progressBar() : SILENT_PROGRESS;
  }

  /** Text for people on stdout; silent under `--quiet`, and under `--json`. */
  protected print(text: string): void {
    if (!this.quiet) this.printDocument(text);
  }

  /** What was asked for on stdout, e.g. CSV, unless `--json` wants stdout for its one document. */
  protected printDocument(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  override toSuccessJson(result: unknown): unknown {
    return { schemaVersion: SCHEMA_VERSION, ofx: this.config.version, ...(result as object) };
  }

  override toErrorJson(error: unknown): unknown {
    const { code, message, suggestion } = describe(error, this.#flagNames);
    return { schemaVersion: SCHEMA_VERSION, ofx: this.config.version, error: { code, message, suggestion } };
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  protected override catch(error: Error & Partial<Interfaces.CommandError>): Promise<void> {
    // `--help` and `--version` end a command by an exit error of status 0.
    if (error instanceof Errors.ExitError) throw error;
    if (this.signal.reason instanceof ReaderGone) {
      process.exitCode = EXIT.done;
      return Promise.resolve();
    }
    const described = describe(this.signal.aborted ? this.signal.reason : error, this.#flagNames);
    process.exitCode = described.exitStatus;
    // Told when it happened.
    if (this.signal.reason instanceof OfxError) return Promise.resolve();
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(this.signal.aborted ? this.signal.reason : error));
    this.#report(described);
    if (described.code === 'INTERNAL') process.stderr.write(defectReport(error, this.config));
    return Promise.resolve();
  }

  protected override finally(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#interrupt);
    this.#isWorking = false;
    return Promise.resolve();
  }

  #report({ message, suggestion }: Pick<DescribedError, 'message' | 'suggestion'>): void {
    this.failure(message);
    if (suggestion) process.stderr.write(`${suggestion}\n`);
  }

  readonly #interrupt = (signal: NodeJS.Signals): void => {
    // A second signal, or work that does not heed the first, ends here.
    if (this.#abort.signal.aborted) endBySignal(signal);
    this.#stop(new Interrupted(signal as 'SIGINT' | 'SIGTERM'), signal, SHUTDOWN_GRACE_MS);
  };

  readonly #stdoutFailed = (error: NodeJS.ErrnoException): void => {
    // What is written until the work has stopped fails as well.
    if (this.#abort.signal.aborted) return;
    const reason = error.code === 'EPIPE' ? new ReaderGone() : outputFailed(error);
    if (reason instanceof OfxError) {
      // Here, because work that is done already, or that does not heed the signal, throws nothing.
      process.exitCode = reason.exitStatus;
      this.#report(reason);
    }
    this.#stop(reason, 'SIGTERM', STDOUT_LOST_GRACE_MS);
  };

  /** Lets the work stop by itself; what does not is ended by the signal. */
  #stop(reason: Error, signal: NodeJS.Signals, graceMs: number): void {
    this.#abort.abort(reason);
    if (!this.#isWorking) return;
    setTimeout(() => {
      endBySignal(signal);
    }, graceMs).unref();
  }

  /** Also before anything is parsed: an error may be told that early. */
  #has(flag: string): boolean {
    return givenFlags(this.argv, this.#flagShapes).has(flag);
  }

  get #flagShapes(): FlagShapes {
    return { ...this.ctor.baseFlags, ...this.ctor.flags, json: { type: 'boolean' } };
  }

  get #flagNames(): string[] {
    return Object.entries(this.#flagShapes)
      .filter(([, flag]) => !('hidden' in flag && flag.hidden))
      .map(([name]) => `--${name}`);
  }

  #knownSettings(): { flags: Set<string>; commands: Map<string, Set<string>> } {
    const commands = new Map(
      this.config.commands.map(({ id, flags }) => [id.replaceAll(':', ' '), new Set(Object.keys(flags))]),
    );
    return { flags: new Set([...commands.values()].flatMap((names) => [...names])), commands };
  }
}

interface DescribedError {
  code: ErrorCode | 'INTERRUPTED';
  exitStatus: number;
  message: string;
  suggestion: string | undefined;
}

function outputFailed(error: NodeJS.ErrnoException): OfxError {
  const code = systemCode(error) ?? error.message;
  return code === 'ENOSPC'
    ? new OfxError('IO_FAILED', 'Writing the output failed: no space is left on the disk.', {
        suggestion: 'Free some space, or send the output elsewhere, then run the same command again.',
        cause: error,
      })
    : new OfxError('IO_FAILED', `Writing the output failed half-way (${code}).`, {
        suggestion: 'Check where the output goes, then run the same command again.',
        cause: error,
      });
}

/** @param flags what the command knows, for a name that is spelt nearly so */
function describe(thrown: unknown, flags: readonly string[]): DescribedError {
  const error = tooManyOpenFiles(thrown) ?? thrown;
  if (error instanceof OfxError) {
    const { code, exitStatus, message, suggestion } = error;
    return { code, exitStatus, message: withoutFraming(message), suggestion };
  }
  if (error instanceof Interrupted) {
    return {
      code: 'INTERRUPTED',
      exitStatus: error.exitStatus,
      message: error.message,
      suggestion: undefined,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Errors.CLIError) {
    return {
      code: 'USAGE',
      exitStatus: ERROR_TABLE.USAGE.exit,
      message: withoutFraming(message),
      suggestion: [nearestFlag(message, flags), `${HINT}.`].filter(Boolean).join(' '),
    };
  }
  return { code: 'INTERNAL', exitStatus: ERROR_TABLE.INTERNAL.exit, message, suggestion: undefined };
}

function nearestFlag(message: string, flags: readonly string[]): string | undefined {
  const unknown = /Nonexistent flags?: (--[\w-]+)/.exec(message)?.[1];
  return unknown === undefined ? undefined : didYouMean(unknown, flags);
}

/** How oclif's parser ends its messages, and ours that are thrown in it; it stands better as the next step. */
const HINT = 'See more help with --help';

/** What went wrong, without the lines that oclif's parser puts around it. */
function withoutFraming(message: string): string {
  if (!message.includes(HINT)) return message;
  const [first = '', ...lines] = message
    .replace(HINT, '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const flag = /^Parsing (--\S+)$/.exec(first)?.[1];
  if (flag === undefined) return [first, ...lines].join(' ').replace('The following error occurred: ', '');
  const rest = lines.join(' ');
  return rest.startsWith(flag) ? rest : `${flag}: ${rest}`;
}

function defectReport(error: unknown, config: Interfaces.Config): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const where = (config.pjson as { bugs?: { url?: string } }).bugs?.url;
  return (
    `This is a defect of ofx. Please report it${where ? ` at ${where}` : ''} with the command and this text:\n` +
    `${config.userAgent}\n${stack}\n`
  );
}

/**
 * Ends the process at once, as the signal would have done without us; a shell shows the same status, 130 or 143.
 * `process.exit` would first wait for worker threads to leave native code, and ONNX Runtime's binding aborts the process
 * when its thread is ended under an inference.
 */
function endBySignal(signal: NodeJS.Signals): void {
  // What clean-up there is at exit (half-written files) is due all the same.
  process.emit('exit', 0);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
