/** Folios between a page and a THP: which size a fault gets, and what becomes of them. */
import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { X86_64 } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import { stackPolicies } from '../policy/stack.ts';
import type { Traits } from '../policy/traits.ts';
import { World } from '../tables/world.ts';

/** Where a THP might begin. */
const FIRST = 4096;
const SIZES = { k16: 1 << 2, k64: 1 << 4, m1: 1 << 8 };
const at = (page: number, nr: number): { task: number; addr: number; length: number } => ({ task: 0,
  addr: (FIRST + page) * 4096, length: nr * 4096 });
const set = (settings: Partial<Extract<Command, { type: 'SetFolios' }>>): Command => ({ type: 'SetFolios',
  thp: 'madvise', always: 0, madvise: 0, inherit: 0, ...settings });
const store = (page: number): Command => ({ type: 'Store', task: 0, vpn: FIRST + page, nr: 1, value: 7 });
const load = (page: number): Command => ({ type: 'Load', task: 0, vpn: FIRST + page, nr: 1 });
const advise = (advice: 'hugepage' | 'nohugepage' | 'dontneed', page: number, nr: number): Command => ({
  type: 'Madvise',
  ...at(page, nr),
  advice,
});

interface Machine {
  run: (...commands: readonly Command[]) => void;
  page: (page: number, mm?: number) => PageSnapshot;
  /** Pages that are there. */
  present: () => number[];
  /** How many pages of 4 KiB the folio of a page has. */
  size: (page: number) => number;
}

/** Task 0 with 40 untouched pages, and settings. */
function machine(settings: Command, traits: Partial<Traits> = {}, nr = 40): Machine {
  const world = new World(X86_64);
  const kernel = new Kernel(world,
    stackPolicies([{ id: 'sizes', hooks: { onWriteFault: (page) => (page.exclusive ? 'reuse' : 'copy') },
      traits: { anonExclusive: true, anonFolios: 'sizes', splitDropsZeroes: true, ...traits } }]));
  const page = (number: number, mm = 0): PageSnapshot => inspectPage(world, mm, FIRST + number);
  const all = Array.from({ length: nr }, (_, number) => number);
  const run = (...commands: readonly Command[]): void => {
    for (const command of commands) {
      expect(execute(kernel, command).result).toMatchObject({ ok: true });
      expect(checkInvariants(world, { anonExclusive: true })).toEqual([]);
    }
  };
  run(settings, { type: 'Spawn', task: 0 }, { type: 'Mmap', ...at(0, nr), prot: 3, flags: 0x22 });
  return { run, page, present: () => all.filter((number) => page(number).present), size: (number) => {
    const { head } = page(number);
    return all.filter((other) => page(other).present && page(other).head === head).length;
  } };
}

const range = (from: number, nr: number): number[] => Array.from({ length: nr }, (_, i) => from + i);

describe('a store to untouched memory', () => {
  it('maps the aligned 64 kB around it, each page writable and exclusive', () => {
    const { run, page, present } = machine(set({ always: SIZES.k64 }));
    run(store(19));
    expect(present()).toEqual(range(16, 16));
    const frames = range(16, 16).map((number) => page(number).pfn - page(16).pfn);
    expect(frames).toEqual(range(0, 16));
    expect(page(31)).toMatchObject({ large: true, writable: true, exclusive: true, mapcount: 1, refcount: 16,
      value: 0 });
    expect(page(16).pfn % 16).toBe(0);
  });

  it('takes the largest size that lies in the mapping, else the next', () => {
    const { run, size } = machine(set({ always: SIZES.m1 | SIZES.k64 | SIZES.k16 }));
    run(store(39), store(0));
    expect([size(39), size(0)]).toEqual([4, 16]);
  });

  it('takes the next size where a page of the larger one is there already', () => {
    const { run, size, present } = machine(set({ always: SIZES.k64 | SIZES.k16 }));
    run(store(20), advise('dontneed', 16, 15), store(17), store(29));
    expect([size(17), size(29)]).toEqual([4, 1]);
    expect(present()).toEqual([...range(16, 4), 29, 31]);
  });

  it('maps one page where a load has mapped the zero page beside it', () => {
    const { run, present } = machine(set({ always: SIZES.k64 }));
    run(load(3), store(4));
    expect(present()).toEqual([3, 4]);
  });

  it('maps one page on kernels that know of no such sizes', () => {
    const { run, present } = machine(set({ always: SIZES.k64 }), { anonFolios: 'thp' });
    run(store(3));
    expect(present()).toEqual([3]);
  });
});

describe('a load of untouched memory', () => {
  it('maps the zero page, and one page of it', () => {
    const { run, present, page } = machine(set({ always: SIZES.k64 }));
    run(load(3));
    expect([present(), page(3).zero]).toEqual([[3], true]);
  });

  it('gets a folio where the zero page is forbidden', () => {
    const { run, present } = machine(set({ always: SIZES.k64 }), { zeroPage: 'forbidden' });
    run(load(3));
    expect(present()).toEqual(range(0, 16));
  });
});

describe('who gets them', () => {
  const sizeOf = (settings: Command, ...before: readonly Command[]): number => {
    const { run, size } = machine(settings);
    run(...before, store(0));
    return size(0);
  };
  const asks = advise('hugepage', 0, 40);

  it('is everybody, where they are always had, but who refuses huge pages', () => {
    expect([sizeOf(set({ always: SIZES.k16 })), sizeOf(set({ always: SIZES.k16 }), asks),
      sizeOf(set({ always: SIZES.k16 }), advise('nohugepage', 0, 40))]).toEqual([4, 4, 1]);
  });

  it('is who asked, where that is wanted', () => {
    expect([sizeOf(set({ madvise: SIZES.k16 })), sizeOf(set({ madvise: SIZES.k16 }), asks),
      sizeOf(set({ madvise: SIZES.k16, thp: 'never' }), asks)]).toEqual([1, 4, 4]);
  });

  it('is as with huge pages, where a size inherits', () => {
    const inherit = SIZES.k16;
    expect([sizeOf(set({ inherit })), sizeOf(set({ inherit }), asks), sizeOf(set({ inherit, thp: 'always' })),
      sizeOf(set({ inherit, thp: 'never' }), asks)]).toEqual([1, 4, 4, 1]);
  });

  it('is anybody whose mapping a huge page fits into, where THP is always', () => {
    const level = (settings: Command, ...before: readonly Command[]): number => {
      const { run, page } = machine(settings, {}, 512);
      run(...before, store(5));
      return page(100).level;
    };
    const all = advise('hugepage', 0, 512);
    expect([level(set({ thp: 'always' })), level(set({ thp: 'never' }), all), level(set({}), all), level(set({}))])
      .toEqual([1, -1, 1, -1]);
  });
});

describe('a folio of 64 kB over fork()', () => {
  it('is shared whole, and a store copies one page', () => {
    const { run, page } = machine(set({ always: SIZES.k64 }));
    run(store(3), { type: 'Fork', task: 0, child: 1 });
    expect(page(9)).toMatchObject({ mapcount: 2, refcount: 32, exclusive: false, writable: false });
    run({ type: 'Store', task: 1, vpn: FIRST + 3, nr: 1, value: 8 });
    expect([page(3), page(3, 1)]).toMatchObject([{ value: 7, mapcount: 1, large: true }, { value: 8, large: false }]);
  });

  it('stays while one of its pages is mapped, and goes whole', () => {
    const { run, page, present } = machine(set({ always: SIZES.k64 }));
    run(store(3), advise('dontneed', 0, 15));
    expect([present(), page(15)]).toMatchObject([[15], { large: true, refcount: 1 }]);
    run(advise('dontneed', 15, 1));
    expect(present()).toEqual([]);
  });
});

it('memory that has room for pages alone gives pages', () => {
  const { run, present } = machine(set({ always: SIZES.k64 }));
  run({ type: 'SetPool', pagesLimit: 10 }, store(3));
  expect(present()).toEqual([3]);
});
