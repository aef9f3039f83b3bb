import { expect } from 'chai';
import { MeasuringProcess } from '../../../src/lib/bench/measuring-process.js';
import { rejection } from '../../support/rejection.js';

describe('MeasuringProcess', () => {
  const { execPath } = process;

  afterEach(() => {
    process.execPath = execPath;
  });

  it('says so when the system gives no process, and closes', async () => {
    process.execPath = '/no/such/node';
    const measuring = new MeasuringProcess('child.js');
    const closed = measuring.close();
    const asked = [1, 2].map((runs) => rejection(measuring.ask({ kind: 'profile', runs })));
    await closed;
    const late = rejection(measuring.ask({ kind: 'profile', runs: 3 }));
    for (const error of await Promise.all([...asked, late])) {
      expect(error.code).to.equal('IO_FAILED');
      expect(error.message).to.contain('ENOENT');
    }
  });
});
