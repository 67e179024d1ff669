import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import type { Traits } from '../policy/traits.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
/** Pages of the toy's THP: 4 to 7. */
const NR = 4;
const at = (vpn: number, nr: number): { addr: number; length: number } => ({ addr: vpn * 4096, length: nr * 4096 });
const free = (vpn: number, nr: number, task = 0): Command => ({ type: 'Madvise', task, ...at(vpn, nr),
  advice: 'free' });
const store = (vpn: number, value: number, task = 0): Command => ({ type: 'Store', task, vpn, nr: 1, value });
const fork: Command = { type: 'Fork', task: 0, child: 1 };

/** Task 0 with a THP, of which page 5 holds 1 and the others zeroes. */
function machine(
  traits: Partial<Traits> = { splitDropsZeroes: true },
): { run: (command: Command) => string; page: (vpn: number, mm?: number) => PageSnapshot; pages: () => string } {
  const world = new World(toyGeometry());
  const kernel = new Kernel(world,
    stackPolicies([{ id: 'pae', hooks: { onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy') },
      traits: { anonExclusive: true, ...traits } }]));
  const run = (command: Command): string => {
    const { result } = execute(kernel, command);
    expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    return result.ok ? 'ok' : result.errno;
  };
  const page = (vpn: number, mm = 0): PageSnapshot => inspectPage(world, mm, vpn);
  run({ type: 'Spawn', task: 0 });
  run({ type: 'Mmap', task: 0, ...at(FIRST, NR), prot: 3, flags: 0x32 });
  run({ type: 'Madvise', task: 0, ...at(FIRST, NR), advice: 'hugepage' });
  run(store(5, 1));
  const told = (
    { present, zero, large }: PageSnapshot,
  ): string => (!present ? '-' : zero ? 'zero' : large ? 'large' : 'small');
  return { run, page, pages: () => [4, 5, 6, 7].map((vpn) => told(page(vpn))).join(' ') };
}

describe('MADV_FREE of part of a THP', () => {
  it('makes small pages of it, and pages of zeroes go to the zero page', () => {
    const { run, page, pages } = machine();
    run(free(4, 1));
    expect(pages()).toBe('zero small zero zero');
    expect(page(5)).toMatchObject({ value: 1, exclusive: true, writable: true, mapcount: 1, refcount: 1 });
  });

  it('keeps pages of zeroes on kernels that do not look', () => {
    const { run, pages } = machine({});
    run(free(4, 1));
    expect(pages()).toBe('small small small small');
  });

  it('frees what nobody maps any more', () => {
    const { run, pages } = machine({});
    run({ type: 'Munmap', task: 0, ...at(7, 1) });
    run(free(4, 1));
    expect(pages()).toBe('small small small -');
  });

  it('leaves locked pages of zeroes where they are', () => {
    const { run, pages } = machine();
    run({ type: 'Mlock', task: 0, ...at(6, 1), on: true });
    run(free(4, 1));
    expect(pages()).toBe('zero small small zero');
  });

  it('finds pages that mremap() moved', () => {
    const { run, page, pages } = machine();
    run({ type: 'Mremap', task: 0, ...{ addr: 6 * 4096, oldLength: 8192, newLength: 8192 }, flags: 3,
      newAddr: 12 * 4096 });
    run(free(4, 1));
    expect(pages()).toBe('zero small - -');
    expect([page(12).zero, page(13).zero]).toEqual([true, true]);
  });

  /** The child maps pages 6 and 7, the parent all four, entry by entry. */
  const partlyShared = (run: (command: Command) => string): void => {
    run(fork);
    run({ type: 'Munmap', task: 1, ...at(4, 2) });
    run({ type: 'Mprotect', task: 0, ...at(7, 1), prot: 1 });
  };

  it.each(
    [['page', 'small small small small'], ['folio', 'large large large large'], ['first-page',
      'small small small small'], ['likely', 'large large large large'], ['mm-ids',
      'large large large large']] as const,
  )('of which a child maps other pages: who asks by %s has %s', (freeAsks, after) => {
    const { run, page, pages } = machine({ freeAsks });
    partlyShared(run);
    run(free(4, 1));
    expect(pages()).toBe(after);
    // The split is one for all that map it.
    expect(page(6, 1)).toMatchObject({ large: after.startsWith('large'), mapcount: 2 });
  });

  it.each(
    [['page', 'large'], ['first-page', 'small'], ['likely', 'large'], ['mm-ids', 'large']] as const,
  )('after a child has copied the first page: the child that asks by %s has %s pages', (freeAsks, after) => {
    const { run, page } = machine({ freeAsks });
    run(fork);
    run(store(4, 9, 1));
    run(free(4, 2, 1));
    expect(page(6, 1)).toMatchObject({ large: after === 'large', mapcount: 2, value: 0 });
    expect(page(4, 1)).toMatchObject({ value: 9, dirty: false });
    expect(page(5)).toMatchObject({ value: 1 });
  });

  it('maps the zero page in all that mapped zeroes, where a guess took the folio for unshared', () => {
    const { run, page, pages } = machine({ freeAsks: 'likely', splitDropsZeroes: true });
    partlyShared(run);
    run({ type: 'Munmap', task: 0, ...at(6, 1) });
    run({ type: 'Munmap', task: 0, ...at(7, 1) });
    run({ type: 'Munmap', task: 1, ...at(7, 1) });
    run(free(4, 1));
    expect(pages()).toBe('zero small - -');
    expect(page(6, 1)).toMatchObject({ zero: true });
  });

  it('does nothing while a child maps it', () => {
    const { run, pages } = machine();
    run(fork);
    run(free(4, 1));
    expect(pages()).toBe('large large large large');
    run({ type: 'Exit', task: 1 });
    run(free(4, 1));
    expect(pages()).toBe('zero small zero zero');
  });

  it('does nothing while a device holds a page of it', () => {
    const { run, pages } = machine();
    run({ type: 'Pin', task: 0, pin: 0, vpn: 6, nr: 1, flags: FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM, device: 1 });
    run(free(4, 1));
    expect(pages()).toBe('large large large large');
    run({ type: 'Unpin', pin: 0 });
    run(free(4, 1));
    expect(pages()).toBe('zero small zero zero');
  });
});

describe('MADV_FREE of a whole THP', () => {
  it('leaves it whole, at PMD level and at PTE level', () => {
    const { run, page, pages } = machine({ splitDropsZeroes: true, freeAsks: 'mm-ids' });
    run(free(FIRST, NR));
    expect(page(5)).toMatchObject({ level: 1, dirty: false, value: 1 });
    run({ type: 'Mprotect', task: 0, ...at(7, 1), prot: 1 });
    run({ type: 'Mprotect', task: 0, ...at(7, 1), prot: 3 });
    run(free(FIRST, NR));
    expect(page(5)).toMatchObject({ level: 0, dirty: false });
    expect(pages()).toBe('large large large large');
  });

  it('splits it at PTE level where pages are looked at one by one, and marks each', () => {
    const { run, pages } = machine({ freeAsks: 'page' });
    run({ type: 'Mprotect', task: 0, ...at(7, 1), prot: 1 });
    run({ type: 'Mprotect', task: 0, ...at(7, 1), prot: 3 });
    run(free(FIRST, NR));
    expect(pages()).toBe('small small small small');
    run({ type: 'Reclaim', task: 0, vpn: FIRST, nr: NR });
    expect(pages()).toBe('- - - -');
  });
});
