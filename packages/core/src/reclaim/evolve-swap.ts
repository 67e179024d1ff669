/** Facts about swap: into the swap cache, out of the page tables, back in. */

import { assertNever, type EventOf, type SwapEvent } from '../events.ts';
import { MM, SWAP } from '../tables/fields.ts';
import { PG_DIRTY, PG_EXCLUSIVE, PG_NEW_ANON, PG_SWAPCACHE } from '../tables/pages.ts';
import { makePte, makeSwapPte, PTE_DIRTY, PTE_PRESENT, PTE_WRITE, PTE_YOUNG } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { frameAt } from '../page/lookup.ts';
import { mapPte } from '../page/mapping.ts';
import { swapOutCached } from '../page/file-cache.ts';
import { dropSwap, leaveSwapCache, noteCached, nrPagesOf, swapCachePage } from '../tables/swap-slots.ts';

export function evolveSwap(w: World, e: SwapEvent): void {
  switch (e.type) {
    case 'PageAddedToSwapCache': {
      const pfn = w.pages.headOf(frameAt(w, e.mm, e.vpn));
      // Slots of a large folio follow each other as its pages do.
      for (let i = 0; i < nrPagesOf(w, pfn); i++) {
        w.swaps.open(e.slot + i);
        w.swaps.set(e.slot + i, SWAP.CACHE, pfn + i + 1);
        noteCached(w, e.slot + i, pfn + i);
        w.pages.setFlag(pfn + i, PG_SWAPCACHE);
        w.pages.get(pfn + i);
      }
      return;
    }
    case 'PageSwappedOut': {
      const pfn = frameAt(w, e.mm, e.vpn);
      const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
      w.pages.clearFlag(pfn, e.exclusive ? PG_EXCLUSIVE | PG_DIRTY : PG_DIRTY);
      w.tables.a[slot] = makeSwapPte(e.slot, e.exclusive);
      w.swaps.add(e.slot, SWAP.COUNT, 1);
      w.swaps.set(e.slot, SWAP.STAMP, w.pages.stamp[pfn]);
      w.mms.add(e.mm, MM.RSS_ANON, -1);
      w.mms.add(e.mm, MM.RSS_SWAP, 1);
      w.pages.unmap1(pfn, e.mm);
      return;
    }
    case 'SwapCacheFreed':
      leaveSwapCache(w, e.slot);
      return;
    case 'CachedPageSwappedOut':
      swapOutCached(w, e.file, e.index, e.slot);
      return;
    case 'PageSwappedIn':
      swapIn(w, e);
      return;
    default:
      assertNever(e);
  }
}

function swapIn(w: World, e: EventOf<'PageSwappedIn'>): void {
  const cached = swapCachePage(w, e.slot);
  if (e.fresh && cached >= 0) w.pages.take(e.pfn, 1, PG_NEW_ANON, 0, 0, w.pages.stamp[cached]);
  else if (e.fresh) {
    w.pages.take(e.pfn, 1, PG_NEW_ANON | PG_SWAPCACHE, 0, 1, w.swaps.get(e.slot, SWAP.STAMP));
    w.swaps.set(e.slot, SWAP.CACHE, e.pfn + 1);
    noteCached(w, e.slot, e.pfn);
  }
  const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  w.tables.a[slot] = 0;
  mapPte(w, e.mm, slot, makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | (e.write ? PTE_WRITE | PTE_DIRTY : 0)));
  w.mms.add(e.mm, MM.RSS_SWAP, -1);
  if (e.exclusive) w.pages.setFlag(e.pfn, PG_EXCLUSIVE);
  dropSwap(w, e.slot);
  if (e.freeSlot) leaveSwapCache(w, e.slot);
}
