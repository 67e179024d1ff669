/** What `cowlab init` writes: the files of one folder, by their names in it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { experimentFiles } from './experiment-files.ts';
import { policyFiles } from './policy-files.ts';
import { raceFiles, scenarioFiles } from './text-files.ts';
import { type Files, hasCode, type Wanted } from './wanted.ts';

/** `isThere`: whether a package is found from where the folder will be, so that it need not be installed again. */
export function filesOf(wanted: Wanted, isThere: (name: string) => boolean): Files {
  const { kind } = wanted;
  const files = kind === 'policy'
    ? policyFiles(wanted)
    : kind === 'experiment'
    ? experimentFiles(wanted)
    : kind === 'scenario'
    ? scenarioFiles(wanted)
    : raceFiles(wanted);
  return { 'package.json': manifestOf(wanted, isThere), ...(hasCode(kind) ? settingsOf(wanted) : {}), ...files };
}

const VERSIONS: Readonly<Record<string, string>> = { 'fast-check': '^4.0.0', '@types/node': '^20.19.0',
  vitest: '^4.0.0', jest: '^30.0.0', '@jest/globals': '^30.0.0', 'ts-jest': '^29.4.0', typescript: '^5.9.0' };

function manifestOf(wanted: Wanted, isThere: (name: string) => boolean): string {
  const { kind, name, version } = wanted;
  const needs = ['cowlab', ...packagesOf(wanted)].filter((needed) => !isThere(needed)).sort();
  const devDependencies = Object.fromEntries(needs.map((needed) => [needed, VERSIONS[needed] ?? `^${version}`]));
  return `${
    JSON.stringify({ name: kind === 'policy' ? `cowlab-policy-${name}` : name, private: true, type: 'module',
      ...(kind === 'policy' && { exports: `./${name}.${wanted.lang}` }), scripts: scriptsOf(wanted),
      ...(needs.length > 0 && { devDependencies }) }, null, 2)
  }\n`;
}

function packagesOf({ kind, lang, runner }: Wanted): string[] {
  if (!hasCode(kind)) return [];
  const ts = lang === 'ts';
  return [...(kind === 'policy' ? ['fast-check'] : []), ...(ts ? ['@types/node'] : []),
    ...(runner === 'vitest' ? ['vitest'] : []),
    ...(runner === 'jest' ? ['jest', '@jest/globals', ...(ts ? ['ts-jest', 'typescript'] : [])] : [])];
}

function scriptsOf({ kind, name, lang, runner }: Wanted): Record<string, string> {
  if (kind === 'scenario') return { test: `cowlab compare ${name}.cow` };
  if (kind === 'race') return { test: `cowlab check ${name}.race` };
  const test = runner === 'vitest'
    ? 'vitest run'
    : runner === 'jest'
    ? 'NODE_OPTIONS=--experimental-vm-modules jest'
    : `node ${lang === 'ts' ? '--import cowlab/register ' : ''}--test ${name}.test.${lang}`;
  return kind === 'policy'
    ? { start: `cowlab compare pinned.cow --policies naive-cow,./${name}.${lang}`, test }
    : { start: `cowlab sweep ${name}.${lang}`, test };
}

function settingsOf({ lang, runner }: Wanted): Files {
  const ts = lang === 'ts';
  return {
    ...(ts
      && {
        'tsconfig.json': json({
          compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noEmit: true,
            allowImportingTsExtensions: true, skipLibCheck: true, types: ['node'] },
        }),
      }),
    ...(runner === 'jest' && { 'jest.config.json': json({ testMatch: [`**/*.test.${lang}`], ...(ts
      ? { extensionsToTreatAsEsm: ['.ts'], transform: { '\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] } }
      : { transform: {} }) }) }),
  };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** As Node looks for it: in the node_modules of `folder` and of all folders above it. */
export function isInstalled(name: string, folder: string): boolean {
  for (let at = folder;; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', name, 'package.json'))) return true;
    if (dirname(at) === at) return false;
  }
}
