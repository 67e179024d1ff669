/** Recordings that are easily misread, and what is right to say of each: its word, its exit code and its first line. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue, readText } from '@cowlab/composition/node';
import { TraceError } from '@cowlab/trace';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { exitOf, type Word } from './hazards/claims.ts';
import { documentOf } from './report/document.ts';
import { type Verdict, verdictOn } from './verdict.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const TRACES = join(import.meta.dirname, '../../trace/fixtures');
const OLD = 'linux-5.7';
const RC5 = 'linux-5.9-rc5';
const NEW = 'linux-6.18';

let lanes: readonly Lane[] = [];
beforeAll(async () => {
  lanes = await resolveLanes([OLD, RC5, NEW].join(','), await openCatalogue({ cwd: FIXTURES, from: 'spec' }));
});

function verdict(file: string, kernels: readonly string[], folder = FIXTURES): Verdict {
  const stem = join(folder, file);
  const beside = (kind: string): string | undefined => {
    const found = ['', '.gz'].map((ending) => `${stem}.${kind}${ending}`)
      .find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
    return found === undefined ? undefined : readText(found);
  };
  const name = readdirSync(folder).find((one) => one.startsWith(`${file}.strace`)) ?? file;
  return verdictOn({ name, strace: readText(join(folder, name)), faults: beside('faults'),
    accesses: beside('accesses') }, lanes.filter((lane) => kernels.includes(lane.name)));
}

/** File, kernels, the word, and what the sentence must name; a hazard where one is to be named. */
type Row = readonly [file: string, kernels: readonly string[], word: Word, hazard: string | null,
  ...says: readonly RegExp[]];

const BOTH = [RC5, NEW];
const ALL = [OLD, RC5, NEW];
const DEATH = (page: string, line: number, bytes = '2,192'): RegExp =>
  new RegExp(`${bytes} bytes that are not the buffer's share the page at ${page}.*at line ${line} and died by SIGSEGV`);
const CLOSES = /does not show when rings are closed \(add close to the set\)/;
const COPIES = /copies the 4 registered pages of buffer \d .* for the child at once/;

const FIRST: readonly Row[] = [
  ['bss', [NEW], 'SAFE', null, COPIES],
  ['bss', BOTH, 'DEPENDS', 'H1', CLOSES],
  ['dontfork', [NEW], 'UNSAFE', 'H2', /died by touching the hole at 0x7f3910614000, line 21,/],
  ['dontfork', ALL, 'UNSAFE', 'H2', /line 21/],
  ['close', [RC5], 'DEPENDS', 'H1', CLOSES],
  ['close', [NEW], 'SAFE', null, COPIES],
  ['attach', [NEW], 'DEPENDS', null,
    /^DEPENDS on linux-6\.18: attached to a running process, pid 9877; what it had mapped and registered before is not/],
  ['noclone', [NEW], 'DEPENDS', null, /pid 9894 appears without a clone at line 17; its memory is unknown/],
  ['raw', [NEW], 'SAFE', null, COPIES],
  ['raw', [RC5], 'DEPENDS', 'H1', CLOSES],
  ['notime', [NEW], 'SAFE', null, COPIES],
  ['notime', [RC5], 'DEPENDS', 'H1', CLOSES],
  ['r', [NEW], 'SAFE', null, COPIES],
  ['k', [NEW], 'SAFE', null, COPIES, /line 142/],
  ['Y', [NEW], 'SAFE', null, COPIES],
  ['stderr', [NEW], 'SAFE', null, COPIES],
  ['stderr', [RC5], 'DEPENDS', 'H1', CLOSES],
  ['odirect', [NEW], 'DEPENDS', 'H1',
    /direct I\/O of 1,048,576 bytes.*in flight across the fork\(\) at line 36.*may be lost to the reader/],
  ['partial', [NEW], 'UNSAFE', 'H2', DEATH('0x7fcd79fe1000', 31, '2,092')],
  ['dupring', [NEW], 'SAFE', null, COPIES],
  ['dupring', [RC5], 'DEPENDS', 'H1', /fork\(\) at line 30 shares all 4 pages of buffer 0/],
  ['spawn', ALL, 'SAFE', null, /^SAFE on all: no fork\(\) copied the address space.*line 29 is CLONE_VM\|CLONE_VFORK/],
  ['gpu-register', [NEW], 'DEPENDS', 'H1',
    /the NVIDIA driver registered memory \(ioctl 0x46\/0x27, 5 times .*\); strace shows no addresses/],
];

const SECOND: readonly Row[] = [
  ['attach-worker', BOTH, 'DEPENDS', null,
    /attached; pids 12153 and 12151 were not born here and may share one address space \(12153 ends by exit\(\), as threads do\)/],
  ['hugetlb', [NEW], 'SAFE', null,
    /one huge page .* copied at the fork\(\) of line 11: .*the pool had at least one left/],
  ['hugetlb', [RC5], 'DEPENDS', 'H8', /pool/],
  ['vmsplice-s0', BOTH, 'DEPENDS', 'H1',
    /8,192 bytes were given to a pipe by reference at line 9; their addresses are not printed/,
    /-e raw=vmsplice prints only/],
  ['clone-buffers', [RC5], 'DEPENDS', 'H1', /fork\(\) at line 14 shares all 4 pages of buffer 1/],
  ['clone-buffers', [NEW], 'SAFE', null, COPIES],
  ['ring-fd', BOTH, 'DEPENDS', 'H1',
    /a ring registered buffers at line 11; strace prints neither the opcode nor the addresses/],
  ['no-mmap', BOTH, 'DEPENDS', 'H1', /the ring of line 9 lives in pages of the program .*strace does not print/],
  ['dontneed', BOTH, 'UNSAFE', 'H1',
    /^UNSAFE on all: H1: madvise\(MADV_DONTNEED\) at line 11 took 4 pages from under the device/],
  ['one-access', [RC5], 'DEPENDS', 'H1', /all 4 pages of buffer 0/],
  ['mlock', [OLD, RC5], 'UNSAFE', 'H1', /^UNSAFE on all: H1: mlock\(\) at line 12 breaks COW in all 4 pages/],
  ['mlock', [NEW], 'SAFE', null, COPIES],
  ['process-vm', [OLD, RC5], 'UNSAFE', 'H1', /process_vm_writev\(\) at line 13 breaks COW in page 1 of buffer 0/],
  ['process-vm', [NEW], 'SAFE', null, COPIES],
  ['uffd', BOTH, 'DEPENDS', 'H1', /userfaultfd holds pages 0-3 of buffer 0 .* from line 14 to 16.*not modelled/],
  ['madvise-enomem', BOTH, 'UNSAFE', 'H2',
    /hole at 0x7f224293c000, line 15, that MADV_DONTFORK at line 12 left though it failed/],
  ['failed-fork', [RC5], 'DEPENDS', 'H1',
    /the fork\(\) of line 11 failed with EAGAIN.*write-protection .* may stay \(RLIMIT_NPROC fails earlier/],
  ['failed-fork', [NEW], 'SAFE', null, /line 11 failed/],
  ['dofork', [RC5], 'DEPENDS', 'H1', /DOFORK at line 16 took buffer 1's protection of page 0x7fd84b4d3 away/],
  ['zerocopy', BOTH, 'DEPENDS', 'H1',
    /16,384 bytes were lent to a socket at line 10 \(MSG_ZEROCOPY\), and no completion is seen/],
  ['uverbs', BOTH, 'DEPENDS', 'H1',
    /an RDMA driver was called 4 times .*it may hold any memory of the program, strace shows none/],
  ['clock-mono', BOTH, 'UNSAFE', 'H2', DEATH('0x7f971f6d4000', 15),
    /samples are refused: .*seconds since boot, strace since 1970/],
  ['clock-early', BOTH, 'UNSAFE', 'H2', DEATH('0x7f268a917000', 15),
    /samples are refused: .*meet pages before they are mapped/],
  ['thinned', BOTH, 'UNSAFE', 'H2', DEATH('0x7f268a917000', 15), /samples do not add up/],
  ['pidns', BOTH, 'UNSAFE', 'H2', DEATH('0x7febbaec7000', 15),
    /samples are refused: none of the samples belongs to a recorded process/],
  ['stale-faults', BOTH, 'UNSAFE', 'H2', DEATH('0x7f3d465b6000', 15),
    /samples are refused: .*most touch what nobody mapped/],
  ['foreign-faults', BOTH, 'UNSAFE', 'H2', DEATH('0x7f81678e0000', 69),
    /samples of \d foreign processes are left out\.$/],
  ['page-64k', BOTH, 'DEPENDS', null,
    /^DEPENDS on all: the page size of this recording is not 4 KiB but 64 KiB \(line 8\).*died by the hole .*\(line 12\)/],
  ['arm64', BOTH, 'DEPENDS', null, /not 4 KiB but 64 KiB \(line 8\), and its addresses have 48 bits/],
  ['la57', [NEW], 'SAFE', null, COPIES, /0xff11772e768000/],
  ['zstd', [NEW], 'SAFE', null, COPIES],
  ['n', [NEW], 'SAFE', null, COPIES],
  ['cut', BOTH, 'DEPENDS', null, /torn at line 10, a registration may have succeeded/],
  ['perf-default', BOTH, 'UNSAFE', 'H2', /samples are refused: these samples carry no addresses/],
  ['perf-usec', BOTH, 'UNSAFE', 'H2', /died by SIGSEGV(?!.*refused)/],
  ['fork-exec-threads', [NEW], 'SAFE', 'H5',
    /H5 possible: 1 other thread .* fork\(\) at line 14 copied.*posix_spawn\(\) would copy nothing/],
  ['vfork-store', BOTH, 'SAFE', null, /line 11 is vfork\(\), which shares it/],
  ['container', BOTH, 'SAFE', null, /line 11 is CLONE_VM\|CLONE_VFORK, which shares it/],
  ['clone3', [NEW], 'SAFE', null, COPIES],
  ['clone3', [RC5], 'DEPENDS', 'H1', /fork\(\) at line 11/],
  ['zygote', [RC5], 'DEPENDS', 'H1',
    /pid 11317\) lose .*; pid 11316 is safe on linux-5\.9-rc5: it did not fork after it registered/],
  ['nginx-reload', ALL, 'SAFE', null,
    /no call that holds memory is among the recorded ones, 4 forks; opens and reads are not in the recorded set, so direct I\/O is not excluded/],
  ['fio-threads', ALL, 'SAFE', null,
    /no fork\(\) copied the address space.*lines 611, 658\) are CLONE_VM\|CLONE_VFORK/],
];

describe.each([['first', FIRST], ['second', SECOND]] as const)('a recording of the %s set', (_, rows) => {
  it.each(rows.map((row) => [row[0], row[1].join(','), row] as const))('%s on %s', (__, ___, row) => {
    const [file, kernels, word, hazard, ...says] = row;
    const found = verdict(file, kernels);
    expect([found.verdict, exitOf(found.verdict)]).toEqual([word, word === 'SAFE' || word === 'UNNEEDED' ? 0 : 1]);
    expect(found.sentence.startsWith(word)).toBe(true);
    for (const say of says) expect(found.sentence).toMatch(say);
    const hazards = documentOf(found).hazards as readonly { readonly hazard: string | null }[];
    if (hazard !== null) expect(hazards.map((one) => one.hazard)).toContain(hazard);
  });
});

describe('what is no recording', () => {
  it('is refused by its name', () => {
    const refusal = (text: string): string => {
      try {
        verdictOn({ name: 'it', strace: text }, []);
      } catch (error) {
        if (error instanceof TraceError) return error.message;
      }
      return 'not refused';
    };
    expect(refusal(readText(join(FIXTURES, 'perf-trace.strace')))).toMatch(
      /^it:1: this is perf trace text: perf trace prints no buffers; use strace/,
    );
    expect(refusal('')).toMatch(/^it:1: the file is empty: nothing was recorded/);
    expect(refusal('\n\n')).toMatch(/empty/);
    expect(refusal(readText(join(FIXTURES, 'perf-default.faults')))).toMatch(/samples of perf script, and no calls/);
    expect(refusal('int main(void) { return fork(); }\n')).toMatch(/no line of it reads as a call/);
    expect(refusal('PERFILE2\u0001\u0002')).toMatch(/perf\.data/);
  });
});

describe('the recordings of real programs', () => {
  it('are judged by what they hold while they fork', () => {
    expect(verdict('redis-bgsave', BOTH, TRACES)).toMatchObject({ verdict: 'SAFE',
      sentence: expect.stringMatching(/no call that holds memory is among the recorded ones, 1 fork/) });
    expect(verdict('fio-fixedbufs', ALL, TRACES)).toMatchObject({ verdict: 'SAFE',
      sentence: expect.stringMatching(/no fork\(\) copied the address space/) });
  });
  it('a stated store decides for the page that it meets', () => {
    const { kernels, sentence } = verdict('uring-fork', ALL, TRACES);
    expect(kernels.map((one) => one.verdict)).toEqual(['UNSAFE', 'UNSAFE', 'UNNEEDED']);
    expect(sentence).toMatch(/UNNEEDED on linux-6\.18: H1: MADV_DONTFORK at line 20 protects buffer 2/);
  });
});

describe('what a recording does not show', () => {
  it('is listed, and the list is not empty for any of them', () => {
    expect(verdict('nginx-reload', [NEW]).notShown.join('\n')).toMatch(/direct I\/O.*\n.*drivers/);
    expect(verdict('close', [NEW]).notShown).toContain(
      'when descriptors are closed: close() does not occur; add it to the set',
    );
    expect(verdict('notime', [NEW]).notShown).toContain('when: the lines have no times');
  });
});

/** One program of one buffer and one fork(), with something in between; `12:` in front of a line is the child's. */
describe('a program of one registered buffer', () => {
  const BEFORE = ['execve("./a", ["a"], 0x1 /* 1 var */) = 0', 'brk(NULL) = 0x1000000',
    'mprotect(0x4b7000, 16384, PROT_READ) = 0',
    'mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000',
    'io_uring_setup(4, {flags=0, features=IORING_FEAT_SINGLE_MMAP|0x3e000}) = 3<anon_inode:[io_uring]>'];
  const REGISTERED =
    'io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, [{iov_base=0x7f0000000000, iov_len=16384}], 1) = 0';
  const FORK = 'fork() = 12';
  const CLOSE = 'close(3<anon_inode:[io_uring]>) = 0';
  const ADVICE = 'madvise(0x7f0000000000, 16384, MADV_';
  const DEATH_OF = (pid: number): string =>
    `${pid}:--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7f0000000010} ---`;
  const words = (...lines: readonly string[]): string => {
    const text = [...BEFORE, ...lines, '12:+++ exited with 0 +++', 'exit_group(0) = ?', '+++ exited with 0 +++'].map(
      (line, nr) => {
        const [, pid = '11', rest] = /^(?:(\d+):)?(.*)$/s.exec(line) ?? [];
        return `${pid} 1795811394.${String(nr).padStart(6, '0')} ${rest}\n`;
      },
    ).join('');
    return verdictOn({ name: 'it', strace: text }, lanes.filter(({ name }) => BOTH.includes(name))).kernels
      .map((one) => one.verdict).join(' ');
  };

  it.each([
    ['depends on stores before early copy', 'DEPENDS SAFE', [REGISTERED, FORK]],
    ['is safe once the ring is closed', 'SAFE SAFE', [REGISTERED, CLOSE, FORK]],
    ['stays registered through a mapping of the ring', 'DEPENDS SAFE', [
      'mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3<anon_inode:[io_uring]>, 0) = 0x7f0000100000',
      REGISTERED,
      CLOSE,
      FORK,
    ]],
    ['stays registered through a descriptor that went over a socket', 'DEPENDS SAFE', [REGISTERED,
      'sendmsg(4, {msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}], msg_flags=0}, 0) = 1',
      CLOSE, FORK]],
    ['loses the device by mlockall()', 'UNSAFE SAFE', [REGISTERED, FORK, 'mlockall(MCL_CURRENT) = 0']],
    ['loses the device by MADV_POPULATE_WRITE', 'UNSAFE SAFE', [REGISTERED, FORK, `${ADVICE}POPULATE_WRITE) = 0`]],
    ['loses the device by MADV_DONTNEED without any fork()', 'UNSAFE UNSAFE', [REGISTERED, `${ADVICE}DONTNEED) = 0`]],
    ['is protected by MADV_WIPEONFORK', 'SAFE UNNEEDED', [REGISTERED, `${ADVICE}WIPEONFORK) = 0`, FORK]],
    ['is protected by MADV_DONTFORK', 'SAFE UNNEEDED', [REGISTERED, `${ADVICE}DONTFORK) = 0`, FORK]],
    ["kills a grandchild in its parent's hole", 'UNSAFE UNSAFE', [REGISTERED, `${ADVICE}DONTFORK) = 0`, FORK,
      '12:fork() = 13', DEATH_OF(13)]],
    ['kills a child by a hole that is not recorded', 'DEPENDS DEPENDS', [REGISTERED, FORK, DEATH_OF(12)]],
    ['is followed by a provided ring of buffers', 'DEPENDS DEPENDS', [
      'io_uring_register(3, 0x16 /* IORING_REGISTER_??? */, 0x7ffe, 1) = 0',
      FORK,
    ]],
    ['is registered by number', 'DEPENDS DEPENDS', ['syscall_0x1ab(0x3, 0, 0x7ffe, 0x1, 0, 0) = 0', FORK]],
    ['is a driver told by number', 'DEPENDS DEPENDS', ['ioctl(5, 0xc0384627, 0x7ffe) = 0', FORK]],
    ['is unmapped before the fork()', 'SAFE SAFE', [REGISTERED, 'munmap(0x7f0000000000, 16384) = 0', FORK]],
  ])('%s: %s', (_, expected, lines) => {
    expect(words(...lines)).toBe(expected);
  });
});
