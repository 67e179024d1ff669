import { describe, expect, it } from '@jest/globals';
import type { Command } from '../commands.ts';
import { toyGeometry } from '../geometry.ts';
import { inspectPage, type PageSnapshot } from '../inspect.ts';
import { checkInvariants } from '../invariants.ts';
import { Kernel } from '../kernel.ts';
import { execute } from '../machine.ts';
import type { Traits } from '../policy/traits.ts';
import { stackPolicies } from '../policy/stack.ts';
import { FOLL_GET } from '../tables/fields.ts';
import { World } from '../tables/world.ts';

const FIRST = 4;
/** Pages of the toy's THP: 4 to 7. */
const NR = 4;
const at = (vpn: number, nr: number): { addr: number; length: number } => ({ addr: vpn * 4096, length: nr * 4096 });
const store = (vpn: number, value: number, task = 0): Command => ({ type: 'Store', task, vpn, nr: 1, value });
const load = (vpn: number, task = 0): Command => ({ type: 'Load', task, vpn, nr: 1 });
const swapOut = (vpn: number, nr: number, task = 0): Command => ({ type: 'Reclaim', task, vpn, nr });
const fork: Command = { type: 'Fork', task: 0, child: 1 };
const exit: Command = { type: 'Exit', task: 1 };
const MARKED: Partial<Traits> = { anonExclusive: true, swapInReuse: 'references', unmapRechecks: true,
  freeAsks: 'mm-ids', swapInLarge: 'whole', swapZeroes: 'noted' };

interface Machine {
  readonly run: (...commands: Command[]) => string;
  readonly page: (vpn: number, task?: number) => PageSnapshot;
  readonly pages: () => string;
}

function machine(traits: Partial<Traits>, flags = 0x32): Machine {
  const world = new World(toyGeometry());
  const { anonExclusive = false } = traits;
  const kernel = new Kernel(world, stackPolicies([{ id: 'one', hooks: {
    onWriteFault: (page) =>
      page.exclusive || page.refcount === 1 + (anonExclusive && page.swapCache && page.swapCount === 0 ? 1 : 0)
        ? 'reuse'
        : 'copy',
    onReclaim: (page) => (page.maybeDmaPinned ? 'keep' : undefined),
  }, traits }]));
  const run = (...commands: Command[]): string =>
    commands.map((command) => {
      const { result } = execute(kernel, command);
      expect(checkInvariants(world, { anonExclusive })).toEqual([]);
      return result.ok ? String(result.value) : result.errno;
    }).join(' ');
  const page = (vpn: number, task = 0): PageSnapshot => inspectPage(world, task, vpn);
  run({ type: 'Spawn', task: 0 }, { type: 'Mmap', task: 0, ...at(FIRST, NR), prot: 3, flags });
  const told = ({ present, large }: PageSnapshot): string => (!present ? '-' : large ? 'large' : 'small');
  return { run, page, pages: () => [4, 5, 6, 7].map((vpn) => told(page(vpn))).join(' ') };
}

function hugeMachine(traits: Partial<Traits>): Machine {
  const made = machine(traits);
  made.run({ type: 'Madvise', task: 0, ...at(FIRST, NR), advice: 'hugepage' }, store(5, 1));
  return made;
}

describe('a page that was swapped in', () => {
  it('stays in the swap cache, whose reference makes older kernels copy it at a store', () => {
    const { run, page } = machine({});
    run(store(4, 7), swapOut(4, 1), load(4));
    const before = page(4);
    expect(before).toMatchObject({ swapCache: true, refcount: 2, value: 7 });
    run(store(4, 8));
    expect(page(4)).toMatchObject({ swapCache: false, value: 8 });
    expect(page(4).pfn).not.toBe(before.pfn);
  });

  it('leaves the swap cache when it comes in for a store', () => {
    const { run, page } = machine({});
    run(store(4, 7), swapOut(4, 1), store(4, 8));
    expect(page(4)).toMatchObject({ swapCache: false, refcount: 1, value: 8, writable: true });
  });

  it('has the mark that its entry kept, and is stored to without a copy', () => {
    const { run, page } = machine(MARKED);
    run(store(4, 7), swapOut(4, 1), load(4));
    const { pfn } = page(4);
    expect(page(4)).toMatchObject({ exclusive: true, swapCache: true });
    run(store(4, 8));
    expect(page(4)).toMatchObject({ pfn, value: 8, exclusive: true });
  });

  it('has no mark where it was shared before, and a store gives it one once nobody has an entry any more', () => {
    const { run, page } = machine(MARKED);
    run(store(4, 7), fork, exit, swapOut(4, 1), load(4));
    const { pfn } = page(4);
    expect(page(4)).toMatchObject({ exclusive: false, swapCache: true });
    run(store(4, 8));
    expect(page(4)).toMatchObject({ pfn, exclusive: true, swapCache: false });
  });

  it('is shared by those whose entries fork() made alike, and each store copies', () => {
    const { run, page } = machine(MARKED);
    run(store(4, 7), swapOut(4, 1), fork, load(4), load(4, 1));
    expect(page(4)).toMatchObject({ mapcount: 2, exclusive: false });
    run(store(4, 8));
    expect([page(4).value, page(4, 1).value]).toEqual([8, 7]);
  });
});

describe('what is asked to be swapped out', () => {
  it('stays where another process maps it too', () => {
    const { run, page } = machine(MARKED);
    run(store(4, 7), fork);
    expect(run(swapOut(4, 1))).toBe('0');
    expect(page(4).present).toBe(true);
    run(exit);
    expect(run(swapOut(4, 1))).toBe('1');
    expect(page(4)).toMatchObject({ present: false, swapSlot: 0 });
  });

  it('is refused where it is locked, and after a hole the rest is done all the same', () => {
    const { run, page } = machine(MARKED);
    run(store(4, 7), { type: 'Mlock', task: 0, ...at(4, 1), on: true });
    expect(run(swapOut(4, 1))).toBe('EINVAL');
    run({ type: 'Munmap', task: 0, ...at(5, 1) }, store(6, 8));
    expect(run(swapOut(5, 2))).toBe('ENOMEM');
    expect(page(6).present).toBe(false);
  });

  it('of shared memory goes to swap and comes back with what it held', () => {
    const { run, page } = machine(MARKED, 0x31);
    run(store(4, 7));
    expect(run(swapOut(4, 1), load(4))).toBe('1 7');
    expect(page(4)).toMatchObject({ shmem: true, swapCache: false });
  });

  it('of shared memory that a pipe holds is unmapped and keeps its frame', () => {
    const { run, page } = machine(MARKED, 0x31);
    run(store(4, 7), { type: 'Pin', task: 0, pin: 0, vpn: 4, nr: 1, flags: FOLL_GET, device: 0 });
    const { pfn } = page(4);
    expect(run(swapOut(4, 1))).toBe('0');
    expect(page(4).present).toBe(false);
    run(load(4));
    expect(page(4).pfn).toBe(pfn);
  });
});

describe('a THP that was swapped out', () => {
  it('goes as a whole, stays in the swap cache, and is mapped again as a whole', () => {
    const { run, page, pages } = hugeMachine(MARKED);
    const { pfn } = page(4);
    run(swapOut(4, NR));
    expect(pages()).toBe('- - - -');
    run(load(6));
    expect(pages()).toBe('large large large large');
    expect(page(4)).toMatchObject({ pfn, level: 0, exclusive: true });
  });

  it('is mapped page by page where not all of its entries are there any more', () => {
    const { run, pages } = hugeMachine(MARKED);
    run(swapOut(4, NR), { type: 'Madvise', task: 0, ...at(5, 1), advice: 'dontneed' }, load(6));
    expect(pages()).toBe('- - large -');
  });

  it('loses all pages but the first to copies on old kernels', () => {
    const { run, page, pages } = hugeMachine({});
    run(swapOut(4, NR));
    expect(run(load(5), load(4))).toBe('1 0');
    expect(pages()).toBe('large small - -');
    expect(page(5)).toMatchObject({ swapCache: false, refcount: 1 });
  });

  it('comes back as small pages where it held nothing but zeroes', () => {
    const { run, pages } = hugeMachine(MARKED);
    run(store(5, 0));
    expect(run(swapOut(4, NR))).toBe('4');
    run(load(4));
    expect(pages()).toBe('small - - -');
  });

  it('stays when a pipe holds one of its pages, for it cannot be taken apart', () => {
    const { run, pages } = hugeMachine(MARKED);
    run({ type: 'Pin', task: 0, pin: 0, vpn: 5, nr: 1, flags: FOLL_GET, device: 0 }, swapOut(4, NR));
    expect(pages()).toBe('large large large large');
  });

  it('leaves nothing behind when its process ends', () => {
    const { run, page } = hugeMachine(MARKED);
    run(swapOut(4, NR), load(6), fork, { type: 'Exit', task: 0 });
    expect(page(6, 1).large).toBe(true);
    run(exit);
  });
});

it('MADV_COLD splits a THP of which it is given a part, and takes nothing away', () => {
  const { run, pages } = hugeMachine(MARKED);
  run({ type: 'Madvise', task: 0, ...at(4, NR), advice: 'cold' });
  expect(pages()).toBe('large large large large');
  run({ type: 'Madvise', task: 0, ...at(4, 2), advice: 'cold' });
  expect(pages()).toBe('small small small small');
});
