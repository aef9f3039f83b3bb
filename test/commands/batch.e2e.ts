import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { cp } from 'node:fs/promises';
import type { BatchWork } from '../../src/lib/batch/result.js';
import { expectWhole, figures, makePhotos, predicted } from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT } from '../support/ofx.js';

const tiny = ['--model', TINY_MODEL];
const parse = (text: string): unknown => JSON.parse(text);

describe('ofx batch, on one machine', () => {
  const folder = temporaryFolder();
  const batch = async (...args: string[]) => ofx(['batch', ...args], { cwd: folder.path });

  it('scores a folder as ofx predict does, scores nothing twice, and a lost part again (test 1)', async () => {
    const IMAGES = 60;
    await makePhotos(folder.file('photos'), IMAGES);
    await cp(path.join(ROOT, 'test/fixtures/images/bad-text.jpg'), folder.file('photos/text.jpg'));
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    const run = async () => batch('run', 'photos', '--out', 'run-1', '--shard-size', '8', ...tiny, '--json');

    const first = await run();
    expect(first.exitCode, first.stderr).to.equal(4);
    expect(parse(first.stdout)).to.deep.include({ images: IMAGES + 1, shards: 8, failed: 1 });
    await expectWhole('run-1', expected, { cwd: folder.path, exitCode: 4 });

    const times = async () => {
      const parts = await readdir(folder.file('run-1/parts'));
      return new Map(
        await Promise.all(
          parts.map(async (part) => [part, (await stat(folder.file('run-1/parts', part))).ino] as const),
        ),
      );
    };
    const before = await times();
    expect((await run()).exitCode).to.equal(4);
    expect(await times()).to.deep.equal(before);

    await rm(folder.file('run-1/parts/part-000003.parquet'));
    const work = parse((await batch('work', 'run-1', '--json')).stdout) as BatchWork;
    expect(work).to.deep.include({ images: 8, missing: 0, shards: { published: 1, already: 0 } });
    await expectWhole('run-1', expected, { cwd: folder.path, exitCode: 4 });
    expect((await readdir(folder.file('run-1/parts'))).filter((name) => name.startsWith('.'))).to.be.empty;
    figures(`${IMAGES + 1} images, 8 parts; one part lost: ${work.images} images scored again`);
  });

  it('refuses a worker that would score otherwise, and names every difference (test 11)', async () => {
    await makePhotos(folder.file('photos'), 3);
    expect((await batch('plan', 'photos', '--out', 'run', ...tiny)).exitCode).to.equal(0);
    const differences: [string[], string][] = [
      [['--model', 'objectformer-lite', '--size', '288'], 'model was'],
      [['--threshold', '0.25'], 'threshold was 0.5 and is 0.25'],
      [['--mask-threshold', '0.75'], 'mask-threshold was 0.5 and is 0.75'],
      [['--threads', '2'], 'threads was 1 and is 2'],
    ];
    for (const [flags, difference] of differences) {
      const { exitCode, stderr } = await batch('work', 'run', ...flags);
      expect([exitCode, stderr.includes(difference)], stderr).to.deep.equal([2, true]);
    }

    const runFile = folder.file('run/run.json');
    const planned = await readFile(runFile, 'utf8');
    await writeFile(runFile, planned.replace(/"ofx":"[^"]+"/, '"ofx":"0.0.1"'));
    expect((await batch('work', 'run')).stderr).to.match(/ofx was 0\.0\.1 and is /);
    await writeFile(runFile, planned.replace(/"build":"[^"]+"/, '"build":"0123456789ab"'));
    expect((await batch('work', 'run')).stderr).to.match(/build was 0123456789ab and is /);
    await writeFile(runFile, planned.replace('"temperature":1', '"temperature":2'));
    expect((await batch('work', 'run')).stderr).to.contain('temperature was 2 and is 1');
    await writeFile(runFile, planned);

    const manifest = await readFile(folder.file('run/manifest.txt.gz'));
    manifest[manifest.length - 1]! ^= 1;
    await writeFile(folder.file('run/manifest.txt.gz'), manifest);
    const changed = await batch('work', 'run');
    expect([changed.exitCode, changed.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('the sha256 of manifest.txt.gz was'),
    );
    expect(await readdir(folder.file('run'))).to.not.include('parts');
    figures(`${differences.length + 4} differences, each refused with 2 before an image was looked at`);
  });

  it('refuses a worker whose evidence comes to a score otherwise, though its network is the same', async () => {
    await makePhotos(folder.file('photos'), 2);
    await cp(TINY_MODEL, folder.file('model'), { recursive: true });
    const shipped = JSON.parse(await readFile(folder.file('model/model.json'), 'utf8')) as object;
    const give = async (settings: object) =>
      writeFile(folder.file('model/model.json'), JSON.stringify({ ...shipped, ...settings }));
    const fusion = {
      bias: -0.5,
      sources: [
        { name: 'network', weight: 1 },
        { name: 'copies', weight: 0.25, mapWeight: 0.5 },
      ],
    };
    const [network, copies] = fusion.sources;
    const testScores = { data: 'photos', tampered: [0.5, 0.75, 0.9], authentic: [0.1, 0.2, 0.3] };
    const model = ['--model', folder.file('model'), '--size', '64'];
    await give({ fusion });
    const plan = async (run: string) =>
      JSON.parse((await batch('plan', 'photos', '--out', run, ...model, '--json')).stdout) as {
        runKey: string;
      };
    const { runKey } = await plan('run');
    const differences: [object, string[]][] = [
      [{}, ['evidence was network+copies and is network', 'fusion was {"bias":-0.5', 'and is null']],
      [{ fusion: { ...fusion, bias: -0.75 } }, ['fusion was {"bias":-0.5', 'and is {"bias":-0.75']],
      [
        { fusion: { ...fusion, sources: [network, { ...copies, weight: 0.5 }] } },
        ['"weight":0.25', 'and is {"bias":-0.5', '"weight":0.5,'],
      ],
      [
        { fusion: { ...fusion, sources: [network, { ...copies, aloneFrom: 2 }] } },
        ['fusion was', '"aloneFrom":2'],
      ],
      [{ fusion: { ...fusion, thresholds: { temperature: 2 } } }, ['temperature was 1 and is 2']],
      [{ fusion: { ...fusion, testScores } }, ['test-scores was null and is {"data":"photos"']],
    ];
    for (const [index, [settings, expected]] of differences.entries()) {
      await give(settings);
      const { exitCode, stderr } = await batch('work', 'run');
      expect(exitCode, stderr).to.equal(2);
      for (const text of expected) expect(stderr).to.contain(text);
      expect((await plan(`other-${index}`)).runKey).to.not.equal(runKey);
      expect((await batch('plan', 'photos', '--out', 'run', ...model)).stderr).to.contain(expected[0]);
    }
    await give({ fusion });
    expect((await plan('again')).runKey).to.equal(runKey);
    expect((await batch('work', 'run')).exitCode).to.equal(0);
  });

  it('refuses to plan another run into the same folder', async () => {
    await makePhotos(folder.file('photos'), 2);
    await batch('plan', 'photos', '--out', 'run', ...tiny);
    expect((await batch('plan', 'photos', '--out', 'run', ...tiny)).stdout).to.contain('Was planned before');
    await makePhotos(folder.file('photos'), 3);
    const { exitCode, stderr } = await batch('plan', 'photos', '--out', 'run', ...tiny, '--min-area', '5');
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('min-area was 0 and is 5').and.to.contain('images was 2 and is 3');
  });

  it('names missing shards, and goes by --max-failures', async () => {
    await makePhotos(folder.file('photos'), 9);
    await writeFile(folder.file('photos/none.jpg'), '');
    await batch('run', 'photos', '--out', 'run', '--shard-size', '1', ...tiny);
    for (const [limit, status] of [
      ['0', 3],
      ['5%', 3],
      ['10%', 4],
      ['1', 4],
    ] as const) {
      const { exitCode } = await batch('collect', 'run', '--max-failures', limit);
      expect([limit, exitCode]).to.deep.equal([limit, status]);
    }
    expect((await batch('collect', 'run', '--max-failures', 'few')).exitCode).to.equal(2);
    for (const shard of [2, 4, 5, 6]) await rm(folder.file(`run/parts/part-00000${shard}.parquet`));
    const { exitCode, stderr } = await batch('collect', 'run');
    expect([exitCode, stderr.split('\n')[0]]).to.deep.equal([
      75,
      'error: The run in run lacks 4 shards: 2 and 4-6.',
    ]);
  });

  it('says what is wrong with a part that is not of this run', async () => {
    await makePhotos(folder.file('photos'), 4);
    await batch('run', 'photos', '--out', 'a', '--shard-size', '2', ...tiny);
    await batch('run', 'photos', '--out', 'b', '--shard-size', '2', '--threshold', '0.9', ...tiny);
    await cp(folder.file('b/parts/part-000001.parquet'), folder.file('a/parts/part-000001.parquet'));
    const other = await batch('collect', 'a');
    expect([other.exitCode, other.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 65 && text.includes('belongs to another run'),
    );
    await writeFile(folder.file('a/parts/part-000001.parquet'), 'PAR1');
    expect((await batch('collect', 'a')).stderr).to.contain('not a whole Parquet file');
  });

  it('keeps masks as a WebDataset tar beside each part', async () => {
    await makePhotos(folder.file('photos'), 3);
    await batch('run', 'photos', '--out', 'run', '--masks', 'all', ...tiny);
    const tar = await readFile(folder.file('run/parts/part-000000.masks.tar'));
    for (const name of ['000000.json', '000000.mask.png', '000002.mask.png'])
      expect(tar.includes(name)).to.be.true;
  });

  it('prints documents that their schemas describe', async () => {
    await makePhotos(folder.file('photos'), 3);
    const schema = async (name: string) =>
      parse(await readFile(path.join(ROOT, `schemas/${name}.schema.json`), 'utf8')) as object;
    for (const [args, name] of [
      [['plan', 'photos', '--out', 'run', ...tiny], 'batch-plan'],
      [['work', 'run'], 'batch-work'],
      [['status', 'run'], 'batch-status'],
      [['collect', 'run'], 'batch-collect'],
    ] as const) {
      const { stdout } = await batch(...args, '--json');
      const validate = new Ajv({ strict: false }).compile(await schema(name));
      expect(validate(parse(stdout)), `${name}: ${JSON.stringify(validate.errors)}`).to.be.true;
    }
    for (const [file, name] of [
      ['run.json', 'batch-run'],
      ['summary.json', 'batch-summary'],
    ] as const) {
      const validate = new Ajv({ strict: false }).compile(await schema(name));
      expect(validate(parse(await readFile(folder.file('run', file), 'utf8'))), name).to.be.true;
    }
  });
});
