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
  const hint = hints.get(w)?.get(pfn) ?? -1;
  if (w.swaps.isLive(hint) && swapCachePage(w, hint) === pfn) return hint;
  return lookedUp(w).get(pfn) ?? -1;
}

/**
 * Where the slots of pages were when they were last looked for. No part of the world: it is believed only where the
 * slot itself says so, and a world that was copied or loaded finds its own.
 */
const hints = new WeakMap<World, Map<number, number>>();

/** The page of `slot` has just come into the swap cache. */
export function noteCached(w: World, slot: number, pfn: number): void {
  hints.get(w)?.set(pfn, slot);
}

function lookedUp(w: World): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (let slot = w.swaps.count - 1; slot >= 0; slot--) {
    const pfn = w.swaps.isLive(slot) ? swapCachePage(w, slot) : -1;
    if (pfn >= 0) found.set(pfn, slot);
  }
  hints.set(w, found);
  return found;
}
