import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { parquetReadObjects } from 'hyparquet';
import { gunzipSync } from 'node:zlib';
import { failedRow, type ImageRow } from '../../../src/lib/run/rows.js';
import { rowsParquet } from '../../../src/lib/run/rows-parquet.js';
import { writeFileAtomic } from '../../../src/lib/files/write.js';
import { temporaryFolder } from '../../support/folder.js';
import { ROOT } from '../../support/ofx.js';
import { exists } from '../../../src/lib/files/exists.js';

/** A Python with pandas: `npm run setup:validate-tests` makes one. */
const PYTHON = path.join(ROOT, '.venv-validate/bin/python');

const ROWS: ImageRow[] = [
  {
    ...failedRow('a.png', 1, '', 'splice'),
    error: null,
    score: 0.75,
    f1: 0.5,
    iou: 0.25,
    tp: 3,
    logits: { network: 1.5 },
  },
  { ...failedRow('b.png', 0, ''), error: null, score: 0.1, logits: { network: -2 } },
  failedRow('c.png', null, 'It is no image.'),
];

describe('metrics.parquet', () => {
  const folder = temporaryFolder();

  it('holds the rows with their types', async () => {
    const bytes = await rowsParquet(ROWS);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({
      file: { byteLength: buffer.byteLength, slice: (start, end) => buffer.slice(start, end) },
      compressors: { GZIP: (packed) => gunzipSync(packed) },
    });
    expect(rows[0]).to.include({ image: 'a.png', label: 1, score: 0.75, category: 'splice', tp: 3 });
    expect(rows[0]!['logit.network']).to.equal(1.5);
    expect(rows[1]).to.include({ f1: null, category: null, error: null });
    expect(rows[2]).to.include({ label: null, score: null, error: 'It is no image.' });
  });

  it('is read by the lines of pandas that the documents show', async function () {
    if (!(await exists(PYTHON))) {
      this.test!.title += ' (no pandas here: npm run setup:validate-tests)';
      this.skip();
    }
    const document = await readFile(path.join(ROOT, 'docs/metrics.md'), 'utf8');
    const [, lines] = /```python\n([^]*?)```/.exec(document)!;
    expect(lines!.trim().split('\n')).to.have.length(3);
    await writeFileAtomic(folder.file('reports/mine/metrics.parquet'), await rowsParquet(ROWS));
    const { stdout } = await execa(PYTHON, ['-c', lines!], { cwd: folder.path });
    expect(stdout).to.match(/splice\s+0\.5\s+1\s+0\.25\s+1/);
  });
});
