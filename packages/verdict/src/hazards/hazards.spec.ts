/** Each hazard, shown by the smallest recording that has it, in strace's words. */
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue } from '@cowlab/composition/node';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { documentOf } from '../report/document.ts';
import { type Verdict, type VerdictInput, verdictOn } from '../verdict.ts';

let lanes: readonly Lane[] = [];
beforeAll(async () => {
  lanes = await resolveLanes('linux-5.7,linux-6.12,linux-6.18', await openCatalogue({ cwd: '/', from: 'spec' }));
});

const BASE = 0x7f00_0000_0000;
const at = (page: number): string => `0x${(BASE + page * 4096).toString(16)}`;
const START = ['execve("./a", ["a"], 0x1 /* 1 var */) = 0', 'brk(NULL) = 0x1000000',
  'mprotect(0x4b7000, 16384, PROT_READ) = 0'];
const map = (page: number, nr: number, flags = ''): string =>
  `mmap(NULL, ${nr * 4096}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS${flags}, -1, 0) = ${at(page)}`;
const RING = 'io_uring_setup(4, {flags=0, features=IORING_FEAT_SINGLE_MMAP|0x3e000}) = 3<anon_inode:[io_uring]>';
const register = (page: number, bytes: number): string =>
  `io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, [{iov_base=${
    at(page)
  }, iov_len=${bytes}}], 1) = 0`;
const FORK = 'fork() = 12';
const END = ['12:+++ exited with 0 +++', 'exit_group(0) = ?', '+++ exited with 0 +++'];

/** `12:` in front of a line is the child's; a line takes `step` microseconds. */
function judged(lines: readonly string[], more: Partial<VerdictInput> = {}, step = 1000): Verdict {
  const text = [...START, ...lines, ...END].map((line, nr) => {
    const [, pid = '11', rest] = /^(?:(\d+):)?(.*)$/s.exec(line) ?? [];
    const micros = nr * step;
    return `${pid} ${1795811394 + Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')} ${rest}\n`;
  }).join('');
  return verdictOn({ name: 'it', strace: text, ...more }, lanes);
}

interface Finding {
  readonly hazard: string | null;
  readonly verdict: string | null;
  readonly what: string;
  readonly kernels: readonly string[];
}
const found = (verdict: Verdict, hazard: string): readonly Finding[] =>
  (documentOf(verdict).hazards as readonly Finding[]).filter((one) => one.hazard === hazard);

describe('H1', () => {
  it('is a device that loses the page its owner sees', () => {
    const [first] = found(judged([map(0, 4), RING, register(0, 16384), FORK, `mlock(${at(0)}, 16384) = 0`]), 'H1');
    expect(first).toMatchObject({ verdict: 'UNSAFE', kernels: ['linux-5.7'] });
  });
});

describe('H2', () => {
  it('is a child that dies where MADV_DONTFORK left a hole', () => {
    const [first] = found(
      judged([map(0, 4), RING, register(0, 16384), `madvise(${at(0)}, 16384, MADV_DONTFORK) = 0`, FORK,
        `12:--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=${at(1)}} ---`]),
      'H2',
    );
    expect(first).toMatchObject({ verdict: 'UNSAFE',
      what: expect.stringMatching(/touching the hole at 0x7f0000001000/) });
  });
  it('is foreseen where other bytes share the page of a buffer, though nobody touched them yet', () => {
    const [first] = found(
      judged([map(0, 4), RING, register(0, 6000), `madvise(${at(0)}, 8192, MADV_DONTFORK) = 0`, FORK]),
      'H2',
    );
    expect(first).toMatchObject({ verdict: null,
      what: expect.stringMatching(/^2,192 bytes that are not buffer 0 .* share the page at 0x7f0000001000/) });
  });
});

describe('H3', () => {
  /** A transport that protects every other page of a large region, registration by registration. */
  const leak = (
    nr: number,
  ): string[] => [map(0, 4 * nr),
    ...Array.from({ length: nr }, (_, i) => `madvise(${at(2 * i + 1)}, 4096, MADV_DONTFORK) = 0`)];

  it('is a count of mappings that rises: the ledger tells the rate and the time that is left', () => {
    // Ten calls a second make 20 mappings: 1,200 a minute.
    const verdict = judged(leak(400), { mapCountMax: 2000 }, 100_000);
    const { ledger } = documentOf(verdict);
    expect(ledger).toMatchObject([{ pid: 11, limit: 2000, unpaired: { left: 400, made: 400 }, hitAtLine: null }]);
    expect(ledger[0].perMinute).toBeGreaterThan(1150);
    expect(ledger[0].perMinute).toBeLessThan(1250);
    expect(ledger[0].secondsLeft).toBeGreaterThan(50);
    expect(ledger[0].secondsLeft).toBeLessThan(70);
    expect(found(verdict, 'H3')[0].what).toMatch(
      /^400 MADV_DONTFORK, 400 ranges never given back: the mappings of pid 11 rose to [78]\d\d \(line \d+\), 1,[12]\d\d a minute: the limit of 2000 is (?:5|6)\d seconds away$/,
    );
  });
  it('heals where MADV_DOFORK gives each range back: neighbours that are alike are one mapping', () => {
    const healed = judged([...leak(200),
      ...Array.from({ length: 200 }, (_, i) => `madvise(${at(2 * i + 1)}, 4096, MADV_DOFORK) = 0`)]);
    const [ledger] = documentOf(healed).ledger;
    expect(ledger.peak.mappings).toBeGreaterThan(380);
    expect(ledger.mappings).toBeLessThan(10);
    expect(found(healed, 'H3')).toEqual([]);
  });
  it('names the call that met the limit, by the errno of either age', () => {
    for (const errno of ['EAGAIN', 'ENOMEM']) {
      const verdict = judged([...leak(300), `madvise(${at(701)}, 4096, MADV_DONTFORK) = -1 ${errno} (x)`, FORK]);
      expect(found(verdict, 'H3').map(({ what }) => what).join('\n')).toMatch(
        new RegExp(
          `madvise\\(\\) at line 305 failed with ${errno} and no gap in its range: with about 6\\d\\d mappings`,
        ),
      );
      expect(documentOf(verdict).ledger[0].hitAtLine).toBe(305);
      expect(verdict.verdict).toBe('DEPENDS');
    }
  });
});

describe('H4', () => {
  it('is a pipe and its writer that see different pages after fork()', () => {
    const verdict = judged([map(0, 4), 'pipe2([4, 5], 0) = 0',
      `vmsplice(5<pipe:[1]>, [{iov_base=${at(0)}, iov_len=4096}], 1, 0) = 4096`, FORK]);
    expect(found(verdict, 'H4')[0]).toMatchObject({ verdict: 'DEPENDS',
      what: expect.stringMatching(/went into a pipe by reference and the fork\(\) at line \d+ shared it/) });
  });
});

describe('H5', () => {
  it('is a thread that stores while fork() copies registered pages', () => {
    const thread =
      'clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM, exit_signal=0, '
      + 'stack=0x7f1000000000, stack_size=0x7fff80}, 88) = 13';
    const verdict = judged([map(0, 4), RING, register(0, 16384), thread, FORK, '13:+++ exited with 0 +++']);
    expect(found(verdict, 'H5')[0]).toMatchObject({ kernels: ['linux-6.12', 'linux-6.18'],
      what: expect.stringMatching(/^H5 possible: 1 other thread \(13\)/) });
  });
});

describe('H6', () => {
  it('is memory that the early copy doubles, and the time that it takes', () => {
    const verdict = judged([map(0, 4096), RING, register(0, 4096 * 4096), FORK]);
    expect(found(verdict, 'H6')).toMatchObject([{ kernels: ['linux-6.12', 'linux-6.18'],
      what: 'the fork() at line 7 copies 4096 held pages at once: 16 MiB more memory, and 16 to 41 times the time of '
        + 'sharing them' }]);
  });
  it('is none where fork() leaves the range out', () => {
    const verdict = judged([map(0, 4096), RING, register(0, 4096 * 4096),
      `madvise(${at(0)}, ${4096 * 4096}, MADV_DONTFORK) = 0`, FORK]);
    expect(found(verdict, 'H6')).toEqual([]);
  });
});

describe('H7', () => {
  it('is a fork() that only execs: posix_spawn() would copy nothing', () => {
    const verdict = judged([map(0, 2048), FORK, '12:execve("/bin/true", ["true"], 0x1 /* 1 var */) = 0']);
    expect(found(verdict, 'H7')).toMatchObject([{
      what: expect.stringMatching(
        /^the fork\(\) at line 5 only execs \(child 12\): posix_spawn\(\) would copy nothing; it copied up to [45] page tables, of \d mappings? and 8,192 KiB$/,
      ),
    }]);
  });
});

describe('H8', () => {
  it('is a child that dies by SIGBUS because the pool had no page for its copy', () => {
    const verdict = judged([map(0, 512, '|MAP_HUGETLB'), FORK,
      `12:--- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=${at(3)}} ---`]);
    expect(found(verdict, 'H8')[0]).toMatchObject({ verdict: 'UNSAFE', what: expect.stringMatching(/died by SIGBUS/) });
  });
});

describe('H9', () => {
  it('is a copy of a huge page that the child may write though its mapping forbids it', () => {
    const verdict = judged([map(0, 512, '|MAP_HUGETLB'), RING, register(0, 2 ** 21),
      `mprotect(${at(0)}, ${2 ** 21}, PROT_READ) = 0`, FORK]);
    expect(found(verdict, 'H9')).toMatchObject([{ kernels: ['linux-6.12'], what: expect.stringMatching(
      /lies in huge pages that were made read-only before the fork\(\) at line 8: child 12/,
    ) }]);
  });
});
