import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const PATIENCE_MS = 300_000;
let cwd = '';

/** A folder as it is once `cowlab` is installed in it: what is installed is the build. */
beforeAll(() => {
  const built = spawnSync(process.execPath, [join(ROOT, 'tools/build.mjs')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout);
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-init-'));
  const from = { cowlab: 'packages/cowlab', 'fast-check': 'packages/testing/node_modules/fast-check',
    '@types/node': 'node_modules/@types/node', jest: 'node_modules/jest', '@jest/globals': 'node_modules/@jest/globals',
    'ts-jest': 'node_modules/ts-jest', typescript: 'node_modules/typescript' };
  for (const [name, path] of Object.entries(from)) {
    mkdirSync(dirname(join(cwd, 'node_modules', name)), { recursive: true });
    symlinkSync(join(ROOT, path), join(cwd, 'node_modules', name));
  }
  const bins = join(cwd, 'node_modules/.bin');
  mkdirSync(bins);
  for (const [name, path] of [['cowlab', 'packages/cowlab/bin/cowlab.mjs'], ['jest', 'node_modules/jest/bin/jest.js']])
    writeFileSync(join(bins, name), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, path)}" "$@"\n`, {
      mode: 0o755,
    });
}, PATIENCE_MS);
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string) {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(line.split(' '), { stdout: to('out'), stderr: to('err'), cwd, env: {} });
  return { code, ...text };
}

/** What `npm test` or `npm start` does in the folder, without npm. */
function script(folder: string, name: 'start' | 'test') {
  const { scripts } = JSON.parse(readFileSync(join(cwd, folder, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  // A test runner in a test runner finds its settings in the environment.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(NODE_|JEST_)/.test(key)));
  const PATH = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), env.PATH].join(delimiter);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', scripts[name]], { cwd: join(cwd, folder), encoding: 'utf8',
    env: { ...env, PATH } });
  return { status, out: stdout + stderr };
}

describe('a folder that init writes', () => {
  it.each([
    ['policy', 'keep-pins', ''],
    ['policy', 'keep-js', ' --lang js'],
    ['policy', 'keep-jest', ' --runner jest --lang js'],
    ['policy', 'keep-jest-ts', ' --runner jest'],
    ['experiment', 'pinned-cost', ''],
    ['experiment', 'cost-js', ' --lang js'],
    ['scenario', 'short-child', ''],
    ['race', 'gup-race', ''],
  ])('%s %s%s passes its own test at once', async (kind, name, flags) => {
    const { code, out, err } = await cowlab(`init ${kind} ${name}${flags} --yes`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // All it needs is there already.
    expect(out).toContain(`Next:\n  $ cd ${name}\n  $ npm test\n`);
    const test = script(name, 'test');
    expect(test).toEqual({ status: 0, out: test.out });
    if (kind === 'policy' && !flags.includes('jest')) expect(test.out).toMatch(/^# pass 11$/m);
    if (flags.includes('jest')) expect(test.out).toMatch(/^Tests: +11 passed, 11 total$/m);
    if (flags === '' && kind !== 'scenario' && kind !== 'race') expect(script(name, 'start').status).toBe(0);
  }, PATIENCE_MS);

  it('has a test that fails when the policy does not do what it is for', async () => {
    await cowlab('init policy broken --lang js --yes');
    const file = join(cwd, 'broken/broken.js');
    writeFileSync(file, readFileSync(file, 'utf8').replace("? 'copy' :", "? 'share' :"));
    const { status, out } = script('broken', 'test');
    expect(status).toBe(1);
    expect(out).toMatch(/^# fail 1$/m);
  }, PATIENCE_MS);

  it('passes the compiler where it is TypeScript', async () => {
    await cowlab('init policy typed --yes');
    await cowlab('init experiment typed-too --yes');
    for (const folder of ['typed', 'typed-too']) {
      const tsc = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
      const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', join(cwd, folder)], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    }
  }, PATIENCE_MS);

  it('names what is not installed, and the step that brings it', async () => {
    const { out } = await cowlab('init policy with-vitest --runner vitest --yes');
    expect(out).toContain('  $ npm install\n');
    const { devDependencies } = JSON.parse(readFileSync(join(cwd, 'with-vitest/package.json'), 'utf8')) as {
      devDependencies: object;
    };
    expect(Object.keys(devDependencies)).toEqual(['vitest']);
    expect(readFileSync(join(cwd, 'with-vitest/with-vitest.test.ts'), 'utf8')).toContain("from 'vitest';");
  });

  it('is the same from npm create cowlab', () => {
    const { status } = spawnSync(process.execPath, [join(ROOT, 'packages/create-cowlab/bin/create-cowlab.mjs'),
      'scenario', 'created', '--yes'], { cwd });
    expect(status).toBe(0);
    expect(readdirSync(join(cwd, 'created')).sort()).toEqual(['README.md', 'created.cow', 'package.json']);
  }, PATIENCE_MS);
});

describe('init', () => {
  it('overwrites nothing', async () => {
    mkdirSync(join(cwd, 'mine'));
    writeFileSync(join(cwd, 'mine/notes'), 'precious');
    expect(await cowlab('init race mine --yes')).toEqual({ code: 2, out: '',
      err: 'cowlab: mine is there already and is not overwritten; choose another name, or take it away\n' });
    expect(readdirSync(join(cwd, 'mine'))).toEqual(['notes']);
  });

  it.each([
    ['init', 'say what to write, and its name: cowlab init policy NAME'],
    ['init race --yes', 'say what to write, and its name: cowlab init race NAME'],
    ['init polcy x', "kind 'polcy' is none that there is; did you mean 'policy'?"],
    ['init policy My_Policy', "'My_Policy' is no name for it; use lower-case letters, digits and dashes"],
    ['init policy early-cow', "'early-cow' comes with cowlab already; choose another name"],
    ['init policy x --lang rust', "--lang 'rust' is none that there is; known: ts, js"],
    ['init race x --lang js', 'a race is text and has no code; drop --lang'],
  ])('%s is refused', async (line, message) => {
    expect(await cowlab(line)).toEqual({ code: 2, out: '', err: `cowlab: ${message}\n` });
    expect(existsSync(join(cwd, 'x'))).toBe(false);
  });
});
