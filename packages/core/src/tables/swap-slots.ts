/** Counts of swap entries and the swap cache. */

import { SWAP } from './fields.ts';
import { PG_SWAPCACHE } from './pages.ts';
import type { World } from './world.ts';

/** Page in the swap cache for `slot`, or -1. */
export function swapCachePage(w: World, slot: number): number {
  return w.swaps.get(slot, SWAP.CACHE) - 1;
}

/**
 * One entry fewer; the last one frees the slot and, with it, the swap cache's reference.
 * @kernel mm/swapfile.c swap_free()
 */
export function dropSwap(w: World, slot: number): void {
  w.swaps.add(slot, SWAP.COUNT, -1);
  if (w.swaps.get(slot, SWAP.COUNT) === 0) freeSlot(w, slot);
}

export function freeSlot(w: World, slot: number): void {
  dropSwapCache(w, slot);
  w.swaps.close(slot);
}

/** The cached page leaves the swap cache; its contents stay with the page, not with the slot. */
export function dropSwapCache(w: World, slot: number): void {
  const pfn = swapCachePage(w, slot);
  if (pfn < 0) return;
  w.swaps.set(slot, SWAP.CACHE, 0);
  w.pages.clearFlag(pfn, PG_SWAPCACHE);
  w.pages.put(pfn);
}

/** The slot whose cached page is `pfn`; -1 when the page is not in the swap cache. */
export function slotOfCached(w: World, pfn: number): number {
  if (!w.pages.has(pfn, PG_SWAPCACHE)) return -1;
  for (let slot = 0; slot < w.swaps.count; slot++)
    if (w.swaps.isLive(slot) && swapCachePage(w, slot) === pfn) return slot;
  return -1;
}
