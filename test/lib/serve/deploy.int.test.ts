import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { serveFlags } from '../../../src/lib/cli/serve-flags.js';
import { BATCH_PYTHON, describeWith } from '../../support/batch.js';
import { ROOT } from '../../support/ofx.js';
import { picture, startTestServer } from '../../support/server.js';

const DEPLOY = path.join(ROOT, 'deploy');

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
  data?: Record<string, string>;
}

function build(folder: string): { text: string; manifests: Manifest[] } {
  const text = execFileSync('kubectl', ['kustomize', path.join(DEPLOY, 'kubernetes', folder)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { text, manifests: parseAllDocuments(text).map((one) => one.toJS() as Manifest) };
}

/** One of a kind, e.g. `Deployment`; names of made ones end in a hash of what they hold. */
function only(manifests: readonly Manifest[], kind: string, name = 'ofx'): Manifest {
  const named = new RegExp(`^${name}(-[a-z0-9]{10})?$`);
  const found = manifests.filter((one) => one.kind === kind && named.test(one.metadata.name));
  expect(
    found.map(({ metadata }) => metadata.name),
    kind,
  ).to.have.length(1);
  return found[0]!;
}

interface PodTemplate {
  metadata: { labels: Record<string, string> };
  spec: {
    terminationGracePeriodSeconds: number;
    containers: [
      {
        image: string;
        lifecycle: { preStop: { exec: { command: string[] } } };
        ports: { name: string; containerPort: number }[];
        resources: { requests: object; limits: { memory: string } };
        envFrom: { configMapRef: { name: string } }[];
      } & Record<'startupProbe' | 'livenessProbe' | 'readinessProbe', { httpGet: { path: string } }>,
    ];
  };
}

/** Kustomize, which is part of kubectl; those before 4 do not know all that is used here. */
function hasKustomize(): boolean {
  try {
    const said = execFileSync('kubectl', ['version', '--client', '--output', 'json'], { encoding: 'utf8' });
    const { kustomizeVersion = 'v0' } = JSON.parse(said) as { kustomizeVersion?: string };
    return Number(/^v(\d+)/.exec(kustomizeVersion)?.[1]) >= 4;
  } catch {
    return false;
  }
}

const TITLE = 'deploy/kubernetes, as kustomize builds it';
if (hasKustomize()) describe(TITLE, kubernetes);
else describe.skip(`${TITLE} (no kubectl with kustomize 4 or newer)`, () => undefined);

function kubernetes(): void {
  const { manifests } = build('production');
  const deployment = only(manifests, 'Deployment');
  const { metadata, spec: pod } = deployment.spec['template'] as PodTemplate;
  const [container] = pod.containers;
  const settings = only(manifests, 'ConfigMap').data!;

  it('has selectors that find the pods, and ports that they have', () => {
    const labels = metadata.labels;
    const selectors = [
      (deployment.spec['selector'] as { matchLabels: object }).matchLabels,
      only(manifests, 'Service', 'ofx').spec['selector'] as object,
      (only(manifests, 'PodDisruptionBudget').spec['selector'] as { matchLabels: object }).matchLabels,
    ];
    for (const selector of selectors) expect(labels).to.include(selector);
    const [port] = only(manifests, 'Service').spec['ports'] as { targetPort: string }[];
    expect(container.ports.map(({ name }) => name)).to.include(port!.targetPort);
  });

  it('stops no later than it is given time for', () => {
    const seconds = Number(container.lifecycle.preStop.exec.command[1]);
    const deadline = Number(settings['OFX_DEADLINE']);
    expect(pod.terminationGracePeriodSeconds).to.be.above(seconds + deadline);
  });

  it('asks addresses that the service has, scales by a metric that it has, and sets what are settings', async () => {
    const server = await startTestServer();
    try {
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
        expect((await fetch(server.url + container[probe].httpGet.path)).status, probe).to.equal(200);
      const monitor = only(manifests, 'ServiceMonitor').spec['endpoints'] as [{ path: string }];
      const metrics = await (await fetch(server.url + monitor[0].path)).text();
      const scaler = only(manifests, 'HorizontalPodAutoscaler').spec['metrics'] as [
        { pods: { metric: { name: string } } },
      ];
      expect(metrics).to.match(new RegExp(`^${scaler[0].pods.metric.name} `, 'm'));
      const adapter = readFileSync(path.join(DEPLOY, 'kubernetes/prometheus-adapter.yaml'), 'utf8');
      expect(adapter).to.contain(`seriesQuery: ${scaler[0].pods.metric.name}{`);
    } finally {
      await server.stop(0);
    }
    const variables = Object.keys(serveFlags).map((flag) => `OFX_${flag.toUpperCase().replaceAll('-', '_')}`);
    expect(Object.keys(settings).filter((name) => !variables.includes(name))).to.deep.equal([]);
  });

  it('lets the service ask the Redis that it is told of, which drops nothing', () => {
    expect(settings['OFX_REDIS']).to.equal('redis://ofx-redis:6379');
    expect(only(manifests, 'Service', 'ofx-redis').spec['ports']).to.have.nested.property('[0].port', 6379);
    const redis = only(manifests, 'StatefulSet', 'ofx-redis').spec['template'] as {
      spec: { containers: [{ args: string[] }] };
    };
    expect(redis.spec.containers[0].args.join(' '))
      .to.contain('noeviction')
      .and.to.contain('--appendonly yes');
  });

  it('has a ServiceMonitor that is valid for the Prometheus Operator', () => {
    const monitor = only(manifests, 'ServiceMonitor');
    new ServiceMonitor(monitor as unknown as ConstructorParameters<typeof ServiceMonitor>[0]).validate();
    const selected = (monitor.spec['selector'] as { matchLabels: object }).matchLabels;
    const service = only(manifests, 'Service') as Manifest & { metadata: { labels: object } };
    expect(service.metadata.labels).to.include(selected);
  });

  if (process.env['OFX_TEST_REQUIRE_DATA'] || hasPython()) {
    for (const folder of ['base', 'production']) {
      it(`is valid to the letter for Kubernetes: ${folder}`, () => {
        const own = build(folder).manifests.filter(({ kind }) => kind !== 'ServiceMonitor');
        const validate = [
          'import json, sys, kubernetes_validate',
          'for one in json.load(sys.stdin): kubernetes_validate.validate(one, "1.37", strict=True)',
        ].join('\n');
        execFileSync(BATCH_PYTHON, ['-c', validate], { input: JSON.stringify(own), stdio: 'pipe' });
      });
    }
  } else it.skip(`is valid to the letter for Kubernetes (no ${BATCH_PYTHON})`);
}

function hasPython(): boolean {
  try {
    execFileSync(BATCH_PYTHON, ['-c', 'import kubernetes_validate'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describeWith('promtool', 'the alerts of deploy/prometheus', () => {
  const run = (...args: string[]) =>
    execFileSync('promtool', args, { cwd: path.join(DEPLOY, 'prometheus'), stdio: 'pipe' });

  it('are valid, and fire when they should', () => {
    run('check', 'config', 'prometheus.yml');
    run('test', 'rules', 'alerts.test.yml');
    const { groups } = parse(readFileSync(path.join(DEPLOY, 'prometheus/alerts.yml'), 'utf8')) as {
      groups: { rules: { alert: string }[] }[];
    };
    const tests = readFileSync(path.join(DEPLOY, 'prometheus/alerts.test.yml'), 'utf8');
    for (const { alert } of groups.flatMap(({ rules }) => rules))
      expect(tests, alert).to.match(new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n +- exp_labels`));
  });
});

describe('alerts and dashboard', () => {
  it('name metrics and labels that a running service has, and so does the table of docs/serve.md', async () => {
    const tokens = ['shop predict a-token-of-the-shop quota=9/day', 'grafana metrics a-token-of-grafana'];
    const server = await startTestServer({ tokens });
    try {
      const headers = { authorization: 'Bearer a-token-of-the-shop' };
      for (const body of [await picture(), Buffer.from('no image')])
        await fetch(`${server.url}/v1/predict`, { method: 'POST', body, headers });
      const asGrafana = { authorization: 'Bearer a-token-of-grafana' };
      const text = await (await fetch(`${server.url}/metrics`, { headers: asGrafana })).text();
      const series = new Map<string, Set<string>>();
      for (const [, name, labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
        const known = series.get(name!) ?? new Set();
        for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!);
        series.set(name!, known);
      }
      const dashboard = JSON.parse(readFileSync(path.join(DEPLOY, 'grafana/dashboard.json'), 'utf8')) as {
        panels: { targets: { expr: string }[]; title: string }[];
      };
      const alerts = parse(readFileSync(path.join(DEPLOY, 'prometheus/alerts.yml'), 'utf8')) as {
        groups: { rules: { expr: string }[] }[];
      };
      const watched = readFileSync(path.join(ROOT, 'docs/serve.md'), 'utf8').matchAll(
        /^\| `(\w+(?:\{[^`]*\})?)`.*\|$/gm,
      );
      const queries = [
        ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
        ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
        ...[...watched]
          .map(([, metric]) => metric!)
          .filter((metric) => /^(ofx|nodejs|process)_/.test(metric)),
      ];
      expect(queries.length).to.be.above(35);
      for (const query of queries) {
        for (const [, name, , labels = ''] of query.matchAll(
          /\b((?:ofx|nodejs|process)_\w+)(\{([^}]*)\})?/g,
        )) {
          // A histogram is named by itself in the docs, by its parts in queries.
          const part = series.has(name!) ? name! : `${name!}_count`;
          expect([...series.keys()], query).to.include(part);
          for (const [, label] of labels.matchAll(/(\w+)=/g))
            if (label !== 'instance')
              expect([...series.get(part)!], `${label!} of ${part}`).to.include(label!);
        }
      }
    } finally {
      await server.stop(0);
    }
  });
});
