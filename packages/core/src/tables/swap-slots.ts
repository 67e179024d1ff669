/** Counts of swap entries and the swap cache. */

import { SWAP } from './fields.ts';
import { FOLIO } from './folios.ts';
import { PG_DIRTY, PG_LIVE, PG_SWAPCACHE } from './pages.ts';
import type { World } from './world.ts';

/** Page in the swap cache for `slot`, or -1. */
export function swapCachePage(w: World, slot: number): number {
  return w.swaps.get(slot, SWAP.CACHE) - 1;
}

/**
 * One entry fewer. The last one frees the slot, unless the swap cache still has its page.
 * @kernel mm/swapfile.c swap_free()
 */
export function dropSwap(w: World, slot: number): void {
  w.swaps.add(slot, SWAP.COUNT, -1);
  if (w.swaps.get(slot, SWAP.COUNT) === 0 && swapCachePage(w, slot) < 0) w.swaps.close(slot);
}

/**
 * The same where an entry is thrown away: a page that then nobody maps leaves the swap cache with it.
 * @kernel mm/swapfile.c free_swap_and_cache()
 */
export function zapSwap(w: World, slot: number): void {
  const pfn = swapCachePage(w, slot);
  dropSwap(w, slot);
  if (pfn >= 0) leaveUnmapped(w, pfn);
}

/**
 * A page that nobody maps any more and no entry stands for is of no use to the swap cache. Of a large folio all pages
 * are asked. @kernel mm/swap_state.c free_swap_cache()
 */
export function leaveUnmapped(w: World, pfn: number): void {
  const { pages } = w;
  const mapped = pages.isLarge(pfn)
    ? pages.folios.get(pages.folioOf(pfn), FOLIO.LARGE_MAPCOUNT)
    : pages.mapcount(pfn);
  if (mapped > 0 || entriesOf(w, pfn) > 0) return;
  leaveSwapCache(w, slotOfCached(w, pages.headOf(pfn)));
}

/** Swap entries that stand for a cached page; of a large folio, for any of its pages. @kernel folio_swapped() */
export function entriesOf(w: World, pfn: number): number {
  const { pages, swaps } = w;
  const first = slotOfCached(w, pages.headOf(pfn));
  let entries = 0;
  for (let slot = first; slot < first + nrPagesOf(w, pfn); slot++) entries += swaps.get(slot, SWAP.COUNT);
  return entries;
}

export function nrPagesOf(w: World, pfn: number): number {
  return w.pages.isLarge(pfn) ? w.pages.folios.get(w.pages.folioOf(pfn), FOLIO.NR) : 1;
}

/**
 * The page of the slot, or the whole folio whose first page it is of, is in the swap cache no longer. The contents stay
 * with the page, and with the slots that entries still need.
 */
export function leaveSwapCache(w: World, first: number): void {
  const { pages, swaps } = w;
  const pfn = swapCachePage(w, first);
  const nr = nrPagesOf(w, pfn);
  for (let i = 0; i < nr; i++) {
    swaps.set(first + i, SWAP.STAMP, pages.stamp[pfn + i]);
    dropSwapCache(w, first + i);
    // What the slot held is nowhere else now.
    if (pages.has(pfn + i, PG_LIVE)) pages.setFlag(pfn + i, PG_DIRTY);
    if (swaps.get(first + i, SWAP.COUNT) === 0) swaps.close(first + i);
  }
}

function dropSwapCache(w: World, slot: number): void {
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
