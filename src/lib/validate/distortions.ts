import { OfxError } from '../core/errors.js';
import { DISTORTION_KINDS, DISTORTIONS, type Distortion, type DistortionKind } from '../image/distort.js';

/** Levels that make sense, by kind. */
const LEVELS: Readonly<Record<DistortionKind, { what: string; isLevel: (level: number) => boolean }>> = {
  jpeg: {
    what: 'a quality from 1 to 100',
    isLevel: (level) => Number.isInteger(level) && level >= 1 && level <= 100,
  },
  blur: {
    what: 'the odd side of a kernel, 3 to 99',
    isLevel: (level) => level % 2 === 1 && level >= 3 && level <= 99,
  },
  noise: { what: 'a standard deviation above 0, up to 255', isLevel: (level) => level > 0 && level <= 255 },
  resize: {
    what: 'a share of the side above 0, below 4, not 1',
    isLevel: (level) => level > 0 && level < 4 && level !== 1,
  },
};

/** Whether a word of a command line says which distortions. */
export function saysDistortions(word: string): boolean {
  return new RegExp(`^(${DISTORTION_KINDS.join('|')})(:|$)`).test(word);
}

/**
 * Which distortions `--robustness` means: `jpeg:70,50`, `blur` for all levels of the series, `all` for the whole series.
 *
 * @throws {OfxError} USAGE
 */
export function parseDistortions(words: readonly string[]): Distortion[] {
  const chosen = words.flatMap((word): Distortion[] => {
    if (word === 'all' || word === 'true') return [...DISTORTIONS];
    const [kind, levels] = word.split(':', 2) as [DistortionKind, string | undefined];
    if (!DISTORTION_KINDS.includes(kind)) throw invalid(word, `kinds are ${DISTORTION_KINDS.join(', ')}`);
    if (levels === undefined) return DISTORTIONS.filter((distortion) => distortion.kind === kind);
    return levels.split(',').map((text) => {
      const level = text.trim() === '' ? Number.NaN : Number(text);
      if (!LEVELS[kind].isLevel(level)) throw invalid(word, `${kind} takes ${LEVELS[kind].what}`);
      return { kind, level };
    });
  });
  const seen = new Set<string>();
  return chosen.filter(({ kind, level }) => {
    const key = `${kind} ${level}`;
    return !seen.has(key) && seen.add(key);
  });
}

function invalid(word: string, why: string): OfxError {
  return new OfxError('USAGE', `--robustness ${word} is not a valid distortion: ${why}.`, {
    suggestion: 'For example: --robustness jpeg:70,50 resize:0.5',
  });
}
