import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { freePort } from './s3.js';

/** Programs that a test started, ended by their ids, and their folder. */
export class Daemons {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'ofx-engine-'));
  readonly #children: ChildProcess[] = [];

  start(program: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    this.#children.push(child);
    return child;
  }

  file(name: string, content: string | Buffer, mode = 0o600): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const ended = await Promise.race([exited, sleep(3000, 'late', { ref: false })]);
      if (ended === 'late') child.kill('SIGKILL');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An sshd on loopback that lets in this user, and the line that GNU parallel's list of hosts needs for it. */
export async function startSshd(daemons: Daemons): Promise<string> {
  const port = await freePort();
  const key = (name: string): string => {
    const file = path.join(daemons.folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return file;
  };
  const host = key('host');
  const user = key('user');
  const keys = daemons.file('authorized', readFileSync(`${user}.pub`));
  const config = daemons.file(
    'sshd_config',
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${host}`,
      `AuthorizedKeysFile ${keys}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin prohibit-password',
      'PidFile none',
    ].join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true });
  daemons.start('/usr/sbin/sshd', ['-D', '-f', config]);
  await answers(port);
  const client = `ssh -p ${port} -i ${user} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
  return `2/${client} ${os.userInfo().username}@127.0.0.1`;
}

/** A Slurm of one node with 4 processors, and the environment in which its commands find it. */
export async function startSlurm(daemons: Daemons): Promise<Record<string, string>> {
  const { folder } = daemons;
  const socket = path.join(folder, 'munge.socket');
  const key = daemons.file('munge.key', randomBytes(1024), 0o400);
  chmodSync(folder, 0o755);
  const files = ['pid', 'log', 'seed'].map((name) => `--${name}-file=${path.join(folder, `munge.${name}`)}`);
  daemons.start('/usr/sbin/munged', [
    '--foreground',
    '--force',
    '--num-threads=2',
    `--key-file=${key}`,
    `--socket=${socket}`,
    ...files,
  ]);
  const [ctldPort, slurmdPort] = [await freePort(), await freePort()];
  mkdirSync(path.join(folder, 'state'));
  const host = os.hostname();
  const conf = daemons.file(
    'slurm.conf',
    [
      'ClusterName=ofx',
      `SlurmctldHost=${host}(127.0.0.1)`,
      `SlurmctldPort=${ctldPort}`,
      `SlurmdPort=${slurmdPort}`,
      `AuthInfo=socket=${socket}`,
      'SlurmUser=root',
      'MpiDefault=none',
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'JobAcctGatherType=jobacct_gather/none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      'ReturnToService=2',
      // More processors than there may be.
      'SlurmdParameters=config_overrides',
      'SchedulerParameters=sched_interval=1,batch_sched_delay=0',
      `StateSaveLocation=${folder}/state`,
      `SlurmdSpoolDir=${folder}/spool`,
      `SlurmctldPidFile=${folder}/ctld.pid`,
      `SlurmdPidFile=${folder}/slurmd.pid`,
      `SlurmctldLogFile=${folder}/ctld.log`,
      `SlurmdLogFile=${folder}/slurmd.log`,
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN`,
      `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
    ].join('\n'),
    0o644,
  );
  daemons.file('cgroup.conf', 'CgroupAutomount=no\n', 0o644);
  const env = { SLURM_CONF: conf };
  daemons.start('/usr/sbin/slurmctld', ['-D', '-i', '-f', conf], env);
  await answers(ctldPort);
  daemons.start('/usr/sbin/slurmd', ['-D', '-f', conf], env);
  await answers(slurmdPort);
  return env;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const socket = connect(port, '127.0.0.1');
    const is = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (is) return;
    await sleep(100);
  }
  throw new Error(`Nothing answers on port ${port}.`);
}
