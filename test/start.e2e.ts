import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { minVersion } from 'semver';
import type { PredictReport, Prediction } from '../src/lib/predict/result.js';
import { temporaryFolder } from './support/folder.js';
import { ROOT } from './support/ofx.js';

const START = path.join(ROOT, 'start');

describe('a start by double click', () => {
  const folder = temporaryFolder();
  let running: ChildProcess[] = [];

  afterEach(async () => {
    for (const one of running) await stop(one);
    running = [];
  });

  async function stop(one: ChildProcess): Promise<void> {
    if (one.exitCode !== null || one.signalCode !== null) return;
    one.kill('SIGTERM');
    await once(one, 'exit');
  }

  /** A browser that writes down where it is sent. */
  async function browser(): Promise<{ BROWSER: string; sentTo: () => Promise<string> }> {
    const BROWSER = folder.file('browser.sh');
    const note = folder.file('sent-to');
    await writeFile(BROWSER, `#!/bin/sh\nprintf '%s' "$1" > '${note}.part' && mv '${note}.part' '${note}'\n`);
    await chmod(BROWSER, 0o755);
    const sentTo = async (): Promise<string> => {
      for (;;) {
        const text = await readFile(note, 'utf8').catch(() => '');
        if (text !== '') return text;
        if (running.some(({ exitCode }) => exitCode !== null)) throw new Error('It ended.');
        await sleep(50);
      }
    };
    return { BROWSER, sentTo };
  }

  async function freePort(): Promise<number> {
    const probe = net.createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as net.AddressInfo;
    probe.close();
    await once(probe, 'close');
    return port;
  }

  function start(script: string, env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(script, [], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    running.push(child);
    return child;
  }

  it('serves the page on this machine and opens it; a second start opens the same', async () => {
    const { BROWSER, sentTo } = await browser();
    const port = await freePort();
    const env = { ...process.env, BROWSER, START_PORT: String(port), START_NODE: process.execPath };
    start(path.join(START, 'ofx.sh'), env);
    const url = await sentTo();
    expect(url).to.equal(`http://127.0.0.1:${port}`);
    expect(await (await fetch(url)).text()).to.contain('Was this photo manipulated?');
    const again = await execa(path.join(START, 'ofx.command'), [], { env });
    expect(again.stdout).to.contain(`runs already: ${url}`);
  });

  it('takes another port where some other program has its own', async () => {
    const { BROWSER, sentTo } = await browser();
    const other = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    start(path.join(START, 'ofx.sh'), {
      ...process.env,
      BROWSER,
      START_PORT: String(port),
      START_NODE: process.execPath,
    });
    const url = await sentTo();
    expect(url)
      .to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
      .and.not.contain(`:${port}`);
    expect((await fetch(`${url}/readyz`)).status).to.be.oneOf([200, 503]);
    other.close();
  });

  it('says what is missing: Node.js, or a newer one', async () => {
    const run = async (node: string) =>
      execa(path.join(START, 'ofx.sh'), [], { env: { START_NODE: node }, reject: false });
    const none = await run(folder.file('nothing'));
    expect([none.exitCode, none.stderr]).to.deep.equal([
      69,
      'ofx needs Node.js 20.19 or newer, and none was found on this machine. Install it from https://nodejs.org, then start ofx again.',
    ]);
    const old = folder.file('old-node');
    await writeFile(old, '#!/bin/sh\n[ "$1" = --version ] && echo v18.20.4\nexit 1\n');
    await chmod(old, 0o755);
    const tooOld = await run(old);
    expect(tooOld.exitCode).to.equal(69);
    expect(tooOld.stderr).to.contain(`${old} is v18.20.4`);
  });

  it('asks for the Node.js that the package asks for, on each system', async () => {
    const { engines } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const { major, minor } = minVersion(engines.node)!;
    for (const name of ['ofx.sh', 'ofx.cmd']) {
      const text = await readFile(path.join(START, name), 'utf8');
      expect(text, name)
        .to.contain(`${major}.${minor}`)
        .and.contain(`a > ${major} || (a === ${major} && b >= ${minor})`);
    }
    const lines = (await readFile(path.join(START, 'ofx.cmd'), 'latin1')).split('\n');
    expect(lines.slice(0, -1).every((line) => line.endsWith('\r'))).to.equal(true);
  });

  it('puts itself into the menu of programs on Linux', async () => {
    const { stdout } = await execa(path.join(START, 'ofx.sh'), ['--menu'], {
      env: { XDG_DATA_HOME: folder.path },
    });
    expect(stdout).to.contain('ofx.desktop');
    const entry = await readFile(folder.file('applications/ofx.desktop'), 'utf8');
    expect(entry)
      .to.contain(`Exec="${path.join(START, 'ofx.sh')}"`)
      .and.contain('Terminal=true');
  });

  it('works from a folder with its own Node.js, where the machine has none', async () => {
    const place = folder.file('bundle');
    await execa(path.join(ROOT, 'node_modules/.bin/tsx'), [path.join(ROOT, 'scripts/bundle.ts'), place], {
      cwd: ROOT,
    });
    expect(await readdir(place)).to.have.members(['README.txt', 'app', 'ofx', 'runtime', 'start-ofx.sh']);
    const packages = await readdir(path.join(place, 'app/node_modules'));
    expect(packages).to.include('onnxruntime-node').and.not.include('mocha').and.not.include('typescript');

    // A machine with a shell and the browser, and nothing else.
    const tools = folder.file('tools');
    await mkdir(tools);
    for (const tool of ['sh', 'mv']) await symlink(`/bin/${tool}`, path.join(tools, tool));
    const { BROWSER, sentTo } = await browser();
    const env = { PATH: tools, HOME: folder.file('home'), BROWSER, START_PORT: String(await freePort()) };
    const sample = path.join(place, 'app/samples/copy-move-rocket.jpg');
    const { stdout } = await execa(path.join(place, 'ofx'), ['predict', sample, '--json'], {
      env,
      extendEnv: false,
    });
    const { results } = JSON.parse(stdout) as PredictReport;
    expect((results[0] as Prediction).verdict).to.equal('manipulated');

    start(path.join(place, 'start-ofx.sh'), env);
    const url = await sentTo();
    const form = new FormData();
    form.append('image', new Blob([await readFile(sample)]), 'rocket.jpg');
    const answer = await fetch(`${url}/v1/predict`, { method: 'POST', body: form });
    expect(((await answer.json()) as Prediction).score).to.equal((results[0] as Prediction).score);
    await access(path.join(place, 'runtime/README.txt'));
  });
});
