/**
 * Memory pressure on a range: add to the swap cache, unmap, write out, free. Pages whose references do not add up stay
 * in the swap cache, which is how a pinned page can be unmapped and never freed.
 *
 * @kernel mm/vmscan.c shrink_folio_list(), mm/rmap.c try_to_unmap_one()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { TASK, VM_HUGETLB, VM_LOCKED, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_EXCLUSIVE, PG_LRU, PG_SWAPBACKED, PG_SWAPCACHE } from '../tables/pages.ts';
import { isPresent, isSpecial, isWritable, pfnOf, PTE_DIRTY } from '../tables/pte.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { leafEntry, leafLevel } from './lookup.ts';
import { readPte } from './mapping.ts';
import { slotOfCached } from './swap-slots.ts';
import type { World } from '../tables/world.ts';

/** The value is the number of pages that were really freed. */
export function reclaim(k: Kernel, c: CommandOf<'Reclaim'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  let freed = 0;
  for (let i = 0; i < c.nr; i++) {
    const vpn = c.vpn + i;
    const vma = vmaOf(w, mm, vpn);
    if (vma === NO_VMA || (w.vmas.get(vma, VMA.FLAGS) & (VM_LOCKED | VM_HUGETLB)) !== 0) continue;
    if (leafLevel(w, mm, vpn) === 1) k.emit({ type: 'PmdSplit', mm, vpn: Math.floor(vpn / w.tables.fanout) * w.tables.fanout });
    if (reclaimPage(k, mm, vma, vpn)) freed++;
  }
  return done(freed);
}

function reclaimPage(k: Kernel, mm: number, vma: number, vpn: number): boolean {
  const w = k.world;
  const pte = leafEntry(w, mm, vpn);
  if (leafLevel(w, mm, vpn) !== 0 || !isPresent(pte) || isSpecial(pte)) return false;
  const pfn = pfnOf(pte);
  // What is not on the LRU, reclaim never comes across: the early copies of the posted v2 are such pages.
  if (!w.pages.has(pfn, PG_ANON) || !w.pages.has(pfn, PG_LRU) || w.pages.isLarge(pfn)) return false;
  if (!w.pages.has(pfn, PG_SWAPBACKED)) return dropLazyfree(k, mm, vpn, pte);
  k.page.lend(w, mm, vma).at(vpn, pfn, isWritable(pte), w.pages.maybeDmaPinned(pfn));
  const verdict = k.policy.onReclaim(k.page);
  k.page.release();
  if (verdict === 'keep') return false;
  if (!w.pages.has(pfn, PG_SWAPCACHE)) {
    if (!k.allocates('swap-slot')) return false;
    k.emit({ type: 'PageAddedToSwapCache', mm, vpn, slot: w.swaps.nextFree() });
  }
  const slot = slotOfCached(w, pfn);
  unmapEverywhere(k, pfn, vpn, slot);
  // Only the swap cache and this scan may still hold the page. @kernel mm/vmscan.c __remove_mapping()
  if (w.pages.refcount(pfn) !== 1) return false;
  k.emit({ type: 'SwapCacheFreed', slot });
  return true;
}

/** Reverse mapping by looking: an anonymous page is mapped at one address in every mm of a fork family. */
function unmapEverywhere(k: Kernel, pfn: number, vpn: number, slot: number): void {
  const w = k.world;
  for (let mm = 0; mm < w.mms.count; mm++) {
    if (!w.mms.isLive(mm) || !maps(w, mm, vpn, pfn)) continue;
    k.emit({ type: 'PageSwappedOut', mm, vpn, slot, exclusive: w.pages.has(pfn, PG_EXCLUSIVE) });
  }
}

function maps(w: World, mm: number, vpn: number, pfn: number): boolean {
  const pte = readPte(w, mm, vpn);
  return isPresent(pte) && !isSpecial(pte) && pfnOf(pte) === pfn;
}

/** A page nobody needs is just dropped, unless it was written since, or somebody else holds it. @kernel mm/rmap.c try_to_unmap_one() */
function dropLazyfree(k: Kernel, mm: number, vpn: number, pte: number): boolean {
  const needed = (pte & PTE_DIRTY) !== 0 || k.world.pages.refcount(pfnOf(pte)) !== 1;
  if (needed) k.emit({ type: 'LazyfreeTakenBack', mm, vpn });
  else k.emit({ type: 'PtesZapped', mm, vpn, nr: 1 });
  return !needed;
}
