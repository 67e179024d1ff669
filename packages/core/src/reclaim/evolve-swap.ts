/** Facts about swap: into the swap cache, out of the page tables, back in. */

import { assertNever, type EventOf, type SwapEvent } from '../events.ts';
import { MM, SWAP } from '../tables/fields.ts';
import { PG_DIRTY, PG_EXCLUSIVE, PG_LIVE, PG_NEW_ANON, PG_SWAPCACHE } from '../tables/pages.ts';
import { makePte, makeSwapPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE, PTE_YOUNG } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { frameAt } from '../page/lookup.ts';
import { mapPte } from '../page/mapping.ts';
import { dropSwap, dropSwapCache, noteCached, swapCachePage } from '../tables/swap-slots.ts';

export function evolveSwap(w: World, e: SwapEvent): void {
  switch (e.type) {
    case 'PageAddedToSwapCache': {
      const pfn = frameAt(w, e.mm, e.vpn);
      w.swaps.open(e.slot);
      w.swaps.set(e.slot, SWAP.CACHE, pfn + 1);
      noteCached(w, e.slot, pfn);
      w.pages.setFlag(pfn, PG_SWAPCACHE);
      w.pages.get(pfn);
      return;
    }
    case 'PageSwappedOut': {
      const pfn = frameAt(w, e.mm, e.vpn);
      const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
      if (e.exclusive) w.pages.clearFlag(pfn, PG_EXCLUSIVE);
      w.tables.a[slot] = makeSwapPte(e.slot, e.exclusive);
      w.swaps.add(e.slot, SWAP.COUNT, 1);
      w.swaps.set(e.slot, SWAP.STAMP, w.pages.stamp[pfn]);
      w.mms.add(e.mm, MM.RSS_ANON, -1);
      w.mms.add(e.mm, MM.RSS_SWAP, 1);
      w.pages.unmap1(pfn, e.mm);
      return;
    }
    case 'SwapCacheFreed': {
      const pfn = swapCachePage(w, e.slot);
      w.swaps.set(e.slot, SWAP.STAMP, w.pages.stamp[pfn]);
      dropSwapCache(w, e.slot);
      leftCache(w, pfn);
      if (w.swaps.get(e.slot, SWAP.COUNT) === 0) w.swaps.close(e.slot);
      return;
    }
    case 'PageSwappedIn':
      swapIn(w, e);
      return;
    default:
      assertNever(e);
  }
}

function swapIn(w: World, e: EventOf<'PageSwappedIn'>): void {
  if (e.fresh) {
    w.pages.take(e.pfn, 1, PG_NEW_ANON | PG_SWAPCACHE, 0, 1, w.swaps.get(e.slot, SWAP.STAMP));
    w.swaps.set(e.slot, SWAP.CACHE, e.pfn + 1);
    noteCached(w, e.slot, e.pfn);
  }
  const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  w.tables.a[slot] = 0;
  mapPte(w, e.mm, slot, makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_WRITE | PTE_DIRTY : 0)));
  w.mms.add(e.mm, MM.RSS_SWAP, -1);
  if (e.exclusive) w.pages.setFlag(e.pfn, PG_EXCLUSIVE);
  if (e.freeSlot) {
    dropSwapCache(w, e.slot);
    leftCache(w, e.pfn);
  }
  dropSwap(w, e.slot);
}

/** What the slot held is nowhere else now. @kernel mm/swapfile.c try_to_free_swap() */
function leftCache(w: World, pfn: number): void {
  if (w.pages.has(pfn, PG_LIVE)) w.pages.setFlag(pfn, PG_DIRTY);
}
