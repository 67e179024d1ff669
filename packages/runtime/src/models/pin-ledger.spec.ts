import { describe, expect, it } from '@jest/globals';
import { type Command, FOLL_PIN, FOLL_WRITE, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB, MAP_PRIVATE, MREMAP_FIXED,
  MREMAP_MAYMOVE, type Overlay, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies, toyGeometry } from '@cowlab/core';
import fc from 'fast-check';
import { Lab } from '../lab.ts';
import { type LedgerChange, PinLedger } from './pin-ledger.ts';

/** A write keeps the page only when nothing else refers to it: what a pin does. */
const count: Overlay = { id: 'count', hooks: { onWriteFault: (page) => (page.refcount === 1 ? 'reuse' : 'copy') } };
const early: Overlay = { id: 'early', hooks: { onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) } };

const at = (vpn: number, nr: number): { task: number; addr: number; length: number } => ({ task: 0,
  addr: vpn * PAGE_SIZE, length: nr * PAGE_SIZE });
const map = (vpn: number, nr: number, flags = 0): Command => ({ type: 'Mmap', ...at(vpn, nr),
  prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags });
const store = (task: number, vpn: number, nr = 1): Command => ({ type: 'Store', task, vpn, nr, value: 7 });
const pin = (vpn: number, nr: number, id = 1): Command => ({ type: 'Pin', task: 0, pin: id, vpn, nr,
  flags: FOLL_PIN | FOLL_WRITE, device: 1 });
const FORK: Command = { type: 'Fork', task: 0, child: 1 };

/** A lab with pages 4 to 11 written and 5 to 7 pinned, and the ledger that watched. */
function ledgerOf(
  overlays: readonly Overlay[],
  ...commands: readonly Command[]
): { lab: Lab; ledger: PinLedger; changes: LedgerChange[] } {
  const lab = new Lab({ policy: stackPolicies(overlays), geometry: toyGeometry() });
  const ledger = new PinLedger();
  const changes: LedgerChange[] = [];
  lab.follow({ value: changes, apply: (entry, world) => changes.push(...ledger.apply(entry, world)) });
  for (const command of [{ type: 'Spawn', task: 0 } as const, map(4, 8), store(0, 4, 8), pin(5, 3), ...commands])
    lab.execute(command);
  return { lab, ledger, changes };
}

const told = (ledger: PinLedger): unknown[] =>
  ledger.value.flatMap(({ pages }) =>
    pages.map((
      { vpn, state, divergence },
    ) => [vpn, state, divergence?.cause ?? null, divergence?.position ?? null, divergence?.event?.type ?? null])
  );
const COHERENT = [null, null, null];

describe('the pin ledger', () => {
  it('shows the frame of each pinned page and that its owner sees the same', () => {
    const { ledger } = ledgerOf([count]);
    expect(ledger.value).toEqual([{ pin: 1, device: 1, flags: FOLL_PIN | FOLL_WRITE, mm: 0, ownerGone: false,
      pages: [0, 1, 2].map((index) => ({ index, vpn: 5 + index, pfn: 2 + index, ownerPfn: 2 + index, state: 'coherent',
        divergence: null })
      ) }]);
    expect([ledger.pin(1)?.pages.length, ledger.pin(2)]).toEqual([3, null]);
  });

  it('cow: the owner writes after fork() and moves away from the page', () => {
    const { ledger, changes } = ledgerOf([count], FORK, store(0, 6));
    expect(told(ledger)).toEqual([[5, 'coherent', ...COHERENT], [6, 'diverged', 'cow', 5, 'CowBroken'], [7, 'coherent',
      ...COHERENT]]);
    expect(changes).toMatchObject([{ pin: 1, page: { vpn: 6, pfn: 3, divergence: { command: store(0, 6) } },
      was: null }]);
    expect(ledger.pin(1)?.pages[1].ownerPfn).not.toBe(3);
  });

  it('stays coherent when the child gets the copy', () => {
    const { ledger, changes } = ledgerOf([count, early], FORK, store(0, 4, 8), store(1, 4, 8));
    expect([told(ledger).flat().includes('diverged'), changes]).toEqual([false, []]);
  });

  it.each<[string, Command, string, number]>([
    ['munmap()', { type: 'Munmap', ...at(6, 1) }, 'PtesZapped', 6],
    ['MADV_DONTNEED', { type: 'Madvise', ...at(6, 1), advice: 'dontneed' }, 'PtesZapped', 6],
    ['a new mapping over it', map(6, 1), 'PtesZapped', 6],
    ['mremap()', { type: 'Mremap', task: 0, addr: 6 * PAGE_SIZE, oldLength: PAGE_SIZE, newLength: PAGE_SIZE,
      flags: MREMAP_MAYMOVE | MREMAP_FIXED, newAddr: 30 * PAGE_SIZE }, 'PtesMoved', 6],
  ])('owner: %s is its own doing', (_name, command, event, vpn) => {
    const { ledger } = ledgerOf([count], command);
    expect(told(ledger).filter((row) => (row as unknown[])[1] === 'diverged')).toEqual([[vpn, 'diverged', 'owner', 4,
      event]]);
    expect(ledger.pin(1)?.pages[1].ownerPfn).toBe(-1);
  });

  it('keeps the first cause when the owner fills the hole with another page', () => {
    const { ledger, changes } = ledgerOf([count], { type: 'Madvise', ...at(6, 1), advice: 'dontneed' }, store(0, 6));
    expect(told(ledger)[1]).toEqual([6, 'diverged', 'owner', 4, 'PtesZapped']);
    expect(changes.map(({ was }) => was?.cause ?? null)).toEqual([null, 'owner']);
    expect(ledger.pin(1)?.pages[1].ownerPfn).toBeGreaterThan(0);
  });

  it('reclaim: unmapped by memory pressure, coherent again when the owner reads it back from the swap cache', () => {
    const { lab, ledger, changes } = ledgerOf([count], { type: 'Reclaim', task: 0, vpn: 6, nr: 1 });
    expect(told(ledger)[1]).toEqual([6, 'diverged', 'reclaim', 4, 'PageSwappedOut']);
    lab.execute({ type: 'Load', task: 0, vpn: 6, nr: 1 });
    expect(told(ledger)[1]).toEqual([6, 'coherent', ...COHERENT]);
    expect(changes.at(-1)).toMatchObject({ page: { state: 'coherent', ownerPfn: 3 }, was: { cause: 'reclaim' } });
  });

  it('reclaim: a hugetlb page that the pool takes back from a child for its parent', () => {
    const lab = new Lab({ policy: stackPolicies([]), geometry: toyGeometry() });
    const setUp: readonly Command[] = [{ type: 'SetPool', hugetlb: 1 }, { type: 'Spawn', task: 0 },
      map(4, 4, MAP_HUGETLB), store(0, 4), FORK, { ...pin(4, 1), task: 1, flags: FOLL_PIN } as Command];
    for (const command of setUp) lab.execute(command);
    const ledger = lab.follow(new PinLedger());
    lab.execute(store(0, 4));
    expect(told(ledger)).toEqual([[4, 'diverged', 'reclaim', 6, 'PtesZapped']]);
  });

  it.each<[string, Command]>([['exit', { type: 'Exit', task: 0 }], ['execve', { type: 'Execve', task: 0 }]])(
    'exit: the pin outlives its owner (%s)',
    (_name, command) => {
      const { lab, ledger } = ledgerOf([count], command);
      expect(ledger.pin(1)).toMatchObject({ ownerGone: true,
        pages: [{ state: 'diverged', ownerPfn: -1, divergence: { cause: 'exit', position: 4 } }, {}, {}] });
      // Whoever gets the number of the mm next is not the owner.
      for (const next of [{ type: 'Spawn', task: 5 } as const, { ...map(4, 8), task: 5 } as Command, store(5, 4, 8)])
        lab.execute(next);
      expect(ledger.pin(1)?.pages.map(({ ownerPfn }) => ownerPfn)).toEqual([-1, -1, -1]);
    },
  );

  it('closes with the pin', () => {
    expect(ledgerOf([count], FORK, store(0, 6), { type: 'Unpin', pin: 1 }).ledger.value).toEqual([]);
  });

  it('knows what parted them however late it is opened', () => {
    const { lab, ledger } = ledgerOf([count], FORK, store(0, 6));
    const late = lab.follow(new PinLedger());
    expect(told(late)[1]).toEqual([6, 'diverged', 'cow', 5, 'CowBroken']);
    lab.execute(store(0, 7));
    expect(told(late)[2]).toEqual([7, 'diverged', 'cow', 6, 'CowBroken']);
    expect(late.value).toEqual(ledger.value);
  });

  it('agrees with a look at every pin, whatever runs', () => {
    const vpn = fc.integer({ min: 4, max: 14 });
    const nr = fc.integer({ min: 1, max: 5 });
    const task = fc.nat(2);
    const command = fc.oneof(
      fc.record({ task, vpn, nr }).map((where): Command => ({ type: 'Store', ...where, value: 7 })),
      fc.record({ task, vpn, nr }).map((where): Command => ({ type: 'Load', ...where })),
      fc.record({ task, vpn, nr, pin: fc.nat(3) }).map((where): Command => ({ type: 'Pin', ...where,
        flags: FOLL_PIN | FOLL_WRITE, device: 1 })
      ),
      fc.record({ task, child: task }).map((where): Command => ({ type: 'Fork', ...where })),
      fc.record({ task, vpn, nr }).map((where): Command => ({ type: 'Reclaim', ...where })),
      fc.record({ task, vpn, nr, advice: fc.constantFrom('dontneed' as const, 'hugepage' as const) }).map((
        where,
      ): Command => ({ type: 'Madvise', ...at(where.vpn, where.nr), task: where.task, advice: where.advice })),
      fc.record({ task, vpn, nr }).map((
        where,
      ): Command => ({ ...map(where.vpn, where.nr), task: where.task } as Command)),
      fc.nat(3).map((id): Command => ({ type: 'Unpin', pin: id })),
      task.map((id): Command => ({ type: 'Exit', task: id })),
      task.map((id): Command => ({ type: 'Spawn', task: id })),
    );
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const { lab, ledger } = ledgerOf([count], ...commands);
      const seen = ledger.value.map((
        { pin: id, ownerGone, pages },
      ) => [id, ownerGone, pages.map(({ pfn, ownerPfn }) => [pfn, ownerPfn])]);
      expect(seen).toEqual(lab.world.livePins.map((id) => {
        const { ownerGone, pages } = lab.world.pin(id);
        return [id, ownerGone, pages.filter(({ pfn }) => pfn >= 0).map(({ pfn, ownerPfn }) => [pfn, ownerPfn])];
      }));
    }), { numRuns: 200 });
  });
});
