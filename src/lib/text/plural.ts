/** "1 image", "20 images" */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/**
 * A text that counts something, in its number: of `{one|several}` the part that fits.
 *
 * @example inNumber(1, 'label{|s} {was|were} taken') // "label was taken"
 */
export function inNumber(count: number, text: string): string {
  return text.replace(/\{([^|}]*)\|([^|}]*)\}/g, (_, one: string, several: string) =>
    count === 1 ? one : several,
  );
}
