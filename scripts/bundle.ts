/**
 * `npm run bundle`: ofx as a plain folder with a Node.js in it, which needs nothing else of the machine: for those who have no
 * terminal, and no Node.js. It is made of what lies here, built and installed, without any network, for this system and this kind of processor.
 *
 * npm run bundle -- [FOLDER]      [tmp/ofx-VERSION-PLATFORM-ARCH]
 */
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, files } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
  version: string;
  files: string[];
};
const { platform, arch } = process;
const folder = path.resolve(process.argv[2] ?? path.join(root, 'tmp', `ofx-${version}-${platform}-${arch}`));
const app = path.join(folder, 'app');

await rm(folder, { recursive: true, force: true });
await mkdir(app, { recursive: true });
await copyPackage();
await copyPackages();
await copyRuntime();
await writeStarts();
const { stdout } = await execa('du', ['-sm', folder]);
console.log(`${folder}: ${stdout.split('\t')[0]} MB`);

/** What npm would pack. */
async function copyPackage(): Promise<void> {
  const wanted = ['package.json', 'LICENSE', 'README.md', ...files.filter((name) => !/[*!]/.test(name))];
  for (const name of wanted) await cp(path.join(root, name), path.join(app, name), { recursive: true });
  for (const name of files.filter((one) => one.startsWith('!') && !one.includes('*')))
    await rm(path.join(app, name.slice(1)), { recursive: true, force: true });
  for (const name of ['convert.py', 'add_precisions.py', 'requirements.txt'])
    await cp(path.join(root, 'python', name), path.join(app, 'python', name));
  await cp(path.join(root, 'python/ofx'), path.join(app, 'python/ofx'), {
    recursive: true,
    filter: (source) => !source.includes('__pycache__'),
  });
}

/** The packages that ofx needs to run, as npm lists them, without what other systems would load. */
async function copyPackages(): Promise<void> {
  const { stdout } = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: root,
    reject: false,
  });
  const places = stdout.split('\n').filter((place) => place.includes(`${path.sep}node_modules${path.sep}`));
  const kept = new Set(places);
  for (const place of places) {
    await cp(place, path.join(app, path.relative(root, place)), {
      recursive: true,
      filter: (source) => {
        const inner = path.join(place, 'node_modules');
        if (source.startsWith(`${inner}${path.sep}`)) return false;
        return !isForeign(path.relative(place, source));
      },
    });
  }
  if (kept.size < 50) throw new Error('npm lists hardly any package: run npm ci first.');
}

/** ONNX Runtime brings its libraries for every system, and, where they were asked for, those of CUDA. */
function isForeign(inside: string): boolean {
  const [, system, processor, file = ''] =
    /^bin[\\/]napi-v\d+[\\/]([^\\/]+)(?:[\\/]([^\\/]+)(?:[\\/](.+))?)?$/.exec(inside) ?? [];
  if (system === undefined) return false;
  if (system !== platform || (processor !== undefined && processor !== arch)) return true;
  return /cuda|tensorrt/i.test(file);
}

async function copyRuntime(): Promise<void> {
  const node = await readNode();
  const place = platform === 'win32' ? 'runtime/node.exe' : 'runtime/bin/node';
  await mkdir(path.dirname(path.join(folder, place)), { recursive: true });
  await copyFile(node.file, path.join(folder, place));
  await chmod(path.join(folder, place), 0o755);
  if (node.licence !== undefined) await copyFile(node.licence, path.join(folder, 'runtime/LICENSE'));
  await writeFile(
    path.join(folder, 'runtime/README.txt'),
    `Node.js ${process.version}, unchanged, from https://nodejs.org. Its licence: ` +
      `${node.licence === undefined ? '' : 'LICENSE beside this file, or '}https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`,
  );
}

/** The Node.js that runs this, and its licence where it lies in a usual place. */
async function readNode(): Promise<{ file: string; licence: string | undefined }> {
  const file = process.execPath;
  const places = [
    path.join(file, '../../LICENSE'),
    '/usr/share/doc/nodejs/LICENSE',
    path.join(file, '../LICENSE'),
  ];
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => '');
    if (/Node\.js/.test(text)) return { file, licence: place };
  }
  return { file, licence: undefined };
}

async function writeStarts(): Promise<void> {
  const start: Record<string, string> =
    platform === 'win32'
      ? {
          'Start ofx.cmd': '@call "%~dp0app\\start\\ofx.cmd"\r\n',
          'ofx.cmd': '@"%~dp0runtime\\node.exe" "%~dp0app\\bin\\run.js" %*\r\n',
        }
      : {
          [platform === 'darwin' ? 'Start ofx.command' : 'start-ofx.sh']:
            '#!/bin/sh\nexec "${0%/*}/app/start/ofx.sh" "$@"\n',
          ofx: '#!/bin/sh\nhere=$(CDPATH= cd -- "${0%/*}" && pwd -P)\nexec "$here/runtime/bin/node" "$here/app/bin/run.js" "$@"\n',
        };
  for (const [name, text] of Object.entries(start)) {
    await writeFile(path.join(folder, name), text);
    await chmod(path.join(folder, name), 0o755);
  }
  const names = (await readdir(folder)).filter((name) => name in start);
  await writeFile(
    path.join(folder, 'README.txt'),
    `ofx ${version}: was this photo manipulated, and where?\n\n` +
      `${names.find((name) => /start/i.test(name))!} opens its page in the browser; nothing leaves the machine.\n` +
      `${names.find((name) => !/start/i.test(name))!} is the program for a terminal, see app/README.md.\n`,
  );
}
