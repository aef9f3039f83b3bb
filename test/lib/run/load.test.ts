import { cp, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { loadSummary } from '../../../src/lib/run/load.js';
import { metricAt } from '../../../src/lib/run/summary.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

interface Document {
  metrics: { image: Record<string, unknown>; pixel?: unknown };
}

describe('the summary of a run', () => {
  const folder = temporaryFolder();
  const file = (): string => folder.file('summary.json');

  async function change(how: (document: Document) => void): Promise<void> {
    await cp('reports/objectformer-lite/casia1-dev/summary.json', file());
    const document = JSON.parse(await readFile(file(), 'utf8')) as Document;
    how(document);
    await writeFile(file(), JSON.stringify(document));
  }

  it('of an earlier version is read, without what that did not measure', async () => {
    await change(({ metrics }) => delete metrics.image['suspicious']);
    const { summary } = await loadSummary(folder.path);
    const { value, reason } = metricAt(summary.metrics, 'image.suspicious.authentic')!;
    expect(value).to.equal(null);
    expect(reason).to.equal('not measured before ofx 0.3.0');
    expect(metricAt(summary.metrics, 'image.auc')!.value).to.be.a('number');
  });

  it('is refused where it lacks what every version measured', async () => {
    await change(({ metrics }) => delete metrics.image['auc']);
    expect(await rejection(loadSummary(folder.path))).to.include({ code: 'RESULT_INVALID' });
    await change(({ metrics }) => delete metrics.pixel);
    expect(await rejection(loadSummary(folder.path))).to.include({ code: 'RESULT_INVALID' });
  });
});
