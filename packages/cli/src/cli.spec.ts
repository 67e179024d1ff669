import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { whyNotRecord } from '@cowlab/conformance';
import { main } from './cli.ts';

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url));
const RDMA = 'packages/cli/fixtures/rdma.cow';
let cwd = '';

/** A folder of its own in which the paths of the help texts exist. */
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-cli-'));
  symlinkSync(PACKAGES, join(cwd, 'packages'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cowlab(args: string | readonly string[], env: Record<string, string> = {}, isTTY = false): Promise<Ran> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece), isTTY });
  const code = await main(typeof args === 'string' ? args.split(' ') : args, { stdout: to('out'), stderr: to('err'),
    cwd, env });
  return { code, ...text };
}

/** Text for people: at most 75 columns, plain ASCII, nothing on stderr. */
async function tells(args: string, code = 0): Promise<string> {
  const ran = await cowlab(args);
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' });
  for (const line of ran.out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  return ran.out;
}

const json = async (args: string, code = 0): Promise<unknown> =>
  JSON.parse(await cowlab(`${args} --json`).then((ran) => {
    expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' });
    return ran.out;
  }));

/** Bad usage or input: nothing on stdout, one line on stderr, exit code 2. */
async function refuses(args: string | readonly string[]): Promise<string> {
  const { code, out, err } = await cowlab(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^cowlab: [^\n]+\n$/);
  return err.slice('cowlab: '.length, -1);
}

function file(name: string, text: string | Uint8Array): string {
  mkdirSync(dirname(join(cwd, name)), { recursive: true });
  writeFileSync(join(cwd, name), text);
  return name;
}

describe('compare', () => {
  it('says of a scenario what each lane makes of the pin, and that all expectations hold', async () => {
    const out = await tells(`compare ${RDMA}`);
    expect(out).toMatch(/^linux-5\.9-rc5 +0: diverged at 0 +H1 +0 +1 +5\/5$/m);
    expect(out).toMatch(/^linux-5\.9 +0: coherent +none +1 +0 +6\/6$/m);
    expect(out).toContain('linux-5.9-rc5 parts from linux-5.7 at line 13, write 0 0 0 34:\n  there  CowReused mm=0');
    expect(out).toContain('All 16 expectations hold.');
  });

  it('exits 1 when an expectation fails, and names its line and what came instead', async () => {
    const path = file('fails.cow',
      'question x\nmmap 0 0 anon 1\nwrite 0 0 0 7\nexpect linux-5.9 value 0 0 0 8\nexpect linux-5.9 value 0 0 0 7\n');
    const out = await tells(`compare ${path}`, 1);
    expect(out).toContain(
      'FAILED  fails.cow:4: expect linux-5.9 value 0 0 0 8\n        in linux-5.9: 7\n1 of 2 expectations failed.',
    );
    expect(await json(`compare ${path}`, 1)).toMatchObject({ kind: 'scenario',
      lanes: [{ expectations: [{ line: 4, holds: false, actual: '7' }, { holds: true }] }] });
  });

  it('exits 1 for a hazard only when --fail-on asks for it', async () => {
    await tells(`compare ${RDMA} --policies linux-5.9-rc5`);
    await tells(`compare ${RDMA} --policies linux-5.9-rc5 --fail-on H1,H4`, 1);
    await tells(`compare ${RDMA} --policies linux-5.9-rc5 --fail-on H2`);
    expect(await refuses(`compare ${RDMA} --fail-on H1,H77`)).toBe(
      '--fail-on H77 is no hazard; give some of H1 to H9, joined by commas',
    );
  });

  it('runs the lanes that are asked for, and says which expectations were not asked', async () => {
    const out = await tells(`compare ${RDMA} --policies mine=linux-5.9,early-cow:series=v2`);
    expect(out).toMatch(/^mine /m);
    expect(out).toMatch(/^early-cow:series=v2 /m);
    expect(out).toMatch(/^10 expectations not asked/m);
  });

  it('says once what several lanes do alike', async () => {
    const out = await tells(
      `compare ${RDMA} --policies linux-5.7,linux-5.9-rc5,a=linux-5.9,b=linux-5.9,linux-5.7+early-cow`,
    );
    expect(out).toMatch(/^linux-5\.7, a, b, linux-5\.7\+early-cow +99 +18$/m);
    expect(out).toContain('a, b, linux-5.7+early-cow part from linux-5.7 at line 11, fork 0 1:');
    expect(await tells(`compare ${RDMA} --policies a=linux-5.9,b=linux-5.9`)).toContain(
      'b: the same events as a from beginning to end.',
    );
  });

  it('says of a recorded program which registered pages each lane loses', async () => {
    const out = await tells('compare packages/trace/fixtures/uring-fork --policies linux-5.7,linux-5.9');
    expect(out).toMatch(/^linux-5\.7 +\d+ +[1-9]\d* +0 +0 +H1$/m);
    expect(out).toMatch(/^linux-5\.9 +39 +0 +0 +0 +none$/m);
    expect(out).toContain('are other data');
    expect(out).toMatch(/^linux-5\.9 parts from linux-5\.7 at\s+packages\/trace\/fixtures\/uring-fork\.strace:\d+:$/m);
    await tells('compare packages/trace/fixtures/uring-fork --policies linux-5.7 --fail-on H1', 1);
    expect(await json('compare packages/trace/fixtures/uring-fork.strace.gz --policies linux-5.9')).toMatchObject({
      kind: 'trace',
      stated: true,
      lanes: [{ lane: 'linux-5.9', registered: { run: { mismatches: [] } } }],
    });
  });

  it('says of a program without registered buffers what it costs, and of equal buffers once what becomes of them', async () => {
    const redis = await tells('compare packages/trace/fixtures/redis-bgsave --policies linux-5.9');
    expect(redis).toMatch(/no call\s+that\s+holds\s+memory\s+is\s+among/);
    expect(redis).toMatch(/^linux-5\.9 +1 +\d+ +0 +[1-9]\d* /m);
    const fio = await tells('compare packages/trace/fixtures/fio-fixedbufs --policies linux-5.7,linux-5.9');
    expect(fio.match(/^buffer \d+ /gm)).toHaveLength(16);
    expect(fio.match(/^linux-5\.7, linux-5\.9 /gm)).toHaveLength(1);
  });

  it('shows its progress where somebody watches, and leaves nothing of it', async () => {
    const { err } = await cowlab(`compare ${RDMA}`, {}, true);
    expect(err).toContain('running linux-5.9-rc5 ...');
    expect(err.endsWith('\r\x1b[K')).toBe(true);
  });
});

describe('run', () => {
  it('tells the steps, with their events when asked', async () => {
    expect(await tells(`run ${RDMA} --policy linux-5.9-rc5`)).toMatch(/^ +6 {2}write 0 0 0 34 +ok$/m);
    expect(await tells(`run ${RDMA} --policy linux-5.9-rc5 --steps`)).toContain('CowBroken mm=0');
    expect(await tells(`run ${RDMA}`)).toContain('lane      linux-5.7');
  });

  it('says what became of the pins though nobody expects anything of them', async () => {
    const path = file('silent.cow',
      'title t\nquestion q\nmmap 0 0 anon 2\nwrite 0 0 0 1\npin 0 0 0 0 1\nfork 0 1\nwrite 0 0 0 2\n');
    expect(await tells(`run ${path} --policy linux-5.9-rc5`)).toMatch(/^pins {6}0: diverged at 0\nhazards {3}H1$/m);
    expect(await tells(`run ${path} --policy linux-5.9`)).toMatch(/^pins {6}0: coherent\nhazards {3}none$/m);
  });

  it('tells why a step was refused', async () => {
    const path = file('refused.cow', 'question x\nmmap 0 0 anon 1\nmadvise 0 0 0 1 dontfork\nfork 0 1\nread 1 0 0\n');
    expect((await tells(`run ${path} --policy linux-5.9`)).replace(/\s+/g, ' ')).toMatch(/3 read 1 0 0 SIGSEGV \(\S/);
  });

  it('keeps a log that replays to the same world', async () => {
    const { hash } = await json(`run ${RDMA} --log kept.log`) as { hash: string };
    expect(await json('replay kept.log')).toMatchObject({ verified: { entries: 11, hash }, world: { hash } });
  });

  it('overwrites no log unless it is told to', async () => {
    file('precious.log', 'precious\n');
    expect(await refuses(`run ${RDMA} --log precious.log`)).toBe(
      'precious.log is there already; choose another name, or --force to overwrite it',
    );
    expect(readFileSync(join(cwd, 'precious.log'), 'utf8')).toBe('precious\n');
    await tells(`run ${RDMA} --log precious.log --force`);
    await tells('replay precious.log');
    expect(readdirSync(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('a log that cannot be written is refused in one line', async () => {
    const { code, err } = await cowlab(`run ${RDMA} --log no/such/folder/a.log`);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^cowlab: no\/such\/folder\/a\.log cannot be written \(ENOENT[^\n]*\); choose another place\n$/,
    );
  });

  it('takes one lane', async () => {
    expect(await refuses(`run ${RDMA} --policy linux-5.7,linux-5.9`)).toBe(
      'run takes one lane, --policy names 2; use cowlab compare',
    );
  });
});

describe('replay', () => {
  it('shows the world at any position', async () => {
    await tells(`run ${RDMA} --policy linux-5.9-rc5 --log at.log`);
    expect(await json('replay at.log --to 0')).toMatchObject({ position: 0,
      world: { tasks: [], pins: [], pagesUsed: 0 } });
    expect(await json('replay at.log --to 7')).toMatchObject({
      world: { tasks: [{ task: 0 }, { task: 1 }], pins: [{ pages: [{ pfn: 1, ownerPfn: 1 }] }] },
    });
    expect(await json('replay at.log')).toMatchObject({
      world: { tasks: [{ task: 0 }], pins: [{ pages: [{ pfn: 1, ownerPfn: 3 }] }] },
    });
    expect(await tells('replay at.log --to 7')).toContain('mm 1 of task 1');
  });

  it.each(['-1', '12', 'x', '1.5'])('--to %s is refused', async (to) => {
    await cowlab(`run ${RDMA} --log range.log`);
    expect(await refuses(['replay', 'range.log', `--to=${to}`])).toBe(
      `--to ${to} is no position of this log; give 0 to 11`,
    );
  });

  it.each([
    ['cut after a line', (lines: string[]) => lines.slice(0, -2).join('\n') + '\n',
      /^broken\.log:\d+: the log is truncated/],
    ['torn in a line', (lines: string[]) => lines.join('\n').slice(0, 400), /^broken\.log:\d+: the log is torn/],
    ['with a changed number', (lines: string[]) => lines.join('\n').replace('"value":34', '"value":35'),
      /^broken\.log:\d+: /],
    ['of something else', () => 'hello\n', /^broken\.log:1: /],
    ['empty', () => '', /^broken\.log:1: the log is empty/],
  ])('a log %s is refused with its line', async (_, damage, message) => {
    await cowlab(`run ${RDMA} --log whole.log --force`);
    file('broken.log', damage(readFileSync(join(cwd, 'whole.log'), 'utf8').split('\n')));
    expect(await refuses('replay broken.log')).toMatch(message);
  });
});

describe('policies', () => {
  it('lists ids, hazards and options, and the stacks of the profiles', async () => {
    const out = await tells('policies');
    expect(out).toMatch(/^early-cow$/m);
    expect(out).toContain('options  series=merged  pretendAllPinned=false');
    expect(out).toMatch(/^linux-5\.7 +naive-cow, madv-dontfork$/m);
    const data = await json('policies') as { policies: { id: string; over: string | null }[];
      profiles: { name: string }[] };
    expect(data.policies.find(({ id }) => id === 'naive-cow')?.over).toBeNull();
    for (const { id } of data.policies) expect(out).toContain(`\n${id}\n`);
    for (const { name } of data.profiles) expect(out).toContain(`\n${name} `);
  });
});

describe('demo', () => {
  it('begins with the sentence that somebody with such a program needs, and its numbers are those of the tables', async () => {
    const out = (await tells('demo')).replace(/\s+/g, ' ');
    const data = await json('demo') as {
      lanes: { registered: { buffers: { pages: { fate: string }[] }[]; holeAccesses: unknown[] };
        costs: { pagesCopiedAtFork: number } }[];
    };
    const loses = data.lanes.map(({ registered }) =>
      registered.buffers.flatMap(({ pages }) => pages.filter(({ fate }) => fate === 'loses')).length
    );
    expect(loses[0]).toBeGreaterThan(0);
    expect(loses.slice(1)).toEqual([0, 0]);
    expect(out).toMatch(
      new RegExp(
        `^This program forks while io_uring holds 39 pages of its memory. Naive COW makes it lose ${
          loses[0]
        } of them: `,
      ),
    );
    expect(out).toContain(
      `and ${
        data.lanes[1].registered.holeAccesses.length
      } accesses of the child there end in SIGSEGV. Early COW loses 0`,
    );
    expect(out).toContain(`copies ${data.lanes[2].costs.pagesCopiedAtFork} pages during fork().`);
  });

  it('ends with commands that work', async () => {
    // The paths are those of the real folder, as seen from here.
    const commands = (await tells('demo')).split('\n').filter((line) => line.startsWith('  cowlab '));
    expect(commands.length).toBe(3);
    for (const command of commands) expect((await cowlab(command.trim().split(/\s+/).slice(1))).code).toBe(0);
  });
});

describe('a torn recording', () => {
  it('is read up to the tear, packed or not, and the verdict depends on the rest', async () => {
    file('torn.strace', '1 1795342140.173987 brk(NULL)       = 0x5623ec84e000\n1 1795342140.174397 brk(NUL');
    expect(await tells('compare torn --policies linux-5.9')).toMatch(
      /torn\.strace:2: the recording is torn here[^]*DEPENDS/,
    );
    file('cut.strace.gz', readFileSync(join(cwd, 'packages/trace/fixtures/uring-fork.strace.gz')).subarray(0, 700));
    expect(await tells('compare cut.strace.gz --policies linux-5.9')).toMatch(/the recording is torn here[^]*DEPENDS/);
  });
});

describe('bad input is refused in one line with exit code 2', () => {
  it('a scenario that does not parse, with file, line and column', async () => {
    expect(await refuses(`compare ${file('slip.cow', 'question x\nmmap 0 0 anno 1\n')}`)).toBe(
      'slip.cow:2:10: KIND is "anno"; did you mean "anon"?',
    );
    expect(await refuses(`run ${file('empty.cow', '')}`)).toMatch(/^empty\.cow:1:1: no question is asked/);
  });

  it('a file that is not there', async () => {
    expect(await refuses('compare nowhere.cow')).toBe(
      'nowhere.cow: there is no such scenario or recording; give a .cow file, a .strace file, or a .cowtrace',
    );
    expect(await refuses('run nowhere.cow')).toMatch(/^nowhere\.cow: cannot be read \(ENOENT/);
    expect(await refuses('replay nowhere.log')).toMatch(/^nowhere\.log: cannot be read \(ENOENT/);
  });

  it('a lane that nobody knows, with its column', async () => {
    expect(await refuses(`compare ${RDMA} --policies linux-5.7,linux-5,9`)).toMatch(
      /^lanes 'linux-5\.7,linux-5,9', column 11: there is no policy or profile 'linux-5'; did you mean 'linux-5\.\d+'/,
    );
    expect(await refuses(`compare ${file('lane.cow', 'question x\nmmap 0 0 anon 1\nexpect linux-4.99 step 0 ok\n')}`))
      .toMatch(/^lane\.cow:3: there is no policy or profile 'linux-4\.99'; .*or choose lanes with --policies$/);
  });

  it('a policy that throws on import', async () => {
    file('throws.ts', "throw new Error('not today');\nexport default {};\n");
    expect(await refuses(`compare ${RDMA} --policies ./throws.ts`)).toBe(
      'plugin ./throws.ts: fails to load: line 1: not today; mend that file, or leave it out',
    );
  });

  it('a policy that throws in a hook; what was recorded until then is kept', async () => {
    file('hook.ts',
      "import { definePolicy } from '@cowlab/plugin-api';\nexport default definePolicy({ id: 'hook', summary: "
        + "'x.', onForkPage: () => { throw new Error('no\\nidea'); } });\n");
    expect(await refuses(`compare ${RDMA} --policies linux-5.9+./hook.ts`)).toMatch(
      /^policy 'hook': onForkPage threw: (Error: )?no idea; mend the policy, nothing after this was run$/,
    );
    const { code, err } = await cowlab(`run ${RDMA} --policy linux-5.9+./hook.ts --log until.log`);
    expect(code).toBe(2);
    expect(err).toMatch(/^cowlab: policy 'hook': onForkPage threw: (?:Error: )?no idea[^\n]*\n$/);
    expect(await json('replay until.log')).toMatchObject({ verified: { entries: 6 } });
  });

  it('a policy that answers what no path understands', async () => {
    file('odd.ts', "export default { id: 'odd', summary: 'x.', onForkPage: () => 'steal' };\n");
    expect(await refuses(`compare ${RDMA} --policies linux-5.9+./odd.ts`)).toMatch(
      /^policy 'odd': onForkPage answered "steal"; it may answer share, copy or undefined/,
    );
  });

  it('a config file with a slip in it', async () => {
    const config = file('cowlab.config.json', '{"plugin":["./x.ts"]}\n');
    expect(await refuses('policies')).toBe("cowlab.config.json: there is no setting 'plugin'; did you mean 'plugins'?");
    rmSync(join(cwd, config));
  });

  it.each([
    ['', /^no command is given; try cowlab demo/],
    ['comprae', /^unknown command 'comprae' \(Did you mean compare\?\); see cowlab --help$/],
    ['compare', /^missing required argument 'scenario\|trace'; see cowlab --help$/],
    [`compare ${RDMA} --polices x`, /^unknown option '--polices' \(Did you mean --policies\?\)/],
    [`compare ${RDMA} --policies`, /^option '--policies <lanes>' argument missing/],
    [`compare ${RDMA} another`, /^too many arguments for 'compare'/],
  ])('usage: cowlab %s', async (args, message) => {
    expect(await refuses(args === '' ? [] : args)).toMatch(message);
  });

  it('COWLAB_DEBUG=1 adds the stack', async () => {
    const { err } = await cowlab('compare nowhere.cow', { COWLAB_DEBUG: '1' });
    expect(err).toMatch(/^cowlab: nowhere\.cow[^\n]*\nCompositionError: [\s\S]*\n {4}at /);
  });
});

describe('--help', () => {
  const COMMANDS = ['demo', 'compare', 'check', 'run', 'replay', 'policies', 'conform', 'matrix', 'record', 'litmus'];

  it('lists every command', async () => {
    const out = await tells('--help');
    for (const command of [...COMMANDS, 'doctor']) expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect(out).toContain('Exit codes: 0 it holds; 1 a finding');
  });

  it.each(['', ...COMMANDS])('of %s has an example, and every example works', async (command) => {
    file('random.programs.txt', 'prog 0\nwatch 0 0\nmmap 0 0 anon 1\nend\n');
    const examples = (await tells(`${command} --help`.trim())).split('\n').filter((line) =>
      line.startsWith('  $ cowlab ')
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      // Only a kernel that can be asked can be recorded.
      const lacks = command === 'record' ? whyNotRecord() : null;
      const { code, err } = await cowlab(example.replace('  $ cowlab ', ''));
      expect({ example, code, err }).toEqual({ example, code: lacks === null ? 0 : 2,
        err: lacks === null ? '' : expect.stringContaining(lacks) });
    }
    // A live kernel is asked by one at a time.
  }, 600_000);

  it('every word that a lane can be, as the help writes them, is understood', async () => {
    file('my-policy.ts', "export default { id: 'my-policy', summary: 'x.' };\n");
    const lanes = (await tells('compare --help')).split('\n').filter((line) => /^ {2}\S+[:+]\S+$/.test(line)).map((
      line,
    ) => line.trim());
    expect(lanes.length).toBe(3);
    await tells(`compare ${RDMA} --policies ${lanes.join(',')}`);
  });
});
