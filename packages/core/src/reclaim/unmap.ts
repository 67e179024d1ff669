/**
 * Taking an anonymous page away from its mappings, for reclaim or for KSM. Where PG_anon_exclusive is kept, the mark
 * may go only when no pin has come: clear the entry, look again, take the mark away, and only then let the entry be
 * seen.
 *
 * @kernel mm/rmap.c try_to_unmap_one(), mm/ksm.c write_protect_page(), include/linux/rmap.h
 * folio_try_share_anon_rmap_pte()
 */

import { done, refuse } from '../errno.ts';
import { DONE, type Frame, type Kernel, type Path, type Step } from '../kernel.ts';
import { drop, take } from '../lock.ts';
import { PG_EXCLUSIVE, PG_LRU, PG_ANON, PG_SWAPBACKED, PG_SWAPCACHE, PG_CACHE } from '../tables/pages.ts';
import { isPresent, isSpecial, isWritable, pfnOf, PTE_WRITE } from '../tables/pte.ts';
import { VM_HUGETLB, VM_LOCKED, VMA } from '../tables/fields.ts';
import { NO_VMA } from '../vma/list.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { readPte } from '../page/mapping.ts';
import { slotOfCached } from '../tables/swap-slots.ts';
import { withinWorld } from '../tables/limits.ts';
import type { World } from '../tables/world.ts';

export interface UnmapFrame extends Frame {
  readonly mm: number;
  readonly vma: number;
  readonly vpn: number;
  /** `swap`: the page goes. `ksm`: it stays, read-only and no longer exclusive, to be merged. */
  readonly goal: 'swap' | 'ksm';
  /** The mm whose entry is at hand. */
  at: number;
  pte: number;
  pfn: number;
  slot: number;
}

export const UNMAP = { Test: 0, Cache: 1, Next: 2, Lock: 3, Take: 4, FenceBefore: 5, Recheck: 6, Restore: 7,
  ClearMark: 8, FenceAfter: 9, Set: 10, Unlock: 11, Free: 12 } as const;

const steps: Step<UnmapFrame>[] = [];
steps[UNMAP.Test] = { name: 'read ref: pinned?', run: test };
steps[UNMAP.Cache] = { name: 'add to swap cache', run: addToCache };
steps[UNMAP.Next] = { name: 'next mapping', run: next };
steps[UNMAP.Lock] = { name: 'lock ptl', run: (k, f) => take(k, f.at, 'ptl', UNMAP.Take) };
steps[UNMAP.Take] = { name: 'clear pte', run: takeAway };
steps[UNMAP.FenceBefore] = { name: 'smp_mb()', fence: true, run: () => UNMAP.Recheck };
steps[UNMAP.Recheck] = { name: 'read ref again: pinned?', run: recheck };
steps[UNMAP.Restore] = { name: 'pte := A', run: restore };
steps[UNMAP.ClearMark] = { name: 'PG_anon_exclusive := 0', run: clearMark };
steps[UNMAP.FenceAfter] = { name: 'smp_mb__after_atomic()', fence: true, run: () => UNMAP.Set };
steps[UNMAP.Set] = { name: 'set pte', run: setEntry };
steps[UNMAP.Unlock] = { name: 'unlock ptl', run: unlock };
steps[UNMAP.Free] = { name: 'nobody else holds it?', run: free };

/** The value is 1 when the page was really freed (`swap`) or made read-only (`ksm`). */
export const unmapPath: Path<UnmapFrame> = { name: 'unmap', steps };

export const unmapFrame = (mm: number, vma: number, vpn: number, goal: UnmapFrame['goal']): UnmapFrame => ({
  pc: UNMAP.Test,
  result: done(0),
  mm,
  vma,
  vpn,
  goal,
  at: -1,
  pte: 0,
  pfn: -1,
  slot: -1,
});

function test(k: Kernel, f: UnmapFrame): number {
  const w = k.world;
  if (f.vma === NO_VMA || (w.vmas.get(f.vma, VMA.FLAGS) & (VM_LOCKED | VM_HUGETLB)) !== 0) return DONE;
  const pte = leafEntry(w, f.mm, f.vpn);
  if (leafLevel(w, f.mm, f.vpn) !== 0 || !isPresent(pte) || isSpecial(pte)) return DONE;
  f.pfn = pfnOf(pte);
  // What is not on the LRU, reclaim never comes across: the early copies of the posted v2 are such pages.
  const wanted = f.goal === 'swap' ? PG_ANON | PG_LRU | PG_SWAPBACKED : PG_ANON;
  if ((w.pages.meta[f.pfn] & wanted) !== wanted) return DONE;
  const isCached = w.pages.has(f.pfn, PG_SWAPCACHE);
  // A large folio is in the swap cache before the first of its entries goes.
  if (w.pages.isLarge(f.pfn) && (f.goal === 'ksm' || !isCached)) return DONE;
  if (f.goal === 'ksm') return UNMAP.Next;
  // Who asks for pins asks only before the page is added.
  if (isCached) return UNMAP.Cache;
  k.page.lend(w, f.mm, f.vma).at(f.vpn, f.pfn, isWritable(pte), w.pages.maybeDmaPinned(f.pfn));
  const verdict = k.policy.onReclaim(k.page);
  k.page.release();
  return verdict === 'keep' ? DONE : UNMAP.Cache;
}

function addToCache(k: Kernel, f: UnmapFrame): number {
  const w = k.world;
  if (!w.pages.has(f.pfn, PG_SWAPCACHE)) {
    if (!k.allocates('swap-slot')) return DONE;
    k.emit({ type: 'PageAddedToSwapCache', mm: f.mm, vpn: f.vpn,
      slot: withinWorld(w.swaps.nextFree(), 1, 'swap slots') });
  }
  f.slot = slotOfCached(w, f.pfn);
  return UNMAP.Next;
}

/** Reverse mapping by looking: an anonymous page is mapped at one address in every mm of a fork family. */
function next(k: Kernel, f: UnmapFrame): number {
  const w = k.world;
  if (f.goal === 'ksm') {
    if (f.at >= 0) return DONE;
    f.at = f.mm;
    return UNMAP.Lock;
  }
  for (f.at++; f.at < w.mms.count; f.at++) if (w.mms.isLive(f.at) && maps(w, f)) return UNMAP.Lock;
  return UNMAP.Free;
}

function maps(w: World, { at, vpn, pfn }: UnmapFrame): boolean {
  const pte = readPte(w, at, vpn);
  return isPresent(pte) && !isSpecial(pte) && pfnOf(pte) === pfn;
}

function takeAway(k: Kernel, f: UnmapFrame): number {
  const w = k.world;
  if (!maps(w, f)) return UNMAP.Unlock;
  const exclusive = w.pages.has(f.pfn, PG_EXCLUSIVE);
  f.pte = readPte(w, f.at, f.vpn);
  const { unmapRechecks, exclusiveBarriers } = k.policy.traits;
  if (f.goal === 'swap' && !(unmapRechecks && exclusive)) {
    k.emit({ type: 'PageSwappedOut', mm: f.at, vpn: f.vpn, slot: f.slot, exclusive });
    return UNMAP.Unlock;
  }
  k.part({ type: 'PteCleared', mm: f.at, vpn: f.vpn });
  return exclusiveBarriers ? UNMAP.FenceBefore : UNMAP.Recheck;
}

function recheck(k: Kernel, f: UnmapFrame): number {
  const { pages } = k.world;
  const caches = (pages.has(f.pfn, PG_SWAPCACHE) ? 1 : 0) + (pages.has(f.pfn, PG_CACHE) ? 1 : 0);
  const held = f.goal === 'ksm'
    ? pages.refcount(f.pfn) !== pages.mapcount(f.pfn) + caches
    : pages.maybeDmaPinned(f.pfn);
  if (held) return UNMAP.Restore;
  return pages.has(f.pfn, PG_EXCLUSIVE) ? UNMAP.ClearMark : UNMAP.Set;
}

function restore(k: Kernel, f: UnmapFrame): number {
  k.part({ type: 'PteRestored', mm: f.at, vpn: f.vpn, pte: f.pte });
  f.result = refuse('EAGAIN', 'unmap: a pin has come');
  return UNMAP.Unlock;
}

function clearMark(k: Kernel, f: UnmapFrame): number {
  k.part({ type: 'ExclusiveCleared', pfn: f.pfn });
  return k.policy.traits.exclusiveBarriers ? UNMAP.FenceAfter : UNMAP.Set;
}

function setEntry(k: Kernel, f: UnmapFrame): number {
  if (f.goal === 'ksm') {
    k.part({ type: 'PteRestored', mm: f.at, vpn: f.vpn, pte: f.pte & ~PTE_WRITE });
    f.result = done(1);
    return UNMAP.Unlock;
  }
  k.part({ type: 'SwapPteSet', mm: f.at, vpn: f.vpn, pfn: f.pfn, slot: f.slot, exclusive: true });
  k.note({ type: 'PageSwappedOut', mm: f.at, vpn: f.vpn, slot: f.slot, exclusive: true });
  return UNMAP.Unlock;
}

function unlock(k: Kernel, f: UnmapFrame): number {
  return drop(k, f.at, 'ptl', UNMAP.Next);
}

/** Only the swap cache and this scan may still hold the page. @kernel mm/vmscan.c __remove_mapping() */
function free(k: Kernel, f: UnmapFrame): number {
  if (k.world.pages.isLarge(f.pfn) || k.world.pages.refcount(f.pfn) !== 1) return DONE;
  k.emit({ type: 'SwapCacheFreed', slot: f.slot });
  f.result = done(1);
  return DONE;
}
