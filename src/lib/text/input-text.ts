/** The size of a network’s input in words: a side, or the area that free shapes share. */
export function inputText({ inputSize, fit }: { inputSize: number; fit?: 'free' }): string {
  const square = `${inputSize} × ${inputSize}`;
  return fit === 'free' ? `free shapes with the area of ${square}` : square;
}
