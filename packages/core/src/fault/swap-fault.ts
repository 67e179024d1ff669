/**
 * A fault on a swap entry. The page stays in the swap cache after that: its slot has what it holds, until somebody
 * stores to it. @kernel mm/memory.c do_swap_page()
 */

import type { Errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, SWAP, VM_LOCKED, VM_WRITE, VMA } from '../tables/fields.ts';
import { isSwap, isSwapExclusive, swapSlotOf } from '../tables/pte.ts';
import { allocateFrame } from '../page/allocate.ts';
import type { FaultKind } from './fault-kind.ts';
import { leafEntry } from '../page/lookup.ts';
import { entriesOf, nrPagesOf, swapCachePage } from '../tables/swap-slots.ts';
import type { World } from '../tables/world.ts';

export function swapFault(k: Kernel, mm: number, vma: number, vpn: number, kind: FaultKind): Errno | null {
  const w = k.world;
  const entry = leafEntry(w, mm, vpn);
  const slot = swapSlotOf(entry);
  const cached = swapCachePage(w, slot);
  const { swapInLarge, anonExclusive } = k.policy.traits;
  const isCopied = cached >= 0 && swapInLarge === 'head' && w.pages.headOf(cached) !== cached;
  const isFresh = cached < 0 || isCopied;
  const pfn = isFresh ? allocateFrame(k, 'page') : cached;
  if (pfn < 0) return 'ENOMEM';
  const flags = w.vmas.get(vma, VMA.FLAGS);
  const stores = (kind === 'write' || kind === 'break-cow') && (flags & VM_WRITE) !== 0;
  if (isCopied) {
    k.emit({ type: 'PageSwappedIn', mm, vpn, slot, pfn, fresh: true, write: stores, exclusive: anonExclusive,
      freeSlot: false });
    return null;
  }
  const before = swapInLarge === 'whole' && !isFresh ? pagesBefore(w, mm, vma, vpn, cached) : 0;
  const nr = before === null || swapInLarge !== 'whole' || isFresh ? 1 : nrPagesOf(w, cached);
  const first = nr === 1 ? 0 : -(before ?? 0);
  const { alone, leaves } = fateOf(k, { entry, cached, nr, stores, locked: (flags & VM_LOCKED) !== 0 });
  const isSmall = isFresh || !w.pages.isLarge(cached);
  for (let i = first; i < first + nr; i++) {
    k.emit({ type: 'PageSwappedIn', mm, vpn: vpn + i, slot: slot + i, pfn: pfn + i, fresh: isFresh,
      write: stores && alone, exclusive: anonExclusive && alone, freeSlot: isSmall && leaves });
  }
  if (leaves && !isSmall) k.emit({ type: 'SwapCacheFreed', slot: slot - (cached - w.pages.headOf(cached)) });
  return null;
}

/**
 * How many pages of its folio lie before this one where all of them can be mapped at once: their entries are all there,
 * alike, in this mapping and in one page table. Null: it is mapped alone.
 */
function pagesBefore(w: World, mm: number, vma: number, vpn: number, cached: number): number | null {
  const nr = nrPagesOf(w, cached);
  const before = cached - w.pages.headOf(cached);
  const first = vpn - before;
  if (nr === 1 || first < w.vmas.get(vma, VMA.START) || first + nr > w.vmas.get(vma, VMA.END)) return null;
  if (w.tables.spanEnd(1, first, first + nr) < first + nr) return null;
  const at = w.tables.slot(w.mms.get(mm, MM.PGD), 0, first);
  const mine = w.tables.a[at + before];
  for (let i = 0; i < nr; i++) {
    const entry = w.tables.a[at + i];
    if (!isSwap(entry) || isSwapExclusive(entry) !== isSwapExclusive(mine)) return null;
    if (swapSlotOf(entry) !== swapSlotOf(mine) - before + i) return null;
  }
  return before;
}

interface Found {
  readonly entry: number;
  /** -1: the page is read in, into the swap cache. */
  readonly cached: number;
  /** Entries that this fault takes the place of. */
  readonly nr: number;
  readonly stores: boolean;
  /** The mapping is: what is swapped to it soon again need not be kept. */
  readonly locked: boolean;
}

/**
 * `alone`: nobody else can see the page, so a store to it goes on without another fault. Until 5.17 who counts is who
 * maps it or has an entry for it, then who refers to it at all; the mark in the entry (5.19+) settles it. `leaves`: the
 * swap cache gives the page up.
 */
function fateOf(k: Kernel, { entry, cached, nr, stores, locked }: Found): { alone: boolean; leaves: boolean } {
  const w = k.world;
  const slot = swapSlotOf(entry);
  const { swapInReuse, swapInLarge, anonExclusive } = k.policy.traits;
  const left = (cached < 0 ? w.swaps.get(slot, SWAP.COUNT) : entriesOf(w, cached)) - nr;
  if (swapInReuse === 'mappings') {
    const alone = mostSeen(w, slot, cached) <= 1;
    return { alone, leaves: left === 0 && (locked || (stores && alone)) };
  }
  const marked = anonExclusive && isSwapExclusive(entry);
  const size = cached < 0 ? 1 : nrPagesOf(w, cached);
  const references = cached < 0 ? 1 : w.pages.refcount(cached);
  const tries = locked || (stores && references === (swapInLarge === 'whole' ? size : 1));
  const leaves = tries && left === 0;
  return { alone: marked || references === (leaves ? size : 0), leaves };
}

/** Mappings and entries together, of the page of the folio that has most of them. @kernel page_trans_huge_map_swapcount() */
function mostSeen(w: World, slot: number, cached: number): number {
  if (cached < 0) return w.swaps.get(slot, SWAP.COUNT);
  const head = w.pages.headOf(cached);
  const first = slot - (cached - head);
  let most = 0;
  for (let i = 0; i < nrPagesOf(w, cached); i++)
    most = Math.max(most, w.pages.mapcountAll(head + i) + w.swaps.get(first + i, SWAP.COUNT));
  return most;
}
