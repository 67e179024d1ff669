/** The steps of docs/first-policy.md, taken as a reader would take them, with the package as it was built. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from './commands.ts';
import { type Fence, fencesOf } from './document.ts';

const PATIENCE_MS = 300_000;
const fences = fencesOf(readFileSync(join(ROOT, 'docs/first-policy.md'), 'utf8'));
const fence = (wanted: (fence: Fence) => boolean): readonly string[] => {
  const found = fences.find(wanted);
  if (found === undefined) throw new Error('docs/first-policy.md has no such block any more');
  return found.body;
};
let top = '';

/** `npm create` and `npm install` are what a registry does; here the build lies where they would put it. */
beforeAll(() => {
  const built = spawnSync(process.execPath, [join(ROOT, 'tools/build.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout);
  top = mkdtempSync(join(tmpdir(), 'cowlab-first-'));
  mkdirSync(join(top, 'node_modules/.bin'), { recursive: true });
  symlinkSync(join(ROOT, 'packages/cowlab'), join(top, 'node_modules/cowlab'));
  symlinkSync(join(ROOT, 'packages/testing/node_modules/fast-check'), join(top, 'node_modules/fast-check'));
  const bin = (name: string, path: string): void =>
    writeFileSync(join(top, 'node_modules/.bin', name),
      `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, path)}" "$@"\n`, { mode: 0o755 });
  bin('cowlab', 'packages/cowlab/bin/cowlab.mjs');
  bin('create-cowlab', 'packages/create-cowlab/bin/create-cowlab.mjs');
}, PATIENCE_MS);
afterAll(() => rmSync(top, { recursive: true }));

function sh(line: string, folder = ''): { status: number | null; out: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(NODE_|JEST_)/.test(key)));
  const PATH = [join(top, 'node_modules/.bin'), dirname(process.execPath), env.PATH].join(delimiter);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: join(top, folder), encoding: 'utf8',
    env: { ...env, PATH } });
  return { status, out: stdout + stderr };
}

const scriptOf = (name: string): string =>
  (JSON.parse(readFileSync(join(top, 'keep-pins/package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts[name];

describe('docs/first-policy.md', () => {
  it('step 1: four commands lead to a policy whose test passes', () => {
    const [create, enter, install, test, ...more] = fence(({ language }) => language === 'sh');
    expect([enter, install, test, more]).toEqual(['cd keep-pins', 'npm install', 'npm test', []]);
    expect(create).toMatch(/^npm create cowlab .* -- --yes$/);
    expect(sh(create.replace('npm create cowlab', 'create-cowlab').replace(' -- ', ' ')).status).toBe(0);
    const { status, out } = sh(scriptOf('test'), 'keep-pins');
    expect({ status, out }).toEqual({ status: 0, out });
    expect(out).toMatch(/^# pass 11$/m);
  }, PATIENCE_MS);

  it('step 2: the policy is the one that is shown', () => {
    expect(readFileSync(join(top, 'keep-pins/keep-pins.ts'), 'utf8').trimEnd().split('\n')).toEqual(
      fence(({ settings }) => settings.is === 'keep-pins.ts'),
    );
  });

  it('step 3: npm start prints what is shown', () => {
    const { status, out } = sh(scriptOf('start'), 'keep-pins');
    expect(status).toBe(0);
    expect(out).toMatch(/^naive-cow +0: diverged at 0 +H1/m);
    expect(out).toMatch(/^keep-pins +0: coherent +none/m);
    const [command, ...shown] = fence(({ language }) => language === 'text');
    expect(command).toBe('$ npm start');
    expect(out.split('\n').slice(0, shown.length)).toEqual(shown);
  }, PATIENCE_MS);

  it('step 4: with the other version the contract holds, and the test of the pin alone fails', () => {
    const file = join(top, 'keep-pins/keep-pins.ts');
    const first = readFileSync(file, 'utf8');
    writeFileSync(file, `${fence(({ settings }) => settings.file === 'every-third.ts').join('\n')}\n`);
    const { status, out } = sh(scriptOf('test'), 'keep-pins');
    writeFileSync(file, first);
    expect(status).toBe(1);
    expect(out).toMatch(/^# pass 10$/m);
    expect(out).toMatch(/^ *not ok \d+ - stays with its owner after fork/m);
  }, PATIENCE_MS);

  it('step 5: it lies over a kernel, and every situation can be asked', () => {
    const compared = sh('cowlab compare pinned.cow --policies linux-5.9-rc5,linux-5.9-rc5+./keep-pins.ts', 'keep-pins');
    expect(compared.out).toMatch(/^linux-5\.9-rc5 +0: diverged at 0/m);
    expect(compared.out).toMatch(/^linux-5\.9-rc5\+keep-pin\w* +0: coherent/m);
    const asked = sh('cowlab matrix --kernels linux-5.9-rc5,linux-5.9-rc5+./keep-pins.ts --quiet', 'keep-pins');
    expect([0, 1]).toContain(asked.status);
    expect(asked.out).toContain('keep-pins');
  }, PATIENCE_MS);
});
