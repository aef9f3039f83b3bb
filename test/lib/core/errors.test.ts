import { expect } from 'chai';
import { ERROR_TABLE, OfxError, type ErrorCode } from '../../../src/lib/core/errors.js';

const scopeOf = (code: ErrorCode): string => new OfxError(code, '').scope;

describe('the table of errors', () => {
  it('says of each what is lost to it', () => {
    const image: ErrorCode[] = [
      'IMAGE_DAMAGED',
      'PAGE_MISSING',
      'INPUT_MISSING',
      'PREDICTION_INVALID',
      'OUT_OF_MEMORY',
    ];
    const request: ErrorCode[] = ['UPLOAD_TOO_SLOW', 'DEADLINE_EXCEEDED', 'WORKER_LOST'];
    const run: ErrorCode[] = [
      'INTERNAL',
      'USAGE',
      'MODEL_CORRUPT',
      'ONNX_INVALID',
      'IO_FAILED',
      'OUTPUT_UNWRITABLE',
    ];
    expect(image.map(scopeOf)).to.deep.equal(image.map(() => 'image'));
    expect(request.map(scopeOf)).to.deep.equal(request.map(() => 'request'));
    expect(run.map(scopeOf)).to.deep.equal(run.map(() => 'run'));
  });

  it('never takes what is about one image for a defect, or for wrong usage', () => {
    for (const [code, { exit, scope }] of Object.entries(ERROR_TABLE))
      if (scope === 'image') expect(exit, code).to.be.oneOf([65, 66, 71, 74]);
  });
});
