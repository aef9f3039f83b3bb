import { appendFile, cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, type OfxRun } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';

describe('ofx models', () => {
  const folder = temporaryFolder();
  const models = async (...args: string[]): Promise<OfxRun> =>
    ofx(['models', ...args], { env: { XDG_DATA_HOME: folder.file('data') } });

  it('installs a model, which is then found by its name', async () => {
    const installed = await models('install', TINY_MODEL, '--name', 'mine', '--json');
    expect(installed.exitCode).to.equal(0);
    await expectSchema('models-install', JSON.parse(installed.stdout));
    expect(await readdir(folder.file('data/ofx/models'))).to.deep.equal(['mine']);

    const listed = await models('list', '--json');
    await expectSchema('models-list', JSON.parse(listed.stdout));
    expect((await models('list')).stdout).to.match(/mine +1\.0\.0 +64 fp32, 288 fp32, 380 fp32/);

    const shown = await models('show', 'mine', '--json');
    await expectSchema('models-show', JSON.parse(shown.stdout));
    expect((await models('show', 'mine')).stdout).to.contain('tiny-288.onnx');

    const photo = path.join(ROOT, 'samples/authentic-cat.jpg');
    const env = { XDG_DATA_HOME: folder.file('data') };
    expect((await ofx(['predict', photo, '--model', 'mine'], { env })).exitCode).to.equal(0);
  });

  it('prints the card of a model, and says where there is none', async () => {
    const card = await readFile(path.join(ROOT, 'models/objectformer-lite/README.md'), 'utf8');
    expect((await models('show', '--card')).stdout.trim()).to.equal(card.trim());
    const { stdout } = await models('show', 'objectformer-lite', '--card', '--json');
    await expectSchema('models-show', JSON.parse(stdout));
    expect((JSON.parse(stdout) as { card: string }).card).to.equal(card);

    const none = await models('show', TINY_MODEL, '--card');
    expect([none.exitCode, none.stdout]).to.deep.equal([66, '']);
    expect(none.stderr).to.contain('has no card').and.contain('ofx validate');
  });

  it('verifies each precision of a size by its name', async () => {
    const { exitCode, stdout } = await models('verify', 'objectformer-lite');
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/ok +\S*-380-int8\.onnx \(objectformer-lite at 380 in int8\)/);
    expect(stdout).to.match(/ok +\S*-380\.onnx \(objectformer-lite at 380 in fp32\)/);
    const json = await models('verify', TINY_MODEL, '--json');
    await expectSchema('models-verify', JSON.parse(json.stdout));
    expect((await models('verify', TINY_MODEL)).stdout)
      .to.contain('(tiny at 64)')
      .and.not.to.contain('fp32');
  });

  it('does not replace an installed model unless told to', async () => {
    await models('install', TINY_MODEL);
    expect((await models('install', TINY_MODEL)).exitCode).to.equal(2);
    expect((await models('install', TINY_MODEL, '--force')).exitCode).to.equal(0);
  });

  it('keeps the installed model where a new one cannot take its place, and leaves no draft', async function () {
    await models('install', TINY_MODEL);
    const place = folder.file('data/ofx/models');
    // A folder that is a mount cannot be renamed: the old model stays where it is.
    const script = 'mount --bind "$1/tiny" "$1/tiny" && shift && exec "$@"';
    const command = [
      process.execPath,
      path.join(ROOT, 'bin/run.js'),
      'models',
      'install',
      TINY_MODEL,
      '--force',
    ];
    const { exitCode, stderr } = await execa(
      'unshare',
      ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', place, ...command],
      { reject: false, env: { XDG_DATA_HOME: folder.file('data'), NO_COLOR: '1' } },
    );
    if (/unshare|mount:/.test(stderr)) this.skip();
    expect(exitCode, stderr).to.equal(73);
    expect(await readdir(place)).to.deep.equal(['tiny']);
    expect(await readdir(path.join(place, 'tiny'))).to.have.members(await readdir(TINY_MODEL));
  });

  it('lists no draft that a killed installation left', async () => {
    for (const name of ['.tiny-Xy12ab', 'tiny.4711.part']) {
      await cp(TINY_MODEL, folder.file('data/ofx/models', name), { recursive: true });
    }
    const { models: listed } = JSON.parse((await models('list', '--json')).stdout) as {
      models: { folder: string }[];
    };
    expect(listed.filter((model) => model.folder.startsWith(folder.path))).to.deep.equal([]);
  });

  it('verifies hashes and that each file runs', async () => {
    await cp(TINY_MODEL, folder.file('copy'), { recursive: true });
    const good = await models('verify', folder.file('copy'), '--json');
    expect(good.exitCode).to.equal(0);
    await expectSchema('models-verify', JSON.parse(good.stdout));
    await appendFile(folder.file('copy/tiny-288.onnx'), ' ');
    const bad = await models('verify', folder.file('copy'));
    expect(bad.exitCode).to.equal(65);
    expect(bad.stderr).to.contain('tiny-288.onnx').and.not.to.contain('tiny-380.onnx');
    expect((await models('install', folder.file('copy'))).exitCode).to.equal(65);
  });

  it('refuses what is no model', async () => {
    expect((await models('show', 'nobody')).exitCode).to.equal(66);
    expect((await models('show', path.join(TINY_MODEL, 'tiny-64.onnx'))).exitCode).to.equal(2);
    expect((await models('install', TINY_MODEL, '--name', '../x')).exitCode).to.equal(2);
  });
});
