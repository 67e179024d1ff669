/**
 * A folder full of what others left there, entered by root: nothing of it runs, and nothing outside of it is written.
 * Where there is no second user to own it, this one's stands in.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from './cli.ts';

const isRoot = process.geteuid?.() === 0;
let root = '';
const folder = (...names: readonly string[]): string => join(root, 'folder', ...names);
const outside = (...names: readonly string[]): string => join(root, 'outside', ...names);

const SCENARIO = 'question q\nmmap 0 0 anon 1\nwrite 0 0 0 1\nexpect * value 0 0 0 1\n';
const RACE = 'title t\nmmap 0 0 anon 1\nwrite 0 0 0 1\nactor A\n  fork 0 1\nactor B\n  gupfast 0 0 0 0 1\n';

function file(name: string, text: string): void {
  mkdirSync(dirname(folder(name)), { recursive: true });
  writeFileSync(folder(name), text);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cowlab-hostile-'));
  chmodSync(root, 0o755);
  mkdirSync(folder());
  mkdirSync(outside());
  writeFileSync(outside('precious'), 'precious');
  const code = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(outside('ran'))}, '');
export default { id: 'hello', summary: 'Runs.' };\n`;
  for (const name of ['cowlab.config.mjs', 'cowlab.config.ts', 'code.mjs', 'linux-6.1.mjs',
    'node_modules/linux-5.99/i.mjs', 'node_modules/cowlab-policy-hello/i.mjs', 'node_modules/@cowlab/plugin-api/i.mjs',
    '.config/cowlab.mjs'])
    file(name, code);
  for (const name of ['linux-5.99', 'cowlab-policy-hello', '@cowlab/plugin-api'])
    file(`node_modules/${name}/package.json`, `{"name":"${name}","version":"1.0.0","main":"i.mjs"}`);
  file('package.json', '{"imports":{"#x":"./code.mjs"},"cowlab":{"plugins":["./code.mjs"]}}');
  file('.cowlabrc', 'plugins: [./code.mjs]\n');
  file('.env', 'NODE_OPTIONS=--import ./code.mjs\n');
  file('small.cow', SCENARIO);
  file('lane.cow', `${SCENARIO}expect code.mjs value 0 0 0 1\n`);
  file('small.race', RACE);
  file('claim.race', `${RACE}check linux-5.11+./code.mjs sc safe\n`);
  file('bare.race', `${RACE}check linux-5.11+code.mjs sc safe\n`);
  file('my.programs.txt', 'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nend\n');
  file('situations/01-a.cow', SCENARIO);
  // Its default name.
  symlinkSync(outside(), folder('cowlab-fuzz'));
  symlinkSync(outside('precious'), folder('link'));
  symlinkSync(outside('new'), folder('dangling'));
  symlinkSync(outside(), folder('out'));
  if (isRoot) execFileSync('chown', ['-hR', '65534:65534', folder()]);
});
afterAll(() => rmSync(root, { recursive: true }));

async function cowlab(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd: folder(), env: {} };
  return { code: await main(args, io), ...said };
}

const WARNED = /^(cowlab: cowlab\.config\.(ts|mjs) is code and was not run; to run it, say --config \S+\n)+/;

/** What is not ours is as it was. */
function untouched(): void {
  expect(readdirSync(outside())).toEqual(['precious']);
  expect(readFileSync(outside('precious'), 'utf8')).toBe('precious');
  expect(['link', 'dangling', 'out', 'cowlab-fuzz'].every((name) => lstatSync(folder(name)).isSymbolicLink())).toBe(
    true,
  );
}

describe(`in a folder of ${isRoot ? 'another user' : 'others (its owner is this user: not run as root)'}`, () => {
  it.each([
    ['policies'],
    ['run small.cow'],
    ['run small.cow --policy linux-6.1'],
    ['compare small.cow --policies linux-5.9,linux-6.1'],
    ['check small.race --policies linux-6.1 --memory sc'],
    ['matrix --situations situations --kernels linux-6.1'],
  ])('cowlab %s runs nothing that lies there', async (line) => {
    const { code, err } = await cowlab(line.split(' '));
    expect(code).toBeLessThan(2);
    expect(err).toMatch(WARNED);
    expect(err.replace(WARNED, '')).toBe('');
    untouched();
  });

  it.each([
    ['check claim.race', "claim.race:8: './code.mjs' is a file of code, and a file of data runs none"],
    ['check bare.race', "bare.race:8: 'code.mjs' is a file of code"],
    ['run lane.cow', "lane.cow:5: 'code.mjs' is a file of code"],
    ['compare lane.cow --policies linux-6.1', "lane.cow:5: 'code.mjs' is a file of code"],
    ['conform --live lane.cow', "lane.cow:5: 'code.mjs' is a file of code"],
    ['run small.cow --policy linux-5.99', "there is no policy or profile 'linux-5.99'"],
    ['compare small.cow --policies hello', "there is no policy or profile 'hello'"],
    ['check small.race --policies linux-5.9+#x', "there is no policy or profile '#x'"],
    ['run small.cow --plugin #x', 'plugin #x: is no path and no name of a package'],
    ['run small.cow --log link --force', 'link is a symbolic link'],
    ['run small.cow --log dangling --force', 'dangling is a symbolic link'],
    ['run small.cow --log cowlab-fuzz --force', 'cowlab-fuzz is a symbolic link'],
    ['record my.programs.txt --out link --force', '--out link is a symbolic link'],
    ['conform --live small.cow --junit dangling --force', '--junit dangling is a symbolic link'],
    ['conform --suite cow --profile linux-6.1 --junit link --force', '--junit link is a symbolic link'],
    ['check small.race --perfetto link --force', 'link is a symbolic link'],
    ['check small.race --mermaid dangling', 'dangling is a symbolic link'],
    ['fuzz --programs 1', '--out cowlab-fuzz is a symbolic link'],
    ['kernels record 6.1 --programs my.programs.txt --out out', '--out out is a symbolic link'],
    ['conform --golden . --kernel 6.1 --emit out', '--emit out is a symbolic link'],
  ])('cowlab %s is refused', async (line, why) => {
    const { code, err } = await cowlab(line.split(' '));
    expect({ code, err: err.replace(WARNED, '') }).toEqual({ code: 2, err: expect.stringContaining(why) });
    expect(err.replace(WARNED, '')).toMatch(/^cowlab: [^\n]+\n$/);
    untouched();
  });

  (isRoot ? it : it.skip)('a link that another user made is no way into a folder either', async () => {
    for (const line of ['run small.cow --log out/new', 'check small.race --perfetto out/new'])
      expect((await cowlab(line.split(' '))).err).toContain('is a link that another user made');
    untouched();
  });

  it('what is asked for by name runs', async () => {
    const { code } = await cowlab(['run', 'small.cow', '--policy', 'linux-6.1+./code.mjs']);
    expect([code, existsSync(outside('ran'))]).toEqual([0, true]);
    rmSync(outside('ran'));
  });
});
