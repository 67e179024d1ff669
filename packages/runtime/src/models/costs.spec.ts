import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB, MAP_PRIVATE, type Overlay,
  PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies, toyGeometry, X86_64 } from '@cowlab/core';
import { type CostCounters, NO_COSTS } from './cost-counters.ts';
import { addCosts, costsOf } from './costs.ts';
import { Lab } from '../lab.ts';

const naive: Overlay = { id: 'naive',
  hooks: { onWriteFault: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy') } };
const early: Overlay = { id: 'early', hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } };
const map = (vpn: number, nr: number, flags = 0): Command => ({ type: 'Mmap', task: 0, addr: vpn * PAGE_SIZE,
  length: nr * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
  flags: flags | MAP_PRIVATE | MAP_FIXED | (flags === 0 ? MAP_ANONYMOUS : 0) });
const store = (task: number, vpn: number, nr: number): Command => ({ type: 'Store', task, vpn, nr, value: 7 });
const load = (task: number, vpn: number, nr: number): Command => ({ type: 'Load', task, vpn, nr });
const FORK: Command = { type: 'Fork', task: 0, child: 1 };

/** Costs of `commands` after the ones that only set the stage. */
function costOf(
  before: readonly Command[],
  commands: readonly Command[],
  overlays: readonly Overlay[] = [naive],
  geometry = X86_64,
): CostCounters {
  const lab = new Lab({ policy: stackPolicies(overlays), geometry });
  lab.execute({ type: 'Spawn', task: 0 });
  for (const command of [...before, ...commands]) lab.execute(command);
  return costsOf(lab.log.slice(1 + before.length), geometry);
}

describe('what fork() costs', () => {
  it('one entry visited and shared for each page that is there', () => {
    const costs = costOf([map(512, 2048), store(0, 600, 1000)], [FORK]);
    expect(costs).toMatchObject({ ptesVisited: 1000, pagesShared: 1000, pagesCopiedAtFork: 0, bytesCopied: 0,
      syscalls: 1, forks: { count: 1, failed: 0 } });
  });

  it('a copy for each page that is pinned', () => {
    const pin: Command = { type: 'Pin', task: 0, pin: 1, vpn: 700, nr: 10, flags: FOLL_PIN | FOLL_WRITE, device: 1 };
    expect(costOf([map(512, 2048), store(0, 600, 1000)], [pin], [early])).toMatchObject({ pagesPinned: 10,
      syscalls: 1 });
    expect(costOf([map(512, 2048), store(0, 600, 1000), pin], [FORK], [early])).toMatchObject({ ptesVisited: 1000,
      pagesShared: 990, pagesCopiedAtFork: 10, bytesCopied: 10 * 4096 });
  });

  it('one entry for a whole huge page', () => {
    const thp: readonly Command[] = [map(512, 512), { type: 'Madvise', task: 0, addr: 512 * PAGE_SIZE,
      length: 512 * PAGE_SIZE, advice: 'hugepage' }, store(0, 600, 1)];
    expect(costOf(thp, [FORK])).toMatchObject({ ptesVisited: 1, pagesShared: 512, hugePagesCopied: 0 });
    expect(costOf([], thp).faults).toMatchObject({ thp: 1, anon: 0 });
  });

  it('2 MiB for a pinned hugetlb page that is copied', () => {
    const overlay: Overlay = { id: 'hugetlb', hooks: { onForkHugetlb: () => 'copy' } };
    const stage: readonly Command[] = [{ type: 'SetPool', hugetlb: 3 }, map(512, 512, MAP_HUGETLB | MAP_ANONYMOUS),
      store(0, 600, 1)];
    expect(costOf(stage, [FORK], [overlay])).toMatchObject({ ptesVisited: 1, hugePagesCopied: 1, pagesCopiedAtFork: 0,
      bytesCopied: 2 * 1024 * 1024 });
    expect(costOf([], stage).faults).toMatchObject({ hugetlb: 1 });
  });

  it('a failed one counts as failed', () => {
    const cannot: readonly Command[] = [map(512, 4), store(0, 512, 4), { type: 'SetPool', pagesLimit: 5 }, FORK];
    expect(costOf([], cannot, [{ id: 'copier', hooks: { onForkPage: () => 'copy' } }]).forks).toEqual({ count: 1,
      failed: 1 });
  });
});

describe('what faults cost', () => {
  const shared: readonly Command[] = [map(512, 64), store(0, 512, 8), FORK];

  it('first touches: fresh pages for stores, the zero page for loads', () => {
    expect(costOf([map(512, 64)], [store(0, 512, 8), load(0, 530, 5)])).toMatchObject({ faults: { anon: 8, zero: 5 },
      pageTablesAllocated: 4, bytesCopied: 0, syscalls: 0 });
  });

  it('a copy for the first writer after fork(), none for the second', () => {
    const first = costOf(shared, [store(1, 512, 3)]);
    expect(first).toMatchObject({ pagesCopiedOnWrite: 3, pagesReused: 0, bytesCopied: 3 * 4096,
      faults: { cow: 3, reuse: 0 } });
    expect(costOf([...shared, store(1, 512, 3)], [store(0, 512, 3)])).toMatchObject({ pagesCopiedOnWrite: 0,
      pagesReused: 3, bytesCopied: 0, faults: { cow: 0, reuse: 3 } });
  });

  it('file pages: one fault for a whole window of fault-around, a copy for a private write', () => {
    const file: readonly Command[] = [{ type: 'CreateFile', file: 1, kind: 'memfd', nr: 64, base: 1, step: 1 },
      { ...map(512, 64, 0), flags: MAP_PRIVATE | MAP_FIXED, file: 1 } as Command];
    expect(costOf(file, [load(0, 512, 32)])).toMatchObject({ faults: { file: 2, anon: 0 }, bytesCopied: 0 });
    expect(costOf(file, [store(0, 512, 2)])).toMatchObject({ faults: { file: 2, anon: 0 }, pagesCopiedOnWrite: 2,
      bytesCopied: 2 * 4096 });
  });

  it('swapped pages come back one fault each', () => {
    const out: Command = { type: 'Reclaim', task: 0, vpn: 512, nr: 4 };
    expect(costOf([map(512, 8), store(0, 512, 4)], [out, load(0, 512, 4)])).toMatchObject({ faults: { swapIn: 4 },
      syscalls: 0 });
  });

  it('a huge page that is kept is one fault, as many small ones are many', () => {
    const reuses: Overlay = { id: 'reuses',
      hooks: { onWriteFault: () => 'reuse', onWriteFaultHugePmd: () => 'reuse' } };
    const gone: readonly Command[] = [FORK, { type: 'Exit', task: 1 }];
    const huge: readonly Command[] = [map(512, 512), { type: 'Madvise', task: 0, addr: 512 * PAGE_SIZE,
      length: 512 * PAGE_SIZE, advice: 'hugepage' }, store(0, 512, 1), ...gone];
    expect(costOf(huge, [store(0, 600, 1)], [reuses])).toMatchObject({ pagesReused: 512, faults: { reuse: 1 } });
    expect(costOf([map(512, 512), store(0, 512, 512), ...gone], [store(0, 512, 512)], [reuses])).toMatchObject({
      pagesReused: 512,
      faults: { reuse: 512 },
    });
  });

  it('a PMD that is split, counted in the geometry of the lab', () => {
    const thp: readonly Command[] = [map(4, 4), { type: 'Madvise', task: 0, addr: 4 * PAGE_SIZE, length: 4 * PAGE_SIZE,
      advice: 'hugepage' }, store(0, 4, 1), FORK];
    expect(costOf(thp, [store(1, 5, 1)], [naive], toyGeometry())).toMatchObject({ pmdsSplit: 1, pagesCopiedOnWrite: 1,
      bytesCopied: 4096 });
    const copies: Overlay = { id: 'copies', hooks: { onWriteFaultHugePmd: () => 'copy' } };
    expect(costOf(thp, [store(1, 5, 1)], [copies], toyGeometry())).toMatchObject({ pmdsSplit: 0, hugePagesCopied: 1,
      bytesCopied: 4 * 4096 });
  });
});

describe('costs as a reducer', () => {
  it('leaves the costs that it adds to as they are', () => {
    const before = structuredClone(NO_COSTS);
    const costs = addCosts(NO_COSTS, { position: 0, command: FORK, events: [], result: { ok: true, value: 1 } });
    expect(costs.forks.count).toBe(1);
    expect(NO_COSTS).toEqual(before);
  });
});
