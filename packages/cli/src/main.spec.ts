/**
 * The process itself, as it is built: what its streams, its exit code and policies of others do to it. (`npm test`
 * builds before it comes here.)
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const BIN = fileURLToPath(new URL('../bin/cowlab.mjs', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../dist/isolation/isolated-thread.js', import.meta.url)));
const PATIENCE_MS = 120_000;
let cwd = '';

const SCENARIO = `question What does the policy do at fork()?
mmap 0 0 anon 8
write 0 0 0 1
write 0 0 1 1
fork 0 1
write 1 0 0 2
read 0 0 0
`;
const POLICIES: Readonly<Record<string, string>> = {
  fair: "onForkPage: () => 'copy'",
  leaves: 'onForkPage: () => process.exit(0)',
  kills: 'onForkPage: () => { process.reallyExit(0); }',
  never: 'onForkPage: () => { for (;;); }',
  denies: "forkLooksAtPages: () => false, onForkPage: () => 'copy'",
};

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-main-'));
  writeFileSync(join(cwd, 'fork.cow'), SCENARIO);
  writeFileSync(join(cwd, 'broken.cow'), `${SCENARIO}expect * value 0 0 0 9\n`);
  for (const [id, hooks] of Object.entries(POLICIES))
    writeFileSync(join(cwd, `${id}.mjs`), `export default { id: '${id}', summary: 'x.', ${hooks} };\n`);
  writeFileSync(join(cwd, 'leaves-at-once.mjs'), 'process.exit(0);\n');
  writeFileSync(join(cwd, 'waits.mjs'),
    "await new Promise(() => {});\nexport default { id: 'waits', summary: 'x.' };\n");
  writeFileSync(join(cwd, 'late.mjs'),
    "Promise.reject(new Error('nobody catches this'));\nexport default { id: 'late', summary: 'x.' };\n");
});
afterAll(() => rmSync(cwd, { recursive: true }));

function cowlab(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd, encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' } });
  return { code: status, out: stdout, err: stderr };
}

const under = (policy: string): readonly string[] => ['--policy', `linux-5.9+./${policy}.mjs`];

(isBuilt ? describe : describe.skip)(`a policy of others${isBuilt ? '' : ' (skipped: not built)'}`, () => {
  it.each([
    ['leaves', "policy 'leaves': onForkPage threw: calls process.exit, which a policy may not"],
    ['kills', "policy 'kills': onForkPage threw: calls process.exit, which a policy may not"],
    ['leaves-at-once', 'plugin ./leaves-at-once.mjs: fails to load: line 1: calls process.exit'],
    ['denies', "policy 'denies': forkLooksAtPages answered false, but onForkPage would answer 'copy'"],
    ['late', 'late.mjs threw when nobody waited for it any more: nobody catches this'],
    ['waits', "policy './waits.mjs': import ended the work without an answer"],
    ['never', "policy 'never': onForkPage does not answer for 10 s; mend the policy, or wait with --no-isolate"],
  ])('that is %s stops the run in one line, with exit code 2', (policy, why) => {
    for (const isolated of policy === 'leaves' || policy === 'late' ? [true, false] : [true]) {
      const { code, err } = cowlab('run', 'fork.cow', ...under(policy), ...(isolated ? [] : ['--no-isolate']));
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`cowlab: `) });
      expect(err).toContain(why);
      expect(err).toMatch(/^[^\n]+\n$/);
    }
  }, PATIENCE_MS);

  it('a scenario may come through a pipe, as -', () => {
    const { status, stdout } = spawnSync(process.execPath, [BIN, 'run', '-', '--policy', 'linux-5.9'], { cwd,
      input: SCENARIO, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    expect([status, stdout.split('\n')[0]]).toEqual([0, 'question  What does the policy do at fork()?']);
  }, PATIENCE_MS);

  it('that answers is heard the same in a thread of its own', () => {
    const isolated = cowlab('run', 'fork.cow', ...under('fair'));
    expect(isolated).toEqual(cowlab('run', 'fork.cow', ...under('fair'), '--no-isolate'));
    expect([isolated.code, isolated.err]).toEqual([0, '']);
    expect(cowlab('run', 'broken.cow', ...under('fair')).code).toBe(1);
  }, PATIENCE_MS);

  it('is named on Ctrl-C, and the steps told until then are kept', async () => {
    const child = spawn(process.execPath, [BIN, 'run', 'fork.cow', ...under('never'), '--log', 'cut.log'], { cwd,
      env: { ...process.env, NODE_OPTIONS: '' } });
    let err = '';
    let out = '';
    child.stderr.on('data', (text: Buffer) => void (err += text.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        out += text.toString();
        if (/^ +2 {2}write/m.test(out)) setTimeout(resolve, 500);
      });
    });
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(err).toBe("cowlab: interrupted in policy 'never': onForkPage\n");
    expect(readdirSync(cwd).filter((name) => name.startsWith('cut.log'))).toEqual(['cut.log.part']);
    for (const name of ['cut.log', 'cut.log.part']) {
      const replayed = cowlab('replay', name, '--json');
      expect(JSON.parse(replayed.out)).toMatchObject({ partial: true, verified: null, position: 5 });
    }
    expect(cowlab('replay', 'cut.log').out).toContain('partial: the run that wrote cut.log.part was cut');
    expect(cowlab('run', 'fork.cow', '--log', 'cut.log').err).toContain('cut.log.part is there already');
  }, PATIENCE_MS);
});

(isBuilt ? describe : describe.skip)(`the output${isBuilt ? '' : ' (skipped: not built)'}`, () => {
  it.each([['text', []], ['data', ['--json']], ['text of a thread', ['--isolate']]])(
    'on a full disk is an error, said once: %s',
    (_, flags) => {
      const script = `"$0" "$1" run fork.cow ${flags.join(' ')} > /dev/full`;
      const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, BIN], { cwd, encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' } });
      expect([status, stderr]).toEqual([2,
        expect.stringMatching(/^cowlab: the output cannot be written \(ENOSPC[^\n]*\); give it another place\n$/)]);
    },
    PATIENCE_MS,
  );

  it.each([['broken.cow', 1], ['fork.cow', 0]])('that nobody reads to its end loses no exit code: %s', (name, code) => {
    // The reader leaves after the first line; the rest comes long after that.
    const script = `("$0" "$1" run ${name} --log ${name}.log; echo $? > code) | head -n 1`;
    spawnSync('sh', ['-c', script, process.execPath, BIN], { cwd, env: { ...process.env, NODE_OPTIONS: '' } });
    expect(readFileSync(join(cwd, 'code'), 'utf8')).toBe(`${code}\n`);
    expect(existsSync(join(cwd, `${name}.log`))).toBe(true);
  }, PATIENCE_MS);
});
