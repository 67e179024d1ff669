import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const ROOT = join(import.meta.dirname, '../../../../..');
const FIXTURES = join(ROOT, 'packages/verdict/fixtures');

async function run(args: string, cwd = FIXTURES): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await main(args.split(' '), { cwd, env: {}, stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) } });
  return { code, ...said };
}

interface Document {
  readonly sentence: string;
  readonly verdict: string;
  readonly notShown: readonly string[];
  readonly kernels: readonly { readonly kernel: string; readonly verdict: string }[];
  readonly ranges: readonly object[];
  readonly forks: readonly object[];
  readonly hazards: readonly { readonly hazard: string | null }[];
}

const json = async (args: string, cwd = FIXTURES): Promise<Document> =>
  JSON.parse((await run(`verdict ${args} --json`, cwd)).out) as Document;

describe('cowlab verdict', () => {
  it('begins with one sentence, and ends with what the recording does not show', async () => {
    const { code, out } = await run('verdict partial.strace --kernel linux-6.18');
    expect(code).toBe(1);
    const [first] = out.split('\n');
    expect(first).toMatch(/^UNSAFE on linux-6\.18: H2: 2,092 bytes that are not the buffer's share the page/);
    expect(out).toMatch(/\nNot shown by this recording:\n {2}- /);
  });
  it('exits 0 for SAFE and UNNEEDED, 1 for DEPENDS and UNSAFE, 2 for what is no recording', async () => {
    const codes = await Promise.all(
      ['spawn.strace', 'dofork.strace --kernel 6.18', 'cut.strace', 'dontneed.strace', 'perf-trace.strace',
        'nowhere.strace'].map(async (args) => (await run(`verdict ${args}`)).code),
    );
    expect(codes).toEqual([0, 0, 1, 1, 2, 2]);
  });
  it('prints its data with the sentence at the top', async () => {
    const document = await json('zygote.strace --kernel linux-5.9-rc5,6.18');
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining(['sentence', 'verdict', 'notShown', 'kernels', 'ranges', 'forks', 'hazards']),
    );
    expect(document.verdict).toBe('DEPENDS');
    expect(document.kernels).toMatchObject([{ kernel: 'linux-5.9-rc5', verdict: 'DEPENDS' }, { kernel: 'linux-6.18',
      verdict: 'SAFE' }]);
    expect(document.ranges).toMatchObject([{ pid: 11316, verdicts: { 'linux-5.9-rc5': 'SAFE' } }, { pid: 11317,
      verdicts: { 'linux-5.9-rc5': 'DEPENDS' } }]);
    expect(document.forks).toHaveLength(3);
  });
  it('takes a release without a profile for the nearest one before it, by any of its names', async () => {
    const { kernels } = await json('close.strace --kernel 6.6,v5.16.3');
    expect(kernels).toMatchObject([{ kernel: 'linux-6.6', verdict: 'SAFE' }, { kernel: 'linux-5.16',
      verdict: 'SAFE' }]);
  });
  it('prints SARIF, JUnit and Markdown, and one of them only', async () => {
    const sarif = JSON.parse((await run('verdict dontfork.strace --sarif')).out) as { runs: [{ results: object[] }] };
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ results: expect.arrayContaining([expect.objectContaining({
      ruleId: 'H2',
      level: 'error',
    })]) }] });
    expect((await run('verdict dontfork.strace --junit')).out).toMatch(
      /<testsuite name="dontfork.strace" tests="2" failures="2" errors="0">/,
    );
    expect((await run('verdict dontfork.strace --markdown')).out).toMatch(/^### dontfork\.strace\n\nUNSAFE on all/);
    expect((await run('verdict dontfork.strace --junit --sarif')).code).toBe(2);
  });
});

describe('the files of one recording', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cowlab-'));
  beforeAll(() => {
    writeFileSync(join(folder, 'ff.10'), 'execve("./a", ["a"], 0x1 /* 1 var */) = 0\nbrk(NULL) = 0x1000\n'
      + 'mprotect(0x4b7000, 16384, PROT_READ) = 0\nmmap(NULL, 4096, PROT_READ|PROT_WRITE, '
      + 'MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n'
      + 'io_uring_setup(4, {flags=0}) = 3\nio_uring_register(3, IORING_REGISTER_BUFFERS, '
      + '[{iov_base=0x7f0000000000, iov_len=4096}], 1) = 0\n'
      + 'madvise(0x7f0000000000, 4096, MADV_DONTFORK) = 0\nfork() = 11\nexit_group(0) = ?\n+++ exited with 0 +++\n');
    writeFileSync(join(folder, 'ff.11'),
      '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7f0000000010} ---\n+++ killed by SIGSEGV +++\n');
    writeFileSync(join(folder, 'trace.txt'), 'nothing of strace\n');
    cpSync(join(FIXTURES, 'perf-usec.strace'), join(folder, 'log.txt'));
    cpSync(join(FIXTURES, 'thinned.faults'), join(folder, 'perf.txt'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('may be one a process, as strace -ff writes them', async () => {
    expect((await json('ff', folder)).sentence).toMatch(
      /^UNSAFE on all: H2: child 11 died by touching the hole at 0x7f0000000010/,
    );
    expect((await json('ff.10 ff.11', folder)).verdict).toBe('UNSAFE');
  });
  it('may have any name, and samples may be given beside', async () => {
    expect((await json('log.txt perf.txt', folder)).sentence).toMatch(/samples do not add up/);
  });
  it('are refused by name when they are none', async () => {
    expect(await run('verdict trace.txt', folder)).toMatchObject({ code: 2, out: '',
      err: expect.stringMatching(/^cowlab: trace\.txt:1: this is no recording/) });
    expect(await run('verdict perf.txt', folder)).toMatchObject({ code: 2,
      err: expect.stringMatching(/samples of perf script, and no calls/) });
  });
});
