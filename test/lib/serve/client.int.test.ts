import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import openapiTS, { astToString } from 'openapi-typescript';
import { temporaryFolder } from '../../support/folder.js';
import { ROOT } from '../../support/ofx.js';
import { startTestServer, type TestServer } from '../../support/server.js';

const TOKEN = 'a-token-of-some-length';

/** What somebody writes who has nothing but the types that were generated from `/docs/json`. */
const CLIENT = `
import { readFile } from 'node:fs/promises';
import type { components, operations } from './api.js';

type Result = components['schemas']['Result'];
type Problem = components['schemas']['Problem'];
type Question = NonNullable<operations['predict']['parameters']['query']>;

export async function predict(url: string, token: string, file: string, question: Question): Promise<Result> {
  const query = new URLSearchParams(Object.entries(question).map(([name, value]) => [name, String(value)]));
  const answer = await fetch(\`\${url}/v1/predict?\${query}\`, {
    method: 'POST',
    headers: { authorization: \`Bearer \${token}\` },
    body: await readFile(file),
  });
  if (answer.ok) return (await answer.json()) as Result;
  const problem = (await answer.json()) as Problem;
  throw new Error(\`\${problem.code}: \${problem.detail}\`);
}

const [url = '', token = '', file = ''] = process.argv.slice(2);
const { score, verdict } = await predict(url, token, file, { mask: 'png', minArea: 0 });
const models: operations['listModels']['responses'][200]['content']['application/json'] = await (
  await fetch(\`\${url}/v1/models\`, { headers: { authorization: \`Bearer \${token}\` } })
).json();
console.log(JSON.stringify({ score: score satisfies number, verdict, models: models.models.length }));
`;

interface Api {
  paths: Record<
    string,
    Record<string, { operationId?: string; responses: Record<string, unknown>; security?: unknown }>
  >;
  components: { schemas: Record<string, unknown>; securitySchemes: object };
}

describe('the description of the API', () => {
  const folder = temporaryFolder();
  let server: TestServer;
  let api: Api;
  before(async () => {
    server = await startTestServer({ tokens: [TOKEN] });
    api = (await (await fetch(`${server.url}/docs/json`)).json()) as Api;
  });
  after(async () => server.stop(0));

  it('names every operation, shape and problem, and what needs a token', () => {
    const operations = Object.entries(api.paths).flatMap(([url, methods]) =>
      Object.values(methods).map((operation) => ({ url, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).to.not.include(undefined);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(Object.keys(api.components.schemas)).to.have.members([
      'Problem',
      'Result',
      'Results',
      'Prediction',
      'FailedImage',
      'Evidence',
      'JobRequest',
      'CaseFile',
      'Job',
      'Models',
      'Health',
      'Readiness',
      'Reloaded',
    ]);
    const secured = operations.filter(({ security }) => security !== undefined).map(({ url }) => url);
    expect(secured).to.have.members([
      '/v1/predict',
      '/v1/predict/batch',
      '/v1/jobs',
      '/v1/jobs/{id}',
      '/v1/jobs/{id}',
      '/v1/models',
      '/v1/report',
      '/metrics',
      '/admin/reload',
    ]);
    const predict = api.paths['/v1/predict']!['post']!.responses;
    expect(Object.keys(predict)).to.include.members([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '415',
      '429',
      '503',
    ]);
    expect(JSON.stringify(predict['413'])).to.contain('IMAGE_TOO_LARGE').and.to.contain('schemas/Problem');
    expect(JSON.stringify(predict['429'])).to.contain('QUOTA_EXCEEDED (urn:ofx:problem:quota-exceeded)');
    for (const { url, security, responses } of operations) {
      // What any request may meet; whoever needs a token may show a wrong one, and too many.
      const always = [
        '400',
        '408',
        '431',
        '500',
        '503',
        ...(security === undefined ? [] : ['401', '403', '429']),
      ];
      expect(Object.keys(responses), url).to.include.members(always);
    }
  });

  it('makes a client that compiles, and that works', async () => {
    await writeFile(folder.file('api.ts'), astToString(await openapiTS(JSON.stringify(api))));
    await writeFile(folder.file('client.ts'), CLIENT);
    await writeFile(folder.file('package.json'), '{ "type": "module" }');
    await symlink(path.join(ROOT, 'node_modules'), folder.file('node_modules'));
    const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
    const flags = [
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--types',
      'node',
    ];
    execFileSync(tsc, [...flags, 'client.ts'], { cwd: folder.path, stdio: 'pipe' });
    const file = path.join(ROOT, 'samples/copy-move-rocket.jpg');
    const { stdout } = await execa(process.execPath, ['client.js', server.url, TOKEN, file], {
      cwd: folder.path,
    });
    const answer = JSON.parse(stdout) as { score: number; models: number };
    expect(answer.score).to.be.within(0, 1);
    expect(answer.models).to.be.greaterThan(0);
  });
});
