import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { collect } from '../../../src/lib/batch/collect.js';
import { decodeRows } from '../../../src/lib/batch/parquet.js';
import { partName } from '../../../src/lib/batch/part.js';
import { openRun } from '../../../src/lib/batch/run.js';
import { FolderStore } from '../../../src/lib/batch/store/folder-store.js';
import { BATCH_PYTHON, describeWith, figures } from '../../support/batch.js';
import { temporaryFolder } from '../../support/folder.js';
import { planNull, startNullWorker } from '../../support/null-run.js';
import { nullScore } from '../../support/null-score.js';

const IMAGES = Number(process.env['OFX_TEST_BATCH_IMAGES'] ?? 1_000_000);
const SHARD_SIZE = 1000;
const SHARDS = Math.ceil(IMAGES / SHARD_SIZE);
const KILLS = 6;
const POLL_MS = 200;

const QUERY = `
import duckdb, json, sys, pyarrow.dataset as ds, pyarrow.compute as pc
parts, merged = sys.argv[1:]
duckdb.sql('set enable_progress_bar = false')
images, distinct, total = duckdb.sql(f"select count(*), count(distinct image), sum(score) from '{parts}/*.parquet'").fetchall()[0]
table = ds.dataset(merged).to_table(columns=['image', 'score'])
footer = duckdb.sql(f"select count(*) from parquet_kv_metadata('{merged}')").fetchall()[0][0]
print(json.dumps({'images': images, 'distinct': distinct, 'total': total, 'footer': footer,
  'arrow': {'images': table.num_rows, 'total': pc.sum(table['score']).as_py()}}))
`;

interface Read {
  images: number;
  distinct: number;
  total: number;
  footer: number;
  arrow: { images: number; total: number };
}

describeWith(BATCH_PYTHON, 'a run of a million images (tests 14 and 18)', () => {
  const folder = temporaryFolder();

  it('loses none and counts none twice, whatever is killed, and three readers agree on it', async () => {
    const run = folder.file('run');
    const began = performance.now();
    const planned = await planNull(run, IMAGES, SHARD_SIZE);
    expect(planned.run).to.include({ images: IMAGES });
    const plannedMs = performance.now() - began;

    const parts = async (): Promise<number> =>
      (await readdir(`${run}/parts`).catch(() => [])).filter((name) => name.endsWith('.parquet')).length;
    let kills = 0;
    /** Until it ends by itself; each time that the run has come on a piece, a worker is killed in the middle of a shard. */
    const slice = async (index: number): Promise<void> => {
      for (;;) {
        const worker = startNullWorker(run, '-', 30_000, 0, { SLICE: `${index}/2` });
        const isAt = Math.ceil(((kills + 1) * SHARDS) / (KILLS + 2));
        const isAlive = (): boolean => worker.child.exitCode === null && worker.child.signalCode === null;
        while (isAlive() && (kills >= KILLS || (await parts()) < isAt)) await sleep(POLL_MS);
        if (isAlive()) {
          kills++;
          worker.child.kill('SIGKILL');
        }
        const code = await worker.exited;
        if (code === 0) return;
        expect(code, worker.output()).to.equal(null);
      }
    };
    await Promise.all([slice(0), slice(1)]);
    const workedMs = performance.now() - began - plannedMs;
    expect(kills).to.be.within(KILLS - 1, KILLS + 1);
    expect(await parts()).to.equal(SHARDS);

    const store = new FolderStore(run);
    const opened = await openRun(store);
    const summary = await collect({ store, run: opened, format: 'parquet' });
    expect(summary).to.include({ images: IMAGES });
    const collectedMs = performance.now() - began - plannedMs - workedMs;

    const read = JSON.parse(
      execFileSync(BATCH_PYTHON, ['-c', QUERY, `${run}/parts`, `${run}/results.parquet`], {
        encoding: 'utf8',
      }),
    ) as Read;
    expect(read).to.include({ images: IMAGES, distinct: IMAGES });
    expect(read.footer).to.be.above(0);
    expect(read.arrow.images).to.equal(IMAGES);
    let total = 0;
    for (const shard of [0, SHARDS >> 1, SHARDS - 1]) {
      for (const { image, score } of await decodeRows((await store.read(partName(shard)))!))
        expect(score, image).to.equal(nullScore(image));
    }
    for (let image = 0; image < IMAGES; image++) total += nullScore(`archive/2026/image-${image}.jpg`);
    expect(read.total).to.be.closeTo(total, 1e-6 * total);
    expect(read.arrow.total).to.be.closeTo(total, 1e-6 * total);
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
    figures(
      `${IMAGES} simulated images, ${kills} kills: planned in ${seconds(plannedMs)}, worked in ${seconds(workedMs)}, ` +
        `collected in ${seconds(collectedMs)}; DuckDB, pyarrow and hyparquet agree`,
    );
  });
});
