import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { execa } from 'execa';
import { describeWith } from './support/batch.js';
import { ROOT } from './support/ofx.js';

/** What `scripts/build-image.sh` says where containers cannot be run. */
const NO_CONTAINERS = 77;

/** @throws where the process ends without a word */
async function firstLine(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(child, 'close').then(() => Promise.reject(new Error(said)));
  const line = once(createInterface(child.stdout!), 'line') as Promise<[string]>;
  return (await Promise.race([line, ended]))[0];
}

describeWith('buildah', 'deploy/Dockerfile', () => {
  let folder: string;
  const buildah = (...args: string[]): string[] => [
    ...[
      '--root',
      path.join(folder, 'root'),
      '--runroot',
      path.join(folder, 'run'),
      '--storage-driver',
      'vfs',
    ],
    ...args,
  ];
  let container: string;

  before(async function () {
    this.timeout(1_200_000);
    folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-image-'));
    const built = await execa('sh', ['scripts/build-image.sh', folder], { cwd: ROOT, reject: false });
    if (built.exitCode === NO_CONTAINERS) {
      this.test!.parent!.title += ' (containers cannot be run here)';
      this.skip();
    }
    expect(built.exitCode, built.stderr.slice(-2000)).to.equal(0);
    container = (await execa('buildah', buildah('from', '--pull-never', 'localhost/ofx'))).stdout.trim();
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function start(...args: string[]): ChildProcess {
    const run = ['run', '--isolation', 'chroot', '--env', 'OFX_HOST=127.0.0.1', container, '--'];
    return spawn('buildah', buildah(...run, 'node', '/app/bin/run.js', ...args), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it('makes an image that serves as an unprivileged user, with Redis and traces, and without tools of developers', async () => {
    const { stdout } = await execa('buildah', buildah('inspect', '--type', 'image', 'localhost/ofx'));
    const { OCIv1 } = JSON.parse(stdout) as {
      OCIv1: { config: { User: string; Entrypoint: string[]; Cmd: string[] } };
    };
    expect(OCIv1.config).to.include({ User: 'node' });
    expect([...OCIv1.config.Entrypoint, ...OCIv1.config.Cmd]).to.deep.equal([
      'node',
      '/app/bin/run.js',
      'serve',
    ]);

    const server = start('serve', '--port', '0');
    const url = await firstLine(server);
    const sample = await readFile(path.join(ROOT, 'samples/splice-dahlia.jpg'));
    const answer = await fetch(`${url}/v1/predict?size=288`, { method: 'POST', body: sample });
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.have.property('verdict');
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;

    const places = ['ls', '/app/node_modules'];
    const packages = (
      await execa('buildah', buildah('run', '--isolation', 'chroot', container, '--', ...places))
    ).stdout;
    expect(packages.split('\n'))
      .to.include.members(['bullmq', 'ioredis', '@opentelemetry'])
      .and.not.include('typescript');
  });

  it('makes an image that says that a Redis is away, not that its packages are', async () => {
    const server = start('serve', '--port', '0', '--redis', 'redis://127.0.0.1:9');
    let said = '';
    server.stderr!.on('data', (text: Buffer) => (said += text.toString()));
    await once(server, 'close');
    expect(said).to.contain('redis://127.0.0.1:9 is out of reach');
  });
});
