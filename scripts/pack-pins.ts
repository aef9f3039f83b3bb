import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * `npm pack` puts the very packages that were tested into the tarball. npm heeds no lock file and no `overrides` in a tarball
 * that is installed from a file: whoever installed it got whatever was new that day, for another Node.js sometimes. Packages
 * with binaries for each platform cannot be carried along; they, and all that they need, are named by their exact versions.
 *
 * For as long as packing takes, package.json is what the tarball needs: without scripts for developers, too.
 *
 *   tsx scripts/pack-pins.ts write | restore
 */

const KEPT = 'package.json.kept';

interface Package {
  dev?: boolean;
  version: string;
  cpu?: string[];
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Manifest {
  dependencies: Record<string, string>;
  bundleDependencies?: string[];
  scripts: Record<string, string>;
  devDependencies?: unknown;
  overrides?: unknown;
}

if (process.argv[2] === 'restore') {
  if (existsSync(KEPT)) renameSync(KEPT, 'package.json');
} else {
  copyFileSync('package.json', KEPT);
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, Package>;
  };
  const isNative = (name: string): boolean => {
    const { hasInstallScript, optionalDependencies = {} } = packages[`node_modules/${name}`]!;
    return (
      hasInstallScript === true ||
      Object.keys(optionalDependencies).some((optional) => packages[`node_modules/${optional}`]?.cpu)
    );
  };
  const natives = Object.keys(manifest.dependencies).filter(isNative);
  const exact = new Map<string, string>();
  /** @param place - where a package lies, which finds what it needs below itself, or further up */
  const pin = (place: string): void => {
    for (const name of Object.keys(packages[place]!.dependencies ?? {})) {
      let above = place;
      while (!packages[`${above}/node_modules/${name}`] && above !== '') {
        above = above.slice(0, Math.max(0, above.lastIndexOf('/node_modules/')));
      }
      const found = `${above && `${above}/`}node_modules/${name}`;
      if (exact.has(name)) continue;
      exact.set(name, packages[found]!.version);
      pin(found);
    }
  };
  for (const native of natives) pin(`node_modules/${native}`);
  manifest.bundleDependencies = Object.keys(manifest.dependencies).filter((name) => !natives.includes(name));
  Object.assign(manifest.dependencies, Object.fromEntries(exact));
  // What npm runs when it has packed.
  manifest.scripts = { postpack: manifest.scripts['postpack']! };
  delete manifest.devDependencies;
  delete manifest.overrides;
  writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}
