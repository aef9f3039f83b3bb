import { expect } from 'chai';
import { parseSlice } from '../../../src/lib/batch/slice.js';

describe('parseSlice', () => {
  it('takes a slice as it is typed', () => {
    expect(parseSlice('3/64', {})).to.deep.equal({ index: 3, count: 64 });
  });

  it('takes it from what schedulers set', () => {
    const slurm = {
      SLURM_ARRAY_TASK_ID: '14',
      SLURM_ARRAY_TASK_MIN: '10',
      SLURM_ARRAY_TASK_STEP: '2',
      SLURM_ARRAY_TASK_COUNT: '8',
    };
    expect(parseSlice('auto', slurm)).to.deep.equal({ index: 2, count: 8 });
    const aws = { AWS_BATCH_JOB_ARRAY_INDEX: '7', AWS_BATCH_JOB_ARRAY_SIZE: '10' };
    expect(parseSlice('auto', aws)).to.deep.equal({ index: 7, count: 10 });
    expect(parseSlice('auto/9', { JOB_COMPLETION_INDEX: '8' })).to.deep.equal({ index: 8, count: 9 });
  });

  it('refuses what is no slice, and says what to give', () => {
    const bad = ['', '3', '3/', '/4', '4/4', '-1/4', '1/0', 'auto', 'one/two'];
    for (const text of bad) expect(() => parseSlice(text, {}), text).to.throw(/slice/);
    expect(() => parseSlice('auto', { JOB_COMPLETION_INDEX: '8' })).to.throw('give --slice auto/N');
  });
});
