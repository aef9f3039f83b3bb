import { OfxError } from '../core/errors.js';

/** What a journal's entries were made under: the values as text, so that a difference can be shown. */
export type JournalSettings = Record<string, string | number | boolean | null>;

/**
 * @param folder where the journal lies
 * @throws {OfxError} USAGE where the journal was made under other settings
 */
export function checkSettings(earlier: JournalSettings, settings: JournalSettings, folder: string): void {
  const differences = settingsDifferences(earlier, settings);
  if (differences.length === 0) return;
  throw new OfxError('USAGE', `The run in ${folder} cannot be resumed: ${differences.join('; ')}.`, {
    suggestion: 'Give the settings of the first session, or leave --resume out to begin again.',
  });
}

/** What differs, e.g. "size was 288 and is 380". */
export function settingsDifferences(earlier: JournalSettings, settings: JournalSettings): string[] {
  const names = new Set([...Object.keys(earlier), ...Object.keys(settings)]);
  return [...names]
    .filter((name) => earlier[name] !== settings[name])
    .map((name) => `${name} was ${String(earlier[name])} and is ${String(settings[name])}`);
}
