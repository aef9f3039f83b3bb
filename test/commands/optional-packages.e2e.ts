import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect } from 'chai';
import { makePhotos } from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ROOT, type OfxRun } from '../support/ofx.js';

const OPTIONAL = [
  'bullmq',
  'ioredis',
  'pg',
  '@aws-sdk/client-s3',
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/exporter-trace-otlp-http',
];

/** Everything that is installed, but for what is optional. */
async function linkPackages(from: string, into: string, scope = ''): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const name of await readdir(from)) {
    const full = scope + name;
    if (OPTIONAL.includes(full)) continue;
    if (name.startsWith('@')) await linkPackages(path.join(from, name), path.join(into, name), `${name}/`);
    else await symlink(path.join(from, name), path.join(into, name));
  }
}

describe('ofx without its optional packages (test 19)', () => {
  const folder = temporaryFolder();

  /** As somebody has it who installed none of them. */
  async function install(): Promise<string> {
    const place = folder.file('ofx');
    await mkdir(place);
    for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json', 'assets', 'schemas', 'web'])
      await cp(path.join(ROOT, name), path.join(place, name), { recursive: true });
    await symlink(path.join(ROOT, 'models'), path.join(place, 'models'));
    await linkPackages(path.join(ROOT, 'node_modules'), path.join(place, 'node_modules'));
    return path.join(place, 'bin/run.js');
  }

  it('predicts and runs batches, and says what to install for the rest', async () => {
    const binary = await install();
    await makePhotos(folder.file('photos'), 4);
    const ofx = async (...args: string[]): Promise<OfxRun> => {
      const { exitCode, stdout, stderr } = await execa(process.execPath, [binary, ...args], {
        ...{ cwd: folder.path, reject: false },
        env: { NO_COLOR: '1', CI: '1', AWS_REGION: 'eu-west-1' },
      });
      return { exitCode, stdout, stderr };
    };
    const predicted = await ofx('predict', 'photos', '--model', TINY_MODEL, '--format', 'ndjson');
    expect(predicted.exitCode, predicted.stderr).to.equal(0);
    const run = await ofx('batch', 'run', 'photos', '--model', TINY_MODEL, '--out', 'run', '--json');
    expect(run.exitCode, run.stderr).to.equal(0);
    const collected = await ofx('batch', 'collect', 'run', '--json');
    expect(JSON.parse(collected.stdout)).to.include({ images: 4 });

    const missing: [needed: RegExp, args: string[]][] = [
      [/npm install bullmq@\S+ ioredis@/, ['batch', 'submit', 'run', '--queue', 'redis://127.0.0.1:1']],
      [/npm install bullmq@\S+ pg@/, ['batch', 'submit', 'run', '--queue', 'postgres://127.0.0.1:1/x']],
      [/npm install @aws-sdk\/client-s3@/, ['batch', 'status', 's3://bucket/run']],
      [/npm install bullmq@\S+ ioredis@/, ['serve', '--port', '0', '--redis', 'redis://127.0.0.1:1']],
      [/npm install @opentelemetry\/\S+@/, ['serve', '--port', '0', '--otlp-endpoint', 'http://127.0.0.1:1']],
    ];
    for (const [needed, args] of missing) {
      const { exitCode, stderr } = await ofx(...args);
      expect(exitCode, `${args.join(' ')}: ${stderr}`).to.equal(69);
      expect(stderr).to.match(needed);
    }
  });
});
