/** A number between 0 and 1 that only the key decides: a row that is another image's shows. */
export function nullScore(key: string): number {
  let state = 2_166_136_261;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 16_777_619) >>> 0;
  return state / 2 ** 32;
}
