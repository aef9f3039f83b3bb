import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ERROR_TABLE } from '../../../src/lib/core/errors.js';
import { BATCH_PYTHON, describeWith, figures } from '../../support/batch.js';
import { ROOT } from '../../support/ofx.js';

/** Manifests; compose.yaml and Prometheus' .yml are none. */
const KUBERNETES = /^(?!compose).*\.yaml$/;
const FOLDER = path.join(ROOT, 'deploy/batch');

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
