import { Flags } from './oclif.js';

/** `--size`, so that it means the same in every command: the side S of a network's square input, in pixels. */

/** Where one size is allowed. */
export function sizeFlag(byDefault: string) {
  return Flags.integer({
    char: 's',
    description: `Input size of the network, the side in pixels [default: ${byDefault}]`,
    min: 1,
    helpValue: 'PIXELS',
  });
}

/** Where several are: `--size 288,380`, or `--size 288 --size 380`. */
export function sizesFlag(byDefault: string, what = 'Input sizes of the network, their sides in pixels') {
  return Flags.integer({
    ...listOf('PIXELS'),
    char: 's',
    description: `${what} [default: ${byDefault}]`,
    min: 1,
  });
}

/** A list is given with commas, or by repeating the flag; it does not swallow the arguments that follow it. */
export function listOf(helpValue: string): {
  multiple: true;
  multipleNonGreedy: true;
  delimiter: ',';
  helpValue: string;
} {
  return { multiple: true, multipleNonGreedy: true, delimiter: ',', helpValue };
}
