import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import sharp from 'sharp';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import type { PredictReport, Prediction } from '../../../src/lib/predict/result.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import {
  BatchAnswerSchema,
  ModelsAnswerSchema,
  PredictAnswerSchema,
} from '../../../src/lib/serve/schemas.js';
import { TINY_MODEL } from '../../support/models.js';
import { ROOT } from '../../support/ofx.js';
import { form, picture, startTestServer, type TestServer } from '../../support/server.js';

const SAMPLE = path.join(ROOT, 'samples/splice-dahlia.jpg');
const ajv = new Ajv({ strict: false });

type Answer = Prediction & { mask?: string; overlay?: string; probability?: string };

describe('POST /v1/predict', () => {
  let server: TestServer;
  let photo: Buffer;

  before(async () => {
    server = await startTestServer({ concurrency: 2 });
    photo = await readFile(SAMPLE);
  });

  after(() => server.stop(5000));

  async function predict(
    query = '',
    body: NonNullable<RequestInit['body']> = photo,
    headers = {},
  ): Promise<Answer> {
    const response = await fetch(`${server.url}/v1/predict${query}`, { method: 'POST', body, headers });
    expect(response.status).to.equal(200);
    return (await response.json()) as Answer;
  }

  /** What `ofx predict` says as well, without the clock. */
  function numbers(answer: object): unknown {
    const others = ['timingsMs', 'examinedAt', 'schemaVersion', 'ofx', 'mask'];
    return Object.fromEntries(Object.entries(answer).filter(([key]) => !others.includes(key)));
  }

  for (const size of [64, 288]) {
    it(`gives the numbers of ofx predict to the last digit, at ${size}`, async () => {
      const options = { size, threads: 2, concurrency: 1 };
      const analyser = await Analyser.open(await findModel(TINY_MODEL), options);
      const { prediction, files } = await analyser.analyse('image', photo, {
        minArea: 5,
        outputs: { mask: 'png' },
      });
      await analyser.close();
      const answer = await predict(`?size=${size}&minArea=5&mask=png`);
      expect(numbers(answer)).to.deep.equal(numbers(prediction));
      expect(Buffer.from(answer.mask!, 'base64').equals(files.mask!)).to.equal(true);
    });
  }

  it('looks at a large image through windows as ofx predict --tile does, alone and in a batch', async () => {
    const analyser = await Analyser.open(await findModel(TINY_MODEL), {
      size: 64,
      threads: 1,
      concurrency: 1,
    });
    const { prediction } = await analyser.analyse('image', photo, { minArea: 0, tile: true });
    await analyser.close();
    expect(prediction.windows!.count).to.be.within(30, 64);
    const answer = await predict('?tile=true');
    expect(numbers(answer)).to.deep.equal(numbers(prediction));
    expect(ajv.validate(PredictAnswerSchema, answer), JSON.stringify(ajv.errors)).to.equal(true);
    expect(await predict('?tile=false')).to.not.have.property('windows');

    const body = form({ 'a.jpg': photo });
    const response = await fetch(`${server.url}/v1/predict/batch?tile=true`, { method: 'POST', body });
    const { results } = (await response.json()) as PredictReport;
    expect((results[0] as Prediction).windows).to.deep.equal(prediction.windows);
  });

  it('takes a raw body and a form alike', async () => {
    const fromForm = await predict('', form({ 'photo.jpg': photo }));
    expect(fromForm.image).to.equal('photo.jpg');
    expect(numbers({ ...fromForm, image: 'image' })).to.deep.equal(numbers(await predict()));
  });

  it('tells an image by its content, whatever its label says', async () => {
    for (const type of ['application/json', 'text/plain', 'x', '']) {
      expect((await predict('', photo, { 'content-type': type })).width).to.equal(600);
    }
  });

  it('holds to its schema, with all that can be asked for', async () => {
    const answer = await predict('?mask=png&overlay=jpeg&probability=png');
    expect(ajv.validate(PredictAnswerSchema, answer), ajv.errorsText()).to.equal(true);
    const formats = await Promise.all(
      [answer.mask!, answer.overlay!, answer.probability!].map(async (text) => {
        const { format, width, height } = await sharp(Buffer.from(text, 'base64')).metadata();
        return [format, width, height];
      }),
    );
    expect(formats).to.deep.equal([
      ['png', 600, 400],
      ['jpeg', 600, 400],
      ['png', 600, 400],
    ]);
  });

  it('applies thresholds and the smallest area', async () => {
    const usual = await predict();
    const strict = await predict('?scoreThreshold=0&maskThreshold=0.9&minArea=1000');
    expect([strict.tampered, strict.scoreThreshold, strict.maskThreshold]).to.deep.equal([true, 0, 0.9]);
    expect(strict.regions.length).to.be.lessThan(usual.regions.length);
    expect(strict.regions.every(({ area }) => area >= 1000)).to.equal(true);
  });

  it('answers with the mask itself where a PNG is asked for', async () => {
    const response = await fetch(`${server.url}/v1/predict`, {
      method: 'POST',
      body: await picture(100),
      headers: { accept: 'image/png' },
    });
    expect(response.headers.get('content-type')).to.equal('image/png');
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels]!;
    expect([at(50, 50), at(5, 5)]).to.deep.equal([255, 0]);
  });

  it('gives every image of a batch its own result or error', async () => {
    const broken = await readFile(path.join(ROOT, 'test/fixtures/images/bad-truncated.png'));
    const response = await fetch(`${server.url}/v1/predict/batch`, {
      method: 'POST',
      body: form({ 'a.jpg': photo, 'b.png': broken, 'c.jpg': photo }),
    });
    const report = (await response.json()) as PredictReport;
    expect(ajv.validate(BatchAnswerSchema, report), ajv.errorsText()).to.equal(true);
    const [a, b, c] = report.results;
    expect([a!.image, b!.image, c!.image]).to.deep.equal(['a.jpg', 'b.png', 'c.jpg']);
    expect(b).to.have.nested.property('error.code', 'IMAGE_DAMAGED');
    const { inputs, failed } = report.summary;
    expect([response.status, inputs, failed]).to.deep.equal([200, 3, 1]);
  });

  it('lists the models that can be named, and takes their names', async () => {
    const list = (await (await fetch(`${server.url}/v1/models`)).json()) as {
      models: { name: string; default: boolean }[];
    };
    expect(ajv.validate(ModelsAnswerSchema, list), ajv.errorsText()).to.equal(true);
    expect(list.models.find((model) => model.default)).to.have.property('name', 'tiny');
    expect((await predict('?model=tiny&size=380')).model.inputSize).to.equal(380);
  });
});
