import { describe, expect, it } from '@jest/globals';
import type { Program, Step } from '@cowlab/scenario';
import { type LiveCan, limitsOf, missingFor, missingForRecordings, zeroPageOf } from './can.ts';

const ROOT: LiveCan = { frames: true, presence: true, zeroPage: true, hugeZeroPage: true, splitZeroPage: true,
  drain: 'all', uring: 'ok', remote: 'ok', thp: 'madvise', thpIsSet: true, folios: ['64k'], khugepagedSleeps: true,
  pool: true, hugePages: 64, swap: true, softDirty: true, uffd: 'ok', force: true, ksm: true, memlock: -1 };
const USER: LiveCan = { ...ROOT, frames: false, khugepagedSleeps: false, pool: false, hugePages: 0, swap: false,
  memlock: 8 << 20 };

const RANGE = { p: 0, r: 0, start: 0, nr: 1 };
const mmap = (kind: 'anon' | 'thp' | 'huge', nr: number): Step => ({ op: 'mmap', p: 0, r: 0, kind, nr });
const FORK: Step = { op: 'fork', p: 0, child: 1 };
const program = (...steps: Step[]): Program => ({ watch: {}, steps, pool: 64 });
const missing = (can: Partial<LiveCan>, ...steps: Step[]): string | null =>
  missingFor(program(...steps), { ...USER, ...can });

describe('what a program needs is named where the machine does not have it', () => {
  it('small private memory needs nothing', () => expect(missing({}, mmap('anon', 4), FORK)).toBeNull());

  it('a device needs io_uring, a remote load ptrace access, reclaim swap', () => {
    expect(missing({ uring: 'EPERM' }, { op: 'pin', slot: 0, ...RANGE })).toBe('pin: there is no io_uring (EPERM)');
    expect(missing({ remote: 'EPERM' }, { op: 'pvread', p: 0, r: 0, page: 0 })).toBe(
      'pvread: process_vm_readv() of a child is refused (EPERM)',
    );
    expect(missing({}, { op: 'swapout', ...RANGE })).toBe('swapout: there is no swap');
    expect(missing({ swap: true }, { op: 'swapout', ...RANGE })).toBeNull();
  });

  it('pins that no system call takes are never run', () => {
    expect(missingFor(program({ op: 'rpin', slot: 0, ...RANGE }), ROOT)).toBe('rpin: no system call takes it');
    expect(missingFor(program({ op: 'spin', slot: 0, ...RANGE }), ROOT)).toBe('spin: no system call holds it');
  });

  it('THP must be on for those who ask for it, and off for those who do not', () => {
    expect(missing({ thp: 'never' }, mmap('thp', 512))).toBe('THP is never (transparent_hugepage/enabled)');
    expect(missing({ thp: 'always' }, mmap('thp', 512))).toBeNull();
    expect(missing({ thp: 'always' }, mmap('anon', 512))).toBe(
      'THP is always and may not be set to madvise (transparent_hugepage/enabled)',
    );
  });

  it('hugetlb pages must be free for every process, unless the pool is the very one that the program counts on', () => {
    expect(missing({}, mmap('huge', 512))).toBe('no hugetlb page is free (vm.nr_hugepages)');
    expect(missing({ hugePages: 1 }, mmap('huge', 512))).toBeNull();
    expect(missing({ hugePages: 1 }, mmap('huge', 512), FORK)).toBe(
      '2 huge pages may be needed, 1 are free (vm.nr_hugepages)',
    );
    const poor = { ...program(mmap('huge', 512), FORK), pool: 1 };
    expect(missingFor(poor, { ...USER, hugePages: 1 })).toBeNull();
    expect(missingFor(poor, { ...USER, hugePages: 2 })).toBe(
      'a hugetlb pool of just 1 may be needed, 2 are free (vm.nr_hugepages)',
    );
    expect(missingFor(poor, ROOT)).toBeNull();
  });

  it('a limit on locked memory counts the whole of large folios, and small pages beside them', () => {
    const pin: Step = { op: 'pin', slot: 0, ...RANGE };
    expect(missing({ memlock: 4096 }, mmap('anon', 1), pin)).toBeNull();
    expect(missing({ memlock: 4096 }, mmap('thp', 512), pin)).toBe(
      '2052 KiB may come to be locked, allowed are 4 (ulimit -l)',
    );
  });

  it('the tables of the agent are finite', () => {
    expect(missingFor(program({ ...mmap('anon', 1), r: 8 } as Step), ROOT)).toBe('the agent has regions 0 to 7');
    expect(missingFor(program({ op: 'fork', p: 0, child: 64 }), ROOT)).toBe('the agent has processes 0 to 63');
    expect(missingFor({ ...program(), watch: { 9: [0] } }, ROOT)).toBe('the agent has regions 0 to 7');
    expect(missingFor(program(mmap('anon', 2 ** 18)), ROOT)).toBe('the agent has room for 262143 pages a region');
    expect(missingFor(program(...Array.from({ length: 4097 }, () => FORK)), ROOT)).toBe(
      'the agent takes 4096 steps at most',
    );
  });
});

it('reports say what is not seen and what is not in hand', () => {
  expect(limitsOf(ROOT)).toEqual([]);
  expect(limitsOf({ ...USER, presence: false, drain: 'one' })).toEqual([
    'identity, mapcount and flags of pages are not seen (needs root)',
    'presence of pages is not seen (no pagemap)',
    'the hugetlb pool is not set: 0 free',
    'khugepaged is not put to sleep',
    'per-CPU batches are drained on one CPU only (no MADV_COLLAPSE)',
  ]);
});

it('recordings are of all that can be seen, under settings of their own', () => {
  expect(missingForRecordings(ROOT)).toBeNull();
  expect(missingForRecordings(USER)).toBe('page frames cannot be seen');
  expect(missingForRecordings({ ...ROOT, pool: false })).toBe('the hugetlb pool cannot be set to 64');
  expect(missingForRecordings({ ...ROOT, thp: 'always' })).toBe('THP cannot be set to madvise');
  expect(missingForRecordings({ ...ROOT, khugepagedSleeps: false })).toBe('khugepaged cannot be put to sleep');
});

describe('the zero page', () => {
  it('is mapped, or by the split of a THP alone, or not at all', () => {
    expect(
      [ROOT, { ...ROOT, splitZeroPage: false }, { ...ROOT, zeroPage: false }, { ...ROOT, zeroPage: false,
        splitZeroPage: false }].map(zeroPageOf),
    ).toEqual(['mapped', 'mapped', 'by-split', 'forbidden']);
  });

  it('that is off for THPs alone keeps away who asks for one, and recordings', () => {
    const off = 'the huge zero page is off (transparent_hugepage/use_zero_page)';
    expect(missing({ hugeZeroPage: false }, mmap('thp', 512))).toBe(off);
    expect(missing({ hugeZeroPage: false }, mmap('anon', 512))).toBeNull();
    expect(missing({ zeroPage: false, hugeZeroPage: false }, mmap('thp', 512))).toBeNull();
    expect(missingForRecordings({ ...ROOT, hugeZeroPage: false })).toBe(off);
    expect(missingForRecordings({ ...ROOT, zeroPage: false, hugeZeroPage: false })).toBeNull();
  });
});
