/** Guard regions, with kernels on both sides of what they may lie in. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Advice, Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import type { Traits } from '../policy/traits.ts';
import { FOLL_PIN } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
const PRIVATE = 0x22;
const SHARED = 0x21;
const HUGETLB = 0x40022;

let run: (command: Command) => string;
let world: World;
const advise = (advice: Advice, page = 0, nr = 4): string =>
  run({ type: 'Madvise', task: 0, addr: (FIRST + page) * 4096, length: nr * 4096, advice });
const store = (task: number, page: number, value = 1): string =>
  run({ type: 'Store', task, vpn: FIRST + page, nr: 1, value });
const load = (task: number, page: number): string => run({ type: 'Load', task, vpn: FIRST + page, nr: 1 });
const mmap = (flags: number, prot = 3): string =>
  run({ type: 'Mmap', task: 0, addr: FIRST * 4096, length: 4 * 4096, prot, flags: flags | 0x10 });
const present = (task: number, page: number): boolean => inspectPage(world, task, FIRST + page).present;

/** A machine that has guards, and task 0 in it. */
function boot(guardRegions: Traits['guardRegions'], guardsMark: Traits['guardsMark'] = 'anon-vma'): void {
  world = new World(toyGeometry());
  const kernel = new Kernel(world, stackPolicies([{ id: 'guards', hooks: {}, traits: { guardRegions, guardsMark } }]));
  run = (command) => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world)).toEqual([]);
    return result.ok ? String(result.value) : result.errno;
  };
  run({ type: 'SetPool', hugetlb: 2 });
  run({ type: 'Spawn', task: 0 });
}

beforeEach(() => boot('anonymous'));

describe('a guarded page', () => {
  beforeEach(() => {
    mmap(PRIVATE);
    for (const page of [0, 1, 2, 3]) store(0, page, 7 + page);
    expect(advise('guard', 1, 2)).toBe('0');
  });

  it('is SIGSEGV to load and to store, its neighbours are not', () => {
    expect([0, 1, 2, 3].map((page) => load(0, page))).toEqual(['7', 'SIGSEGV', 'SIGSEGV', '10']);
    expect(store(0, 1)).toBe('SIGSEGV');
    expect(present(0, 1)).toBe(false);
  });

  it('stays through MADV_DONTNEED and MADV_FREE, which take what is beside it', () => {
    expect([advise('dontneed'), advise('free')]).toEqual(['0', '0']);
    expect([0, 1, 2, 3].map((page) => load(0, page))).toEqual(['0', 'SIGSEGV', 'SIGSEGV', '0']);
  });

  it('is guarded in a child, which may remove it for itself', () => {
    run({ type: 'Fork', task: 0, child: 1 });
    expect([0, 1].map((page) => load(1, page))).toEqual(['7', 'SIGSEGV']);
    run({ type: 'Madvise', task: 1, addr: FIRST * 4096, length: 4 * 4096, advice: 'unguard' });
    expect([load(1, 1), load(0, 1)]).toEqual(['0', 'SIGSEGV']);
  });

  it('is not in a child that finds zeroes (MADV_WIPEONFORK)', () => {
    const wiping = new Kernel(world, stackPolicies([{ id: 'wipe', hooks: { onForkVma: () => 'wipe' } }]));
    expect(execute(wiping, { type: 'Fork', task: 0, child: 1 }).result.ok).toBe(true);
    expect(load(1, 1)).toBe('0');
  });

  it('ends what get_user_pages() takes, and what mlock() makes present', () => {
    const pin = (pin: number, page: number, whole: boolean): string =>
      run({ type: 'Pin', task: 0, pin, vpn: FIRST + page, nr: 2, flags: FOLL_PIN, device: 1, whole });
    expect([pin(0, 0, false), pin(1, 1, false), pin(2, 0, true)]).toEqual(['1', 'EFAULT', 'EFAULT']);
    expect(run({ type: 'RemoteLoad', task: 0, vpn: FIRST + 1 })).toBe('EFAULT');
    expect(run({ type: 'Mlock', task: 0, addr: FIRST * 4096, length: 4 * 4096, on: true })).toBe('ENOMEM');
  });

  it('moves with its mapping, and goes with it', () => {
    expect(
      run({ type: 'Mremap', task: 0, addr: FIRST * 4096, oldLength: 4 * 4096, newLength: 4 * 4096, flags: 3,
        newAddr: 12 * 4096 }),
    ).toBe(String(12 * 4096));
    expect(run({ type: 'Load', task: 0, vpn: 13, nr: 1 })).toBe('SIGSEGV');
    run({ type: 'Munmap', task: 0, addr: 12 * 4096, length: 4 * 4096 });
    mmap(PRIVATE);
    expect(load(0, 1)).toBe('0');
  });

  it('is empty again when its guard is removed', () => {
    expect(advise('unguard')).toBe('0');
    expect([0, 1, 2, 3].map((page) => load(0, page))).toEqual(['7', '0', '0', '10']);
  });
});

describe('a guard', () => {
  it('in a THP leaves the rest of it mapped, by small entries', () => {
    mmap(PRIVATE);
    advise('hugepage');
    store(0, 0, 7);
    expect(inspectPage(world, 0, FIRST).level).toBe(1);
    advise('guard', 1, 1);
    expect(inspectPage(world, 0, FIRST)).toMatchObject({ level: 0, value: 7 });
    expect([load(0, 0), load(0, 1), load(0, 2)]).toEqual(['7', 'SIGSEGV', '0']);
  });

  it.each<[string, number, number, string, string]>([
    ['shared memory', SHARED, 3, 'EINVAL', '0'],
    ['anonymous memory that may be read alone', PRIVATE, 1, '0', '0'],
    ['hugetlb', HUGETLB, 3, 'EINVAL', 'EINVAL'],
    ['locked memory', PRIVATE | 0x2000, 3, 'EINVAL', 'EINVAL'],
  ])('of %s', (_, flags, prot, early, late) => {
    const came = (['anonymous', 'all'] as const).map((regions) => {
      boot(regions);
      mmap(flags, prot);
      return advise('guard');
    });
    expect(came).toEqual([early, late]);
  });

  it('may be removed from memory that was locked since', () => {
    mmap(PRIVATE);
    advise('guard', 0, 1);
    run({ type: 'Mlock', task: 0, addr: FIRST * 4096, length: 4 * 4096, on: true });
    expect([advise('guard', 1, 1), advise('unguard')]).toEqual(['EINVAL', '0']);
  });

  it('is an unknown advice to kernels that have none, whatever it is given', () => {
    boot('none');
    expect(advise('guard', 0, 0)).toBe('EINVAL');
    expect(advise('unguard')).toBe('EINVAL');
  });

  it.each(['anon-vma', 'flag'] as const)('of memory that nobody touched reaches a child, by %s', (mark) => {
    boot('all', mark);
    mmap(SHARED);
    advise('guard', 1, 1);
    run({ type: 'Fork', task: 0, child: 1 });
    expect([load(1, 0), load(1, 1)]).toEqual(['0', 'SIGSEGV']);
  });
});
