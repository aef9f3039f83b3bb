import { OfxError, systemCode } from '../core/errors.js';
import { readText } from '../files/read-text.js';
import { similarNames } from '../text/suggest.js';

/** What of a flag's definition decides how a setting from outside becomes an argument. */
export interface FlagShape {
  type: 'boolean' | 'option';
  char?: string | undefined;
  allowNo?: boolean | undefined;
  multiple?: boolean | undefined;
  /** Flags that cannot be given beside it. */
  exclusive?: readonly string[] | undefined;
  /** Flags that must be given for it. */
  dependsOn?: readonly string[] | undefined;
}

export type FlagShapes = Readonly<Record<string, FlagShape>>;

export const DEFAULT_CONFIG_FILE = 'ofx.config.json';

/** Where a setting can come from, the strongest first. */
type Origin = 'flag' | 'environment' | 'section' | 'file';
const STRENGTH: Record<Origin, number> = { flag: 3, environment: 2, section: 1, file: 0 };

/**
 * Arguments that stand for what the environment and the config file say about flags that the command line leaves open.
 * They go through the same parser as typed ones, so a bad value gets the same message wherever it comes from.
 *
 * Precedence: flag, then environment (`OFX_<FLAG>`), then the file's section of the command (`"predict": {…}`), then the
 * file's top level, then the flag's default. A setting that excludes a stronger one, or that means nothing without a flag
 * that is not set, is not there for this command line and is left out.
 */
export function settingsAsArguments(
  argv: readonly string[],
  flags: FlagShapes,
  commandId: string,
  environment: NodeJS.ProcessEnv,
  file: Readonly<Record<string, unknown>>,
): string[] {
  const section = file[commandId.replaceAll(':', ' ')];
  const own = isObject(section) ? section : {};
  const typed = givenFlags(argv, flags);
  const settings = new Map<string, { origin: Origin; tokens: string[] }>();
  for (const [name, flag] of Object.entries(flags)) {
    const outside = environment[environmentName(name)];
    const [origin, value]: [Origin, unknown] = typed.has(name)
      ? ['flag', undefined]
      : outside !== undefined && outside !== ''
        ? ['environment', flag.multiple ? outside.split(',') : outside]
        : own[name] !== undefined
          ? ['section', own[name]]
          : ['file', file[name]];
    const tokens = asArguments(name, flag, value);
    if (origin === 'flag' || tokens.length > 0) settings.set(name, { origin, tokens });
  }
  return [...settings].flatMap(([name, { origin, tokens }]) => {
    const { exclusive = [], dependsOn = [] } = flags[name]!;
    const excludedBy = [...settings].filter(
      ([other]) => exclusive.includes(other) || flags[other]!.exclusive?.includes(name),
    );
    const isOverruled = excludedBy.some(([, rival]) => STRENGTH[rival.origin] > STRENGTH[origin]);
    return isOverruled || !dependsOn.every((other) => settings.has(other)) ? [] : tokens;
  });
}

/** `min-area` → `OFX_MIN_AREA` */
export function environmentName(flag: string): string {
  return `OFX_${flag.replaceAll('-', '_').toUpperCase()}`;
}

/** Of the project's own tests, which run commands. */
const OF_TESTS = 'OFX_TEST_';

/**
 * Refuses variables that look like settings and are none: one that is misspelt would be ignored in silence.
 *
 * @param flags - of all commands
 * @throws {OfxError} USAGE
 */
export function checkEnvironment(environment: NodeJS.ProcessEnv, flags: ReadonlySet<string>): void {
  const known = [...flags].map(environmentName);
  const unknown = Object.entries(environment)
    .filter(([name, value]) => name.startsWith('OFX_') && !name.startsWith(OF_TESTS) && value !== '')
    .map(([name]) => name)
    .find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new OfxError('USAGE', `The environment variable ${unknown} is not a valid setting of ofx.`, {
    suggestion:
      similarNames(unknown, known).length > 0
        ? `Did you mean ${similarNames(unknown, known).join(' or ')}?`
        : 'Variables are named like flags: OFX_MIN_AREA is --min-area. Unset it.',
  });
}

/**
 * The config file's content. Without an explicit path a missing file means no settings.
 *
 * @throws {OfxError} USAGE where the file is missing, no JSON object, or names a flag that no command has
 */
export async function readConfigFile(
  explicit: string | undefined,
  known: { flags: ReadonlySet<string>; commands: ReadonlyMap<string, ReadonlySet<string>> },
): Promise<Record<string, unknown>> {
  const file = explicit ?? DEFAULT_CONFIG_FILE;
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (explicit === undefined && systemCode(error) === 'ENOENT') return {};
    throw new OfxError(
      'USAGE',
      `Cannot read the config file ${file} (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Check the path given by --config or OFX_CONFIG.',
        cause: error,
      },
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new OfxError('USAGE', `The config file ${file} is not valid JSON: ${(error as Error).message}`, {
      suggestion: 'Strings and names stand in double quotes, and nothing behind the last comma.',
      cause: error,
    });
  }
  if (!isObject(content)) {
    throw new OfxError('USAGE', `The config file ${file} must hold one JSON object.`, {
      suggestion: 'For example: {"threads": 2, "predict": {"size": 380}}',
    });
  }
  for (const [key, value] of Object.entries(content)) {
    const commandFlags = known.commands.get(key);
    if (commandFlags && !isObject(value)) {
      throw new OfxError('USAGE', `The section "${key}" of the config file ${file} is not an object.`, {
        suggestion: `For example: {"${key}": {"size": 380}}`,
      });
    }
    const unknown = commandFlags
      ? Object.keys(value as object).find((flag) => !commandFlags.has(flag))
      : known.flags.has(key)
        ? undefined
        : key;
    if (unknown !== undefined && key !== '$schema') {
      const where = commandFlags ? ` in its section "${key}"` : '';
      throw new OfxError('USAGE', `The config file ${file} names an unknown setting "${unknown}"${where}.`, {
        suggestion: commandFlags
          ? `Settings are named like the flags of "ofx ${key}": ${[...commandFlags].sort().join(', ')}.`
          : 'Settings are named like flags, for all commands or below a command’s name.',
      });
    }
  }
  return content;
}

/** The value of `--config` on the command line, which decides what is read before anything is parsed. */
export function explicitConfigFile(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const index = own.findIndex((token) => token === '--config' || token.startsWith('--config='));
  if (index === -1) return environment[environmentName('config')] || undefined;
  const token = own[index]!;
  return token.includes('=') ? token.slice(token.indexOf('=') + 1) : own[index + 1];
}

/** Names of the flags that the command line gives, in whichever spelling: `--size 4`, `--size=4`, `-s4`, `-qs 4`. */
export function givenFlags(argv: readonly string[], flags: FlagShapes): Set<string> {
  const byChar = new Map(Object.entries(flags).flatMap(([name, { char }]) => (char ? [[char, name]] : [])));
  const given = new Set<string>();
  const end = argv.indexOf('--');
  for (const token of end === -1 ? argv : argv.slice(0, end)) {
    if (token.startsWith('--')) {
      const name = token.slice(2).split('=', 1)[0]!;
      given.add(name in flags ? name : name.replace(/^no-/, ''));
    } else if (token.startsWith('-')) {
      for (const char of token.slice(1)) {
        const name = byChar.get(char);
        if (name === undefined) break;
        given.add(name);
        // What stands behind an option's letter is its value.
        if (flags[name]!.type === 'option') break;
      }
    }
  }
  return given;
}

function asArguments(name: string, flag: FlagShape, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (flag.type === 'boolean') {
    if (isTrue(value)) return [`--${name}`];
    return flag.allowNo ? [`--no-${name}`] : [];
  }
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => `--${name}=${String(one)}`);
}

function isTrue(value: unknown): boolean {
  return (
    value === true || (typeof value === 'string' && ['1', 'true', 'yes', 'on'].includes(value.toLowerCase()))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
