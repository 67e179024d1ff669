/** The model of the recorded kernel against the recording: who is right, and what then is said. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Lane, resolveLanes } from '@cowlab/composition';
import { openCatalogue, readText } from '@cowlab/composition/node';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { documentOf } from '../report/document.ts';
import { verdictText } from '../report/text.ts';
import { type Verdict, verdictOn } from '../verdict.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const TRACES = join(import.meta.dirname, '../../../trace/fixtures');

let lanes: readonly Lane[] = [];
beforeAll(async () => {
  lanes = await resolveLanes('linux-6.18', await openCatalogue({ cwd: FIXTURES, from: 'spec' }));
});

const PROGRAM = ['execve("./a", ["a"], 0x1 /* 1 var */) = 0', 'brk(NULL) = 0x1000000',
  'mprotect(0x4b7000, 16384, PROT_READ) = 0',
  'mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000',
  'io_uring_setup(4, {flags=0, features=IORING_FEAT_SINGLE_MMAP|0x3e000}) = 3<anon_inode:[io_uring]>'];
const REGISTER =
  'io_uring_register(3<anon_inode:[io_uring]>, IORING_REGISTER_BUFFERS, [{iov_base=0x7f0000000000, iov_len=16384}], 1) = 0';

function judged(lines: readonly string[], faults?: string): Verdict {
  const text = [...PROGRAM, ...lines, '12:+++ exited with 0 +++', 'exit_group(0) = ?', '+++ exited with 0 +++'].map(
    (line, nr) => {
      const [, pid = '11', rest] = /^(?:(\d+):)?(.*)$/s.exec(line) ?? [];
      return `${pid} 1795811394.${String(nr).padStart(6, '0')} ${rest}\n`;
    },
  ).join('');
  return verdictOn({ name: 'it.strace', strace: text, faults }, lanes, { recorded: lanes[0] });
}

describe('where the model of the recorded kernel does otherwise than it did', () => {
  it('a registration that succeeded there and fails here is a fault of ours, and nothing is said of its range', () => {
    const found = judged(['munmap(0x7f0000000000, 16384) = 0', REGISTER, 'fork() = 12']);
    expect(found.verdict).toBe('DEPENDS');
    expect(found.sentence).toMatch(
      /model of linux-6\.18 is at fault at line 7: Pin fails in the model with EFAULT .* succeeded when it was recorded; so nothing is said of buffer 0/,
    );
    expect(verdictText(found).join('\n')).toMatch(/Faults of ours: the model of linux-6\.18 does not do what was/);
    expect(found.claims.filter(({ hold, kernel }) => hold !== null && kernel !== null)).toEqual([]);
  });

  it('a death where nothing was mapped, and something is here, is one as well', () => {
    const found = judged([REGISTER, 'fork() = 12',
      '12:--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7f0000000010} ---']);
    expect(found.verdict).toBe('DEPENDS');
    expect(found.replay?.differences).toMatchObject([{ kind: 'no-death', pid: 12, source: { line: 8 } }]);
  });

  it('ranges that it does not meet keep their verdict', () => {
    const other = ['mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f1000000000',
      'munmap(0x7f1000000000, 4096) = 0', 'mprotect(0x7f1000000000, 4096, PROT_READ) = 0'];
    const found = judged([REGISTER, ...other, 'fork() = 12']);
    expect(found.replay?.differences).toMatchObject([{ kind: 'result', source: { line: 9 } }]);
    expect(found.verdict).toBe('SAFE');
    expect(found.sentence).toMatch(/; the model of linux-6\.18 is at fault at 1 place\.$/);
  });

  it('an madvise() that failed over a gap has acted, and is none', () => {
    const found = judged([REGISTER, 'munmap(0x7f0000001000, 4096) = 0',
      'madvise(0x7f0000000000, 16384, MADV_DONTFORK) = -1 ENOMEM (Cannot allocate memory)', 'fork() = 12',
      '12:--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7f0000000010} ---']);
    expect(found.replay?.differences).toEqual([]);
    expect(found.verdict).toBe('UNSAFE');
  });

  it('a recording that cannot be carried out says so, and is judged all the same', () => {
    const text = readText(join(FIXTURES, 'la57.strace'));
    const found = verdictOn({ name: 'la57.strace', strace: text }, lanes);
    expect(found.verdict).toBe('SAFE');
    expect(found.notShown.join('\n')).toMatch(/whether the model does what the recorded kernel did: .*above 47 bits/);
  });
});

describe('the given recordings', () => {
  const names = [
    ...readdirSync(FIXTURES).filter((name) => name.includes('.strace') && name !== 'perf-trace.strace').map((
      name,
    ) => join(FIXTURES, name)),
    ...readdirSync(TRACES).filter((name) => name.endsWith('.strace.gz')).map((name) => join(TRACES, name)),
  ];
  /** What dies there, nothing in the recording explains: a hole that it does not show. */
  const HIDDEN: readonly string[] = [];

  it('are carried out by the model without a difference', () => {
    const differing = names.flatMap((path) => {
      const { replay } = verdictOn({ name: path, strace: readText(path) }, lanes, { recorded: lanes[0] });
      return (replay?.differences ?? []).map(({ what }) => `${path.split('/').at(-1)}: ${what}`);
    });
    expect(differing).toEqual(HIDDEN);
  }, 60_000);
});

describe('the audit of page faults', () => {
  const audit = (stem: string): Verdict => {
    const read = (kind: string): string => {
      const gz = readdirSync(stem.slice(0, stem.lastIndexOf('/'))).some((name) => `${stem}.${kind}.gz`.endsWith(name));
      return readText(`${stem}.${kind}${gz ? '.gz' : ''}`);
    };
    return verdictOn({ name: stem, strace: read('strace'), faults: read('faults') }, lanes, { recorded: lanes[0] });
  };

  it.each([['uring-fork', TRACES, 150], ['redis-bgsave', TRACES, 10_003], ['fio-fixedbufs', TRACES, 2012], ['perf-usec',
    FIXTURES, 62], ['foreign-faults', FIXTURES, 116]])('explains every fault of %s', (name, folder, faults) => {
      const { replay } = audit(join(folder, name));
      expect(replay?.audit).toMatchObject({ nrUnexplained: 0, first: null });
      expect(replay?.audit?.faults).toBeGreaterThanOrEqual(faults);
    }, 30_000);

  const FAULT = (nr: number, addr: string, code: string, pid = 11): string =>
    `a ${pid}/${pid} 1795811394.${
      String(nr).padStart(6, '0')
    }500: exceptions:page_fault_user: address=${addr} ip=0x401000 error_code=${code}\n`;

  it('takes the kind from the error code: a first store, a COW store and a read', () => {
    const found = judged(['fork() = 12', 'getpid() = 11'],
      FAULT(4, '0x7f0000000000', '0x6') + FAULT(4, '0x7f0000001000', '0x4') + FAULT(6, '0x7f0000000000', '0x7')
        + FAULT(6, '0x7f0000000000', '0x7', 12));
    expect(found.replay?.audit).toMatchObject({ withCode: 4, nrUnexplained: 0,
      explained: { 'a new page': 1, 'the zero page mapped': 1, 'COW: a copy': 1, 'COW: the page reused': 1 } });
  });

  it('names a fault that the model has no need of, in full', () => {
    const found = judged(['fork() = 12', 'getpid() = 11'], FAULT(4, '0x7f0000000000', '0x6')
      + FAULT(6, '0x7f0000000000', '0x6') + FAULT(6, '0x7f0000000000', '0x6', 12));
    expect(found.replay?.audit).toMatchObject({ nrUnexplained: 2, unexplained: {
      'write of a missing page: COW: a copy: the processor found no entry, the model has one': 1,
      'write of a missing page: COW: the page reused: the processor found no entry, the model has one': 1,
    }, first: { line: 2, pid: 11, address: '0x7f0000000000', inModel: expect.stringContaining('rw-p') } });
    expect(verdictText(found, { audit: true }).join('\n')).toMatch(
      /The first that is unexplained:\n +file +it\.faults/,
    );
    expect(documentOf(found).replay).toMatchObject({ audit: { nrUnexplained: 2 } });
  });
});
