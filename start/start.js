/** Starts the page of ofx on this machine alone, and opens the browser; the scripts beside this file run it by a double click. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A browser keeps a session by address: it is the same with each start, unless some other program has it. */
const PORT = Number(process.env.START_PORT ?? 47_110);
const DEADLINE_S = 300;

if (!existsSync(path.join(ROOT, 'dist')) || !existsSync(path.join(ROOT, 'node_modules'))) {
  // Installed as a package, its packages lie in the folder above.
  if (!existsSync(path.join(ROOT, 'dist')) || !ROOT.includes(`${path.sep}node_modules${path.sep}`))
    give(`ofx is not ready in ${ROOT}.\nOpen a terminal there, once, and run:  npm ci`);
}

const there = `http://127.0.0.1:${PORT}`;
if (await isOfx(there)) {
  process.stdout.write(`ofx runs already: ${there}\n`);
  open(there);
} else {
  serve((await isFree(PORT)) ? PORT : 0);
}

function serve(port) {
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), '--deadline', String(DEADLINE_S)];
  const server = spawn(process.execPath, [path.join(ROOT, 'bin/run.js'), ...args, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: server.stdout }).once('line', (url) => {
    process.stdout.write(
      `ofx examines photos at ${url}\nNothing leaves this machine. Close this window, or press Ctrl-C, to end it.\n`,
    );
    open(url);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill('SIGTERM'));
  server.on('error', (error) => give(`ofx could not be started: ${error.message}`));
  server.on('exit', (code) => (process.exitCode = code ?? 1));
}

/** By the browser that the system has for addresses; where that fails, the address stands above. */
function open(url) {
  const [command, ...args] = opener(url);
  const browser = spawn(command, args, { stdio: 'ignore', detached: true });
  browser.on('error', () => process.stdout.write(`Open ${url} in a browser.\n`));
  browser.unref();
}

function opener(url) {
  const chosen = process.env.BROWSER;
  if (chosen) return [chosen, url];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return [process.platform === 'darwin' ? 'open' : 'xdg-open', url];
}

/** Whether ofx answers there already; some other program may say anything, or nothing. */
function isOfx(url) {
  return new Promise((resolve) => {
    const asked = http.get(`${url}/readyz`, { timeout: 2000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('close', () => resolve(/"workers":\{"ready":/.test(text)));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function give(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
