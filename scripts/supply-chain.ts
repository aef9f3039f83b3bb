import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What ships with ofx, for machines (CycloneDX) and for people (licences). Both are made of package-lock.json and of what is installed. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODELS = path.join(ROOT, 'models');

interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version: string;
  scope?: string;
  purl?: string;
  hashes?: { alg: string; content: string }[];
  licenses?: unknown[];
  description?: string;
}

interface Bom {
  specVersion: string;
  metadata: { component: Component };
  components: (Component & Record<string, unknown>)[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

interface LockedPackage {
  version: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  peer?: boolean;
  os?: string[];
  cpu?: string[];
  resolved?: string;
}

/**
 * The packages as npm tells them, models and fonts; without times, random numbers and folders, so that the same sources give the same
 * bytes.
 */
export function billOfMaterials(): string {
  // Not --omit=dev: that drops what developers' packages need as well, e.g. @oclif/core.
  const flags = ['--sbom-format', 'cyclonedx', '--package-lock-only'];
  const bom = JSON.parse(
    execFileSync('npm', ['sbom', ...flags], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 }),
  ) as Bom;
  const shipped = new Set(shippedPackages().map(({ name, version }) => `${name}@${version}`));
  const packages = bom.components
    .filter(({ name, version }) => shipped.has(`${name}@${version}`))
    .map(({ type, name, version, scope, purl, hashes, licenses, 'bom-ref': ref }) => {
      return { type, 'bom-ref': ref, name, version, scope, licenses, purl, hashes };
    });
  const refs = new Set(packages.map((one) => one['bom-ref']));
  const { name, version } = readJson('package.json') as { name: string; version: string };
  const own = `${name}@${version}`;
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': own,
        name,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        purl: `pkg:npm/${name}@${version}`,
      },
    },
    components: [...byRef(packages), ...models()],
    dependencies: bom.dependencies
      .filter(({ ref }) => refs.has(ref) || ref === own)
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)).sort() }))
      .sort((a, b) => compare(a.ref, b.ref)),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function byRef<T extends { 'bom-ref': string }>(components: T[]): T[] {
  return components.sort((a, b) => compare(a['bom-ref'], b['bom-ref']));
}

/** By code units, on every machine the same. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function models(): object[] {
  return readdirSync(MODELS)
    .sort(compare)
    .map((folder) => {
      const manifest = readJson(`models/${folder}/model.json`) as {
        name: string;
        version: string;
        description?: string;
        licence?: string;
      };
      const files = readdirSync(path.join(MODELS, folder)).filter((file) => /\.(onnx|data)$/.test(file));
      return {
        type: 'machine-learning-model',
        'bom-ref': `model:${manifest.name}@${manifest.version}`,
        name: manifest.name,
        version: manifest.version,
        ...(manifest.licence !== undefined && { licenses: [{ license: { id: manifest.licence } }] }),
        components: files.sort(compare).map((file) => ({
          type: 'file',
          'bom-ref': `model:${manifest.name}/${file}`,
          name: file,
          hashes: [{ alg: 'SHA-256', content: sha256(path.join(MODELS, folder, file)) }],
        })),
      };
    });
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

interface Shipped {
  name: string;
  version: string;
  license: string;
  folder: string;
  /** Has binaries for one system, and is fetched for it when ofx is installed. */
  isForOneSystem: boolean;
}

/** What an installation has; packages that only some need (Redis, traces, S3) come with those who install them. */
function shippedPackages(): Shipped[] {
  const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> };
  const found = Object.entries(packages)
    .filter(([place, { dev, devOptional }]) => place !== '' && !dev && !devOptional)
    .map(([place, { version, license = 'not declared', os, cpu }]) => ({
      name: place.split('node_modules/').at(-1)!,
      version,
      license,
      folder: path.join(ROOT, place),
      isForOneSystem: os !== undefined || cpu !== undefined,
    }));
  const once = new Map(found.map((one) => [`${one.name}@${one.version}`, one]));
  return [...once.values()].sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

const OWN = `ofx
Licensed under the Apache License 2.0 (LICENSE).

What ships with it has licences of its own. Sample photos: samples/README.md. Models: the README.md in their folders. Fonts: assets/fonts/LICENSE.txt.

Packages with binaries for one system are fetched for it when ofx is installed. Those of sharp hold libvips and what that needs, under the LGPL 3.0 or
later, in libraries of their own that can be exchanged; resvg's are under the MPL 2.0; their sources are at the addresses that the packages name.
`;

const RULE = '-'.repeat(100);

/** Names and licences of all that ships, and the texts that the packages bring, each text once. */
export function notice(): string {
  const shipped = shippedPackages();
  const texts = new Map<string, string[]>();
  const silent: string[] = [];
  for (const { name, version, folder, isForOneSystem } of shipped) {
    if (isForOneSystem) continue;
    const files = licenceFiles(folder);
    if (files.length === 0) silent.push(`${name}@${version}`);
    for (const file of files) {
      const text = readFileSync(path.join(folder, file), 'utf8')
        .replace(/\r/g, '')
        .replace(/[ \t]+$/gm, '')
        .trim();
      texts.set(text, [...(texts.get(text) ?? []), `${name}@${version}`]);
    }
  }
  const list = shipped.map(({ name, version, license }) => `${name}@${version}: ${license}`);
  const quoted = [...texts].map(([text, names]) => `${RULE}\n${names.join(', ')}\n\n${text}\n`);
  return [
    OWN,
    `${RULE}\nPackages and their licences:\n\n${list.join('\n')}\n`,
    `${RULE}\nPackages that bring no text, and are under what the list says:\n\n${silent.join('\n')}\n`,
    ...quoted,
  ].join('\n');
}

/** Of a package that is not there on this system either: it has no text that all have. */
function licenceFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
      .sort(compare);
  } catch {
    return [];
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}
