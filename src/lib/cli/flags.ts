import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';
import { NETWORK, SOURCE_NAMES } from '../predict/evidence/sources.js';

/** Flags that several commands share, so that one name always means one thing. */

export const modelFlag = Flags.string({
  char: 'm',
  description: 'Name of a shipped or installed model, a folder with a model.json, or an .onnx file',
  helpValue: 'MODEL',
});

/** More threads than this slow every inference down, and thousands of them take minutes to end. */
export const MOST_THREADS = 256;

export const threadsFlag = Flags.integer({
  char: 't',
  description:
    'Threads of one inference [default: the processors this process may use, shared out among inferences]',
  min: 1,
  max: MOST_THREADS,
  helpValue: 'N',
});

/** Names, separated by commas. */
const namesFlag = Flags.custom<string[]>({
  parse: (text) => Promise.resolve(text.split(',').map((name) => name.trim())),
});

export const evidenceFlag = namesFlag({
  description: `Sources of evidence, separated by commas: ${SOURCE_NAMES.join(', ')} [default: those that the model’s fusion names, or the network]`,
  helpValue: 'NAMES',
});

/** Whether the network is among the sources that were asked for; it is where nothing was. */
export function asksNetwork(evidence: readonly string[] | undefined): boolean {
  return evidence?.includes(NETWORK) ?? true;
}

/** Flags that say how the network looks at images. */
export const OF_A_NETWORK = ['precision', 'tile', 'mirror'] as const;

export const mirrorFlag = Flags.boolean({
  description: 'Show the network the mirror image, too, and take the mean of both: twice the time',
  exclusive: ['tile'],
});

/** A number from 0 to 1. */
export const fractionFlag = Flags.custom<number>({
  helpValue: '0..1',
  parse: (text, _context, { name }) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= 1) return Promise.resolve(value);
    throw new OfxError('USAGE', `--${name} takes a number from 0 to 1, not "${text}".`);
  },
});

/** Without the keys whose value is undefined: a flag that was not given is no setting. */
export function pickDefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

export const thresholdsFlag = Flags.string({
  description:
    'File of thresholds, as "ofx validate --calibrate --into FILE" writes it, in place of those in force',
  helpValue: 'FILE',
});

/** Where finished runs are logged to, besides their folders. */
export const logFlag = Flags.string({
  description:
    'Log the run to a tracker, too: mlflow (MLFLOW_TRACKING_URI, or mlflow=http://HOST:5000) or tensorboard (event files in the run’s folder, or tensorboard=FOLDER); may be repeated',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: 'TRACKER',
});
