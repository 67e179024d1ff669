import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Advice, type Command, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_PRIVATE, MAP_SHARED,
  MREMAP_FIXED, MREMAP_MAYMOVE, PROT_NONE, PROT_READ, PROT_WRITE } from '../commands.ts';
import { X86_64 } from '../geometry.ts';
import { inspectMm, inspectPage } from '../inspect.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_FORCE, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const PAGE = 4096;
const AT = 0x10000000;
const TASK_SIZE = 2 ** 47 - PAGE;
const RW = PROT_READ | PROT_WRITE;
const ANON = MAP_PRIVATE | MAP_ANONYMOUS;
/** The file of every test: 4 pages. */
const FILE = 1;

let world: World;
let kernel: Kernel;
const run = (command: Command): string => {
  const { result } = execute(kernel, command);
  return result.ok ? 'ok' : result.errno;
};
const mmap = (over: Partial<Extract<Command, { type: 'Mmap' }>>): string =>
  run({ type: 'Mmap', task: 0, addr: AT, length: PAGE, prot: RW, flags: ANON | MAP_FIXED, ...over });
const munmap = (addr: number, length: number): string => run({ type: 'Munmap', task: 0, addr, length });
const mprotect = (addr: number, length: number, prot: number): string =>
  run({ type: 'Mprotect', task: 0, addr, length, prot });
const madvise = (addr: number, length: number, advice: Advice): string =>
  run({ type: 'Madvise', task: 0, addr, length, advice });
const pin = (flags: number, nr = 1, whole = true): string =>
  run({ type: 'Pin', task: 0, pin: 0, vpn: AT / PAGE, nr, flags, device: 1, whole });
const store = (page: number): string => run({ type: 'Store', task: 0, vpn: AT / PAGE + page, nr: 1, value: 1 });

beforeEach(() => {
  world = new World(X86_64);
  kernel = new Kernel(world, stackPolicies([]));
  run({ type: 'SetPool', hugetlb: 2 });
  run({ type: 'Spawn', task: 0 });
  run({ type: 'CreateFile', file: FILE, kind: 'regular', nr: 4, base: 0, step: 1 });
});

describe('mmap() refuses', () => {
  it.each<[string, Parameters<typeof mmap>[0], string]>([
    ['an offset that is not page aligned', { flags: MAP_PRIVATE, file: FILE, offset: 1 }, 'EINVAL'],
    ['a file that is not open', { flags: MAP_PRIVATE, file: 9 }, 'EBADF'],
    ['length 0', { length: 0 }, 'EINVAL'],
    ['a length past the address space', { length: 2 ** 48 }, 'ENOMEM'],
    ['such a length also where the address is not aligned', { addr: AT + 1, length: 2 ** 48 }, 'ENOMEM'],
    ['neither shared nor private', { flags: MAP_ANONYMOUS | MAP_FIXED }, 'EINVAL'],
    ['a fixed address that is not aligned', { addr: AT + 1 }, 'EINVAL'],
    ['a fixed range past the end', { addr: TASK_SIZE }, 'ENOMEM'],
    ['a writable shared mapping of a read-only file', { flags: MAP_SHARED, file: FILE, readOnlyFile: true }, 'EACCES'],
    ['MAP_HUGETLB on an ordinary file', { flags: MAP_PRIVATE | MAP_HUGETLB, file: FILE }, 'EINVAL'],
    ['a hugetlb address that is not aligned', { addr: AT + PAGE, flags: ANON | MAP_HUGETLB | MAP_FIXED }, 'EINVAL'],
    ['more hugetlb pages than the pool can promise', { length: 3 * 512 * PAGE, flags: ANON | MAP_HUGETLB | MAP_FIXED },
      'ENOMEM'],
  ])('%s', (_what, over, errno) => {
    expect(mmap(over)).toBe(errno);
    expect(inspectMm(world, 0).vmas).toEqual([]);
  });

  it('MAP_FIXED_NOREPLACE over something, which stays', () => {
    expect(mmap({})).toBe('ok');
    expect(mmap({ flags: ANON | MAP_FIXED_NOREPLACE })).toBe('EEXIST');
    expect(store(0)).toBe('ok');
  });

  it('one more VMA than max_map_count allows', () => {
    kernel.mapCountMax = 1;
    expect(mmap({})).toBe('ok');
    expect(mmap({ addr: AT + 8 * PAGE, prot: PROT_READ })).toBe('ok');
    expect(mmap({ addr: AT + 16 * PAGE })).toBe('ENOMEM');
  });
});

describe('mmap() grants', () => {
  it('a hint that is busy or unaligned by looking for another place', () => {
    expect(mmap({})).toBe('ok');
    expect(mmap({ flags: ANON })).toBe('ok');
    expect(mmap({ addr: AT + 5, flags: ANON })).toBe('ok');
    expect(inspectMm(world, 0).vmas.filter(({ start }) => start === AT / PAGE)).toHaveLength(1);
  });

  it('MAP_FIXED over something by unmapping that first', () => {
    mmap({ length: 3 * PAGE });
    store(1);
    expect(mmap({ addr: AT + PAGE })).toBe('ok');
    expect(inspectPage(world, 0, AT / PAGE + 1).present).toBe(false);
  });

  it('a read-only shared mapping of a read-only file', () => {
    expect(mmap({ prot: PROT_READ, flags: MAP_SHARED | MAP_FIXED, file: FILE, readOnlyFile: true })).toBe('ok');
    expect(mprotect(AT, PAGE, RW)).toBe('EACCES');
  });

  it('a private mapping of a read-only file, which may become writable', () => {
    expect(mmap({ prot: PROT_READ, flags: MAP_PRIVATE | MAP_FIXED, file: FILE, readOnlyFile: true })).toBe('ok');
    expect(mprotect(AT, PAGE, RW)).toBe('ok');
  });
});

describe('munmap()', () => {
  it.each<[string, number, number, string]>([
    ['refuses an address that is not aligned', AT + 1, PAGE, 'EINVAL'],
    ['refuses length 0', AT, 0, 'EINVAL'],
    ['refuses an address past the end', 2 ** 47, PAGE, 'EINVAL'],
    ['refuses a range past the end', AT, TASK_SIZE, 'EINVAL'],
    ['grants a range in which nothing is mapped', AT + 100 * PAGE, PAGE, 'ok'],
  ])('%s', (_what, addr, length, errno) => {
    mmap({});
    expect(munmap(addr, length)).toBe(errno);
  });

  it('cuts a hole into a mapping', () => {
    mmap({ length: 3 * PAGE });
    expect(munmap(AT + PAGE, PAGE)).toBe('ok');
    expect([store(0), store(1), store(2)]).toEqual(['ok', 'SIGSEGV', 'ok']);
  });

  it('does not cut a hugetlb page', () => {
    mmap({ length: 512 * PAGE, flags: ANON | MAP_HUGETLB | MAP_FIXED });
    expect(munmap(AT + PAGE, PAGE)).toBe('EINVAL');
  });

  it('leaves a pinned page to its pin', () => {
    mmap({});
    expect(pin(FOLL_PIN | FOLL_WRITE)).toBe('ok');
    expect(munmap(AT, PAGE)).toBe('ok');
    expect(world.pages.used).toBe(1);
    expect(run({ type: 'Unpin', pin: 0 })).toBe('ok');
    expect(world.pages.used).toBe(0);
  });
});

describe('mprotect()', () => {
  it.each<[string, number, number, number, string]>([
    ['refuses an address that is not aligned', AT + 1, PAGE, RW, 'EINVAL'],
    ['grants length 0', AT, 0, RW, 'ok'],
    ['refuses unknown bits', AT, PAGE, 64, 'EINVAL'],
    ['refuses a range that starts in a hole', AT + 8 * PAGE, PAGE, RW, 'ENOMEM'],
    ['refuses a range that runs into a hole', AT, 8 * PAGE, PROT_READ, 'ENOMEM'],
  ])('%s', (_what, addr, length, prot, errno) => {
    mmap({});
    expect(mprotect(addr, length, prot)).toBe(errno);
  });

  it('leaves what lies before a hole changed', () => {
    mmap({});
    mmap({ addr: AT + 2 * PAGE });
    expect(mprotect(AT, 3 * PAGE, PROT_READ)).toBe('ENOMEM');
    expect([store(0), store(2)]).toEqual(['SIGSEGV', 'ok']);
  });

  it('PROT_NONE makes accesses SIGSEGV and pins EFAULT, and can be taken back', () => {
    mmap({});
    store(0);
    expect(mprotect(AT, PAGE, PROT_NONE)).toBe('ok');
    expect([store(0), pin(FOLL_PIN)]).toEqual(['SIGSEGV', 'EFAULT']);
    expect(mprotect(AT, PAGE, RW)).toBe('ok');
    expect(store(0)).toBe('ok');
  });
});

describe('madvise()', () => {
  it.each<[string, number, number, Advice, string]>([
    ['refuses an unknown advice even of length 0', AT, 0, 'invalid', 'EINVAL'],
    ['refuses an address that is not aligned', AT + 1, PAGE, 'dontfork', 'EINVAL'],
    ['grants length 0', AT, 0, 'dontfork', 'ok'],
    ['reports a range that is not mapped', AT + 8 * PAGE, PAGE, 'dontfork', 'ENOMEM'],
  ])('%s', (_what, addr, length, advice, errno) => {
    mmap({});
    expect(madvise(addr, length, advice)).toBe(errno);
  });

  it('is applied to what is mapped, and a hole reported at the end', () => {
    mmap({});
    mmap({ addr: AT + 2 * PAGE });
    expect(madvise(AT, 3 * PAGE, 'dontfork')).toBe('ENOMEM');
    expect(inspectMm(world, 0).vmas.map(({ vmFlags }) => vmFlags)).toEqual([['dc'], ['dc']]);
  });

  it.each<[string, Parameters<typeof mmap>[0]]>([
    ['a file mapping', { flags: MAP_PRIVATE | MAP_FIXED, file: FILE }],
    ['a shared mapping', { flags: MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED }],
    ['a hugetlb mapping', { length: 512 * PAGE, flags: ANON | MAP_HUGETLB | MAP_FIXED }],
  ])('MADV_WIPEONFORK is refused on %s', (_what, over) => {
    mmap(over);
    expect(madvise(AT, PAGE, 'wipeonfork')).toBe('EINVAL');
  });

  it('MADV_DONTFORK works on a shared mapping', () => {
    mmap({ flags: MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED });
    expect(madvise(AT, PAGE, 'dontfork')).toBe('ok');
  });

  it('MADV_DONTNEED is refused on locked memory', () => {
    mmap({});
    run({ type: 'Mlock', task: 0, addr: AT, length: PAGE, on: true });
    expect(madvise(AT, PAGE, 'dontneed')).toBe('EINVAL');
  });

  it('a part of a mapping is split off and merged again', () => {
    mmap({ length: 3 * PAGE });
    madvise(AT + PAGE, PAGE, 'dontfork');
    expect(inspectMm(world, 0).vmas).toHaveLength(3);
    madvise(AT + PAGE, PAGE, 'dofork');
    expect(inspectMm(world, 0).vmas).toHaveLength(1);
  });

  it('a split over max_map_count is ENOMEM, one without memory EAGAIN', () => {
    mmap({ length: 3 * PAGE });
    kernel.mapCountMax = 1;
    expect(madvise(AT + PAGE, PAGE, 'dontfork')).toBe('ENOMEM');
    kernel.mapCountMax = 65530;
    kernel.allocates = (what) => what !== 'vma';
    expect(madvise(AT + PAGE, PAGE, 'dontfork')).toBe('EAGAIN');
  });
});

describe('mremap()', () => {
  const mremap = (oldLength: number, newLength: number, flags = MREMAP_MAYMOVE, newAddr?: number): string =>
    run({ type: 'Mremap', task: 0, addr: AT, oldLength, newLength, flags,
      ...(newAddr === undefined ? {} : { newAddr }) });

  it('refuses MREMAP_FIXED without MREMAP_MAYMOVE, holes, and ranges of two mappings', () => {
    mmap({});
    mmap({ addr: AT + PAGE, prot: PROT_READ });
    expect(mremap(PAGE, PAGE, MREMAP_FIXED, AT)).toBe('EINVAL');
    expect(mremap(2 * PAGE, 3 * PAGE)).toBe('EFAULT');
    munmap(AT, PAGE);
    expect(mremap(PAGE, 2 * PAGE)).toBe('EFAULT');
  });

  it('grows in place where there is room, moves where there is none, and fails where it may not move', () => {
    mmap({});
    store(0);
    expect(mremap(PAGE, 2 * PAGE)).toBe('ok');
    mmap({ addr: AT + 2 * PAGE, prot: PROT_READ });
    expect(mremap(2 * PAGE, 3 * PAGE, 0)).toBe('ENOMEM');
    expect(mremap(2 * PAGE, 3 * PAGE)).toBe('ok');
    expect(store(0)).toBe('SIGSEGV');
    expect(inspectMm(world, 0).rss.anon).toBe(1);
  });
});

describe('pins', () => {
  it('refuse GET with PIN, neither of them, and LONGTERM without PIN', () => {
    mmap({});
    expect([pin(FOLL_GET | FOLL_PIN), pin(FOLL_WRITE), pin(FOLL_GET | FOLL_LONGTERM)]).toEqual(['EINVAL', 'EINVAL',
      'EINVAL']);
  });

  it('are EFAULT where nothing is mapped, where the VMA may not be written, and where a forced write would reach a shared page', () => {
    expect(pin(FOLL_PIN)).toBe('EFAULT');
    mmap({ prot: PROT_READ });
    expect(pin(FOLL_PIN | FOLL_WRITE)).toBe('EFAULT');
    mmap({ prot: PROT_READ, flags: MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED });
    expect(pin(FOLL_PIN | FOLL_WRITE | FOLL_FORCE)).toBe('EFAULT');
  });

  it('come out short at a hole, or not at all where the driver wants all pages', () => {
    mmap({ length: 2 * PAGE });
    expect(pin(FOLL_PIN | FOLL_WRITE, 4)).toBe('EFAULT');
    expect(world.pins.isLive(0)).toBe(false);
    const { result } = execute(kernel, { type: 'Pin', task: 0, pin: 0, vpn: AT / PAGE, nr: 4,
      flags: FOLL_PIN | FOLL_WRITE, device: 1 });
    expect(result).toEqual({ ok: true, value: 2 });
    expect(inspectPage(world, 0, AT / PAGE)).toMatchObject({ refcount: 1 + 1024, maybeDmaPinned: true });
    expect(run({ type: 'Unpin', pin: 0 })).toBe('ok');
    expect(inspectPage(world, 0, AT / PAGE)).toMatchObject({ refcount: 1, maybeDmaPinned: false });
  });

  it('that nobody holds cannot be given back', () => {
    expect(run({ type: 'Unpin', pin: 3 })).toBe('EINVAL');
  });
});

describe('accesses', () => {
  it('beyond the end of a file are SIGBUS', () => {
    mmap({ length: 8 * PAGE, flags: MAP_PRIVATE | MAP_FIXED, file: FILE });
    expect([store(3), store(4)]).toEqual(['ok', 'SIGBUS']);
  });
});

describe('brk()', () => {
  const brk = (addr: number): number => {
    const { result } = execute(kernel, { type: 'Brk', task: 0, addr });
    return result.ok ? result.value : -1;
  };

  it('grows and shrinks the heap, and stays where it is when something is in the way', () => {
    expect(brk(AT)).toBe(AT);
    expect(brk(AT + 3 * PAGE)).toBe(AT + 3 * PAGE);
    expect(store(2)).toBe('ok');
    mmap({ addr: AT + 4 * PAGE, prot: PROT_READ });
    expect(brk(AT + 6 * PAGE)).toBe(AT + 3 * PAGE);
    expect(brk(AT + PAGE)).toBe(AT + PAGE);
    expect(store(2)).toBe('SIGSEGV');
  });
});
