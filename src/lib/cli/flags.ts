import { Flags } from '@oclif/core';

/** Flags that several commands share, so that one name always means one thing. */

export const modelFlag = Flags.string({
  char: 'm',
  description: 'Model: the name of a shipped or installed one, a folder with a model.json, or an .onnx file',
  helpValue: 'MODEL',
});

export const threadsFlag = Flags.integer({
  char: 't',
  description: 'Threads of one inference [default: the processors this process may use]',
  min: 1,
  helpValue: 'N',
});
