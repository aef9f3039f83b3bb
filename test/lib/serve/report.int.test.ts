import { expect } from 'chai';
import { form, picture, problemCode, startTestServer, type TestServer } from '../../support/server.js';

/** An answer of `POST /v1/predict?exhibit=json`, as far as a report needs it. */
interface Answer {
  image: string;
  exhibit: { photo: string; heat: string; map: string; drawings: unknown[] };
  model: { sha256: string };
  [key: string]: unknown;
}

describe('POST /v1/report', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(async () => server.stop(0));

  async function examined(name: string): Promise<Answer> {
    const body = form({ [name]: await picture() });
    const answer = await fetch(`${server.url}/v1/predict?exhibit=json`, { method: 'POST', body });
    return (await answer.json()) as Answer;
  }

  function line({ exhibit, ...result }: Answer, key: string | undefined, more = {}): object {
    const { photo, heat, drawings } = exhibit;
    return { result: { ...result, ...more }, pictures: key ?? { photo, heat }, drawings };
  }

  async function report(lines: readonly unknown[], accept = 'text/html'): Promise<Response> {
    const body = lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n');
    return fetch(`${server.url}/v1/report`, { method: 'POST', body, headers: { accept } });
  }

  it('renders results as the case file, with pictures inside or as references', async () => {
    const [first, second] = [await examined('a.png'), await examined('b.png')];
    const failure = { image: 'trip/c.txt', error: { code: 'IMAGE_UNRECOGNISED', message: 'No image.' } };
    const answer = await report([
      { case: { id: '47/11', examiner: 'A. Analyst' }, paper: 'letter' },
      line(first, undefined),
      { failure },
      line(second, 'photo-2', {
        image: 'trip/b.png',
        review: { reviewed: true, note: 'seen\n<b>twice</b>' },
      }),
    ]);
    expect(answer.status).to.equal(200);
    const text = await answer.text();
    expect(text).to.contain('Case 47/11').and.contain('A. Analyst').and.contain('size: letter');
    expect(text).to.contain(`href="data:image/jpeg;base64,${first.exhibit.photo}"`);
    expect(text).to.contain('href="cid:photo-2-photo"').and.contain('href="cid:photo-2-heat"');
    expect(text).to.contain('trip/b.png').and.contain('trip/c.txt').and.contain('No image.');
    expect(text).to.contain('Reviewed by the examiner').and.contain('&#60;b&#62;twice');
    expect(text).to.contain(first.model.sha256);
    expect(text.match(/<\/html>/g)).to.have.length(1);
  });

  it('gives the machine-readable twin where JSON is wanted', async () => {
    const result = await examined('a.png');
    const answer = await report(
      [{ case: { note: 'n' } }, line(result, 'k', { review: { reviewed: true } })],
      'application/json',
    );
    const twin = (await answer.json()) as { case: object; summary: object; results: object[] };
    expect(twin.case).to.deep.equal({ note: 'n' });
    expect(twin.summary).to.include({ inputs: 1, failed: 0 });
    expect(twin.results[0]).to.include({ image: 'a.png' }).and.have.property('review');
  });

  it('refuses what is no result, by its line, and results of another model', async () => {
    const result = await examined('a.png');
    expect(await problemCode(await report(['no JSON']))).to.equal('400 RESULT_INVALID');
    expect(await problemCode(await report([]))).to.equal('400 RESULT_INVALID');
    const bad = await report([{ case: {} }, line(result, 'k', { score: 'high' })]);
    expect(((await bad.json()) as { detail: string }).detail).to.contain('Line 2 of the report');
    const model = { ...result.model, sha256: 'f'.repeat(64) };
    expect(await problemCode(await report([{ case: {} }, line(result, 'k', { model })]))).to.equal(
      '409 MODEL_DIFFERS',
    );
    // A key is no way into the markup.
    const key = '"><script>';
    expect(await problemCode(await report([{ case: {} }, line(result, key)]))).to.equal('400 RESULT_INVALID');
  });

  it('adds facts of the file and small pictures where they are asked for, and never where it was taken', async () => {
    const answer = await examined('a.png');
    expect(answer['file']).to.include({ format: 'png' });
    for (const kind of ['photo', 'heat', 'map'] as const)
      expect(Buffer.from(answer.exhibit[kind], 'base64').length, kind).to.be.greaterThan(60);
  });
});

describe('the limit on the rate', () => {
  it('spares this machine, but not what a proxy on it passes on', async () => {
    const server = await startTestServer({ rate: 1, ratesThisMachine: false });
    try {
      const ask = async (headers: Record<string, string> = {}): Promise<number> =>
        (await fetch(`${server.url}/v1/models`, { headers })).status;
      expect([await ask(), await ask(), await ask()]).to.deep.equal([200, 200, 200]);
      const passed = { 'x-forwarded-for': '203.0.113.7' };
      expect([await ask(passed), await ask(passed)]).to.deep.equal([200, 429]);
      expect([await ask({ via: '1.1 proxy' })]).to.deep.equal([429]);
    } finally {
      await server.stop(0);
    }
  });
});
