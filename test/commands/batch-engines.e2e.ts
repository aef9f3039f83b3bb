import { execFile, execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describeWith, expectWhole, figures, makePhotos, predicted } from '../support/batch.js';
import { Daemons, startSlurm, startSshd } from '../support/engines.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT } from '../support/ofx.js';

const execute = promisify(execFile);
const OFX = path.join(ROOT, 'bin/run.js');
const DEPLOY = path.join(ROOT, 'deploy/batch');

describe('ofx batch by engines that exist (test 13)', () => {
  const folder = temporaryFolder();
  let daemons: Daemons;
  beforeEach(() => {
    daemons = new Daemons();
  });
  afterEach(async () => daemons.stop());

  const parts = async () => (await readdir(folder.file('run/parts')).catch(() => [])).length;
  const planned = async (images: number, shardSize: number) => {
    await makePhotos(folder.file('photos'), images);
    const plan = [
      'batch',
      'plan',
      'photos',
      '--out',
      'run',
      '--shard-size',
      String(shardSize),
      '--model',
      TINY_MODEL,
    ];
    expect((await ofx(plan, { cwd: folder.path })).exitCode).to.equal(0);
    return predicted(['photos'], TINY_MODEL, folder.path);
  };

  describeWith('parallel', 'over ssh, with GNU parallel', () => {
    it('does all slices on the machines of a list', async function () {
      if (process.getuid?.() !== 0) this.skip();
      const expected = await planned(24, 3);
      await writeFile(folder.file('hosts.txt'), `${await startSshd(daemons)}\n`);
      const script = path.join(DEPLOY, 'ssh.sh');
      await execute(script, [folder.file('hosts.txt'), folder.file('run'), '4'], {
        env: { ...process.env, OFX, HOME: folder.path },
      });
      await expectWhole('run', expected, { cwd: folder.path });
      figures('8 shards in 4 slices by ssh and parallel: whole');
    });
  });

  describeWith('slurmctld', 'on Slurm', () => {
    it('does an array whose tasks are killed and requeued', async function () {
      if (process.getuid?.() !== 0) this.skip();
      const expected = await planned(24, 2);
      const env = { ...process.env, ...(await startSlurm(daemons)), OFX };
      const slurm = async (program: string, ...args: string[]) =>
        (await execute(program, args, { env, cwd: folder.path })).stdout;
      const submitted = await slurm(
        'sbatch',
        '--parsable',
        '--array=0-3',
        '--cpus-per-task=1',
        `--chdir=${folder.path}`,
        path.join(DEPLOY, 'slurm.sh'),
        folder.file('run'),
      );
      const job = submitted.trim();
      while ((await parts()) === 0) await sleep(50);
      await slurm('scancel', '--signal=KILL', `${job}_0`).catch(() => '');
      await slurm('scontrol', 'requeue', `${job}_1`).catch(() => '');
      while ((await slurm('squeue', '--noheader')).trim() !== '' && (await parts()) < 12) await sleep(200);
      execFileSync('scancel', [job], { env });
      await expectWhole('run', expected, { cwd: folder.path });
      figures('12 shards in an array of 4, one task killed, one requeued: whole');
    });
  });
});
