import { expect } from 'chai';
import { planSessions } from '../../../src/lib/workers/sessions.js';

describe('planSessions', () => {
  it('gives a few images all processors, and shares them out among many', () => {
    expect(planSessions({}, 1, 8)).to.deep.equal({ concurrency: 1, threads: 8 });
    expect(planSessions({}, 4, 2)).to.deep.equal({ concurrency: 1, threads: 2 });
    expect(planSessions({}, 5, 2)).to.deep.equal({ concurrency: 2, threads: 1 });
    expect(planSessions({}, Infinity, 7)).to.deep.equal({ concurrency: 2, threads: 3 });
    expect(planSessions({}, Infinity, 1)).to.deep.equal({ concurrency: 1, threads: 1 });
  });

  it('keeps to what was said', () => {
    expect(planSessions({ concurrency: 3 }, 1, 8)).to.deep.equal({ concurrency: 3, threads: 2 });
    expect(planSessions({ concurrency: 5 }, 1, 2)).to.deep.equal({ concurrency: 5, threads: 1 });
    // All processors for one inference leave none for a second.
    expect(planSessions({ threads: 2 }, 100, 2)).to.deep.equal({ concurrency: 1, threads: 2 });
    expect(planSessions({ threads: 2 }, 100, 4)).to.deep.equal({ concurrency: 2, threads: 2 });
  });
});
