import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseMetricCondition } from '../../../src/lib/run/metric-gates.js';
import { metricAt } from '../../../src/lib/run/summary.js';
import type { Variants } from '../../../src/lib/run/variants.js';
import { validate } from '../../../src/lib/validate/validate.js';
import {
  validateVariants,
  type LatencyRequest,
  type VariantChoices,
  type VariantEvents,
} from '../../../src/lib/validate/variants.js';
import type { ValidateRequest } from '../../../src/lib/validate/request.js';
import { makeDataset } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';
import { expectSchema } from '../../support/schema.js';
import { tinyValidation } from '../../support/validate-request.js';

describe('sizes and precisions held against each other', () => {
  const folder = temporaryFolder();

  beforeEach(async () => {
    await makeDataset(folder.file('data'), 8);
  });

  const measure = async (
    choices: Partial<VariantChoices>,
    settings: Partial<ValidateRequest> = {},
    latency: LatencyRequest = {},
    events: VariantEvents = {},
  ): Promise<Variants> =>
    validateVariants(
      { sizes: [undefined], precisions: [undefined], ...choices },
      await tinyValidation({ dataset: folder.file('data'), out: folder.file('all'), ...settings }),
      { until: { kind: 'runs', runs: 3 }, threads: 1, ...latency },
      validate,
      events,
    );

  it('tells accuracy and latency of each, the front, and which to use', async () => {
    const result = await measure({ sizes: [64, 288, 64] }, { charts: true });
    await expectSchema('validate-variants', result);
    const { variants, recommendation } = result;
    expect(variants.map(({ name }) => name)).to.have.members(['64-fp32', '288-fp32']);
    const latencies = variants.map(({ latencyMs }) => latencyMs.p50);
    expect(latencies).to.deep.equal([...latencies].sort((a, b) => a - b));
    expect(
      variants.every(({ latencyMs: { runs, p95, p50 } }) => runs === 3 && p95 >= p50 && p50 > 0),
    ).to.equal(true);
    const accurate = (name: string): number =>
      metricAt(variants.find((one) => one.name === name)!.metrics, 'protocols.macro.pixel.f1')!.value!;
    const best = Math.max(accurate('64-fp32'), accurate('288-fp32'));
    expect(accurate(recommendation.variant!)).to.equal(best);
    expect(variants.find(({ name }) => name === recommendation.variant)!.onFront).to.equal(true);
    expect(await readdir(folder.file('all'))).to.have.members([
      ...['64-fp32', '288-fp32', 'variants.json', 'variants.csv', 'variants.html'],
      ...['trade-off.png', 'trade-off.svg', 'trade-off.vl.json'],
    ]);
    const page = await readFile(folder.file('all/variants.html'), 'utf8');
    expect(page).to.contain('288-fp32/report.html').and.to.contain(recommendation.text);
    const csv = await readFile(folder.file('all/variants.csv'), 'utf8');
    expect(csv).to.match(/^variant,inputSize,precision,path,value,low,high,n\n/);
    expect(csv).to.contain(`288-fp32,288,fp32,latencyMs.p50,`);
  });

  it('recommends nothing where the data give no accuracy', async () => {
    const authentic = { dataset: folder.file('data'), split: folder.file('data/authentic.txt') };
    await writeFile(authentic.split, 'images/001.png\tNone\t0\nimages/003.png\tNone\t0\n');
    const { recommendation, variants } = await measure({ sizes: [64] }, { ...authentic, charts: true });
    expect(recommendation.text).to.contain('cannot be given on these data');
    expect(variants[0]!.onFront).to.equal(false);
  });

  it('puts conditions to the variants that they name, and fails one that names none', async () => {
    const failOn = [
      'image.auc[size=64] > 2',
      'image.auc > 2',
      'image.auc[size=64,precision=FP32] < -1',
      'image.auc[size=224] < 0',
    ].map(parseMetricCondition);
    const { gates } = await measure({ sizes: [64, 288] }, { failOn });
    expect(
      gates.map(({ name, subject, passed }) => [name.slice(8), subject.split(', ').at(-1), passed]),
    ).to.deep.equal([
      ['image.auc[size=64] > 2', '64-fp32', true],
      ['image.auc > 2', '64-fp32', true],
      ['image.auc[size=64,precision=FP32] < -1', '64-fp32', true],
      ['image.auc > 2', '288-fp32', true],
      ['image.auc[size=224] < 0', 'all variants', false],
    ]);
  });

  it('says that a variant is missing before anything is measured', async () => {
    expect((await rejection(measure({ sizes: [64, 65] }))).code).to.equal('SIZE_NOT_AVAILABLE');
    expect((await rejection(measure({ sizes: [64], precisions: ['fp32', 'int8'] }))).code).to.equal(
      'SIZE_NOT_AVAILABLE',
    );
    const bare = { kind: 'onnx', file: 'model.onnx' } as const;
    expect((await rejection(measure({ sizes: [64, 288] }, { model: bare }))).code).to.equal('USAGE');
    expect(await readdir(folder.path)).to.deep.equal(['data']);
  });

  it('keeps finished runs of a call that is taken up', async () => {
    await measure({ sizes: [64, 288] });
    await rm(folder.file('all/288-fp32'), { recursive: true });
    const before = (await stat(folder.file('all/64-fp32/summary.json'))).mtimeMs;
    const seen: [string, boolean][] = [];
    await measure(
      { sizes: [64, 288] },
      { resume: true },
      {},
      {
        onRun: (name, record) => {
          seen.push([name, record !== undefined]);
          return Promise.resolve();
        },
      },
    );
    expect(seen).to.deep.equal([
      ['64-fp32', false],
      ['288-fp32', true],
    ]);
    expect((await stat(folder.file('all/64-fp32/summary.json'))).mtimeMs).to.equal(before);
  });

  it('times images that could be read, and recommends nothing where nothing is within the budget', async () => {
    await writeFile(folder.file('data/images/000.png'), 'no picture');
    const { photos, variants, recommendation } = await measure({ sizes: [64] }, {}, { maxLatencyMs: 1e-6 });
    expect(photos).to.equal(7);
    expect(variants[0]!.failed).to.equal(1);
    expect(variants[0]!.withinBudget).to.equal(false);
    expect(recommendation.variant).to.equal(null);
    expect(recommendation.text).to.match(/^None is within .*: the fastest, 64-fp32, takes /);
  });
});
