/** Facts of reclaim's lazy frees, ksmd, migration and khugepaged. */

import { assertNever, type BackgroundEvent, type EventOf } from '../events.ts';
import { MM } from '../tables/fields.ts';
import { PG_DIRTY, PG_EXCLUSIVE, PG_FLAGS, PG_KSM, PG_NEW_ANON, PG_SWAPBACKED, PG_SWAPCACHE,
  ZERO_PFN } from '../tables/pages.ts';
import { flagsOf, isPresent, isSpecial, makePte, pfnOf, PTE_DIRTY, PTE_HUGE, PTE_PRESENT, PTE_PROTNONE, PTE_SPECIAL,
  PTE_WATCHED, PTE_WRITE, PTE_YOUNG } from '../tables/pte.ts';
import { leaveUnmapped, nrPagesOf } from '../tables/swap-slots.ts';
import type { World } from '../tables/world.ts';
import { frameAt } from '../page/lookup.ts';
import { mapPte, pmdSlot, readPte, unmapPte, writePte } from '../page/mapping.ts';

export function evolveBackground(w: World, e: BackgroundEvent): void {
  switch (e.type) {
    case 'PagesMarkedLazyfree':
      markLazyfree(w, e);
      return;
    case 'LazyfreeTakenBack': {
      const head = w.pages.headOf(frameAt(w, e.mm, e.vpn));
      for (let pfn = head; pfn < head + nrPagesOf(w, head); pfn++) w.pages.setFlag(pfn, PG_SWAPBACKED);
      return;
    }
    case 'FolioSplit':
      w.pages.splitFolio(e.pfn, e.nr);
      for (let pfn = e.pfn; pfn < e.pfn + e.nr; pfn++) if (w.pages.has(pfn, PG_SWAPCACHE)) leaveUnmapped(w, pfn);
      return;
    case 'ZeroFilledPagesDropped': {
      const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
      for (let i = slot; i < slot + e.nr; i++) {
        const kept = w.tables.a[i] & (PTE_PROTNONE | PTE_WATCHED);
        unmapPte(w, e.mm, i);
        w.tables.a[i] = makePte(ZERO_PFN, PTE_PRESENT | PTE_SPECIAL | kept);
      }
      return;
    }
    case 'KsmPageMade': {
      const pfn = frameAt(w, e.mm, e.vpn);
      const pte = readPte(w, e.mm, e.vpn);
      if ((pte & PTE_DIRTY) !== 0) w.pages.setFlag(pfn, PG_DIRTY);
      writePte(w, e.mm, e.vpn, pte & ~(PTE_WRITE | PTE_DIRTY));
      w.pages.clearFlag(pfn, PG_EXCLUSIVE);
      w.pages.setFlag(pfn, PG_KSM);
      return;
    }
    case 'KsmPageLeft':
      w.pages.clearFlag(e.pfn, PG_KSM);
      return;
    case 'KsmPageShared': {
      const slot = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
      const none = w.tables.a[slot] & PTE_PROTNONE;
      unmapPte(w, e.mm, slot);
      mapPte(w, e.mm, slot, makePte(e.pfn, PTE_PRESENT | PTE_YOUNG | none));
      return;
    }
    case 'PteMigrated':
      migrate(w, e);
      return;
    case 'HugePageCollapsed':
      collapse(w, e);
      return;
    default:
      assertNever(e);
  }
}

function markLazyfree(w: World, e: EventOf<'PagesMarkedLazyfree'>): void {
  for (let vpn = e.vpn; vpn < e.vpn + e.nr; vpn++) w.pages.clearFlag(frameAt(w, e.mm, vpn), PG_SWAPBACKED | PG_DIRTY);
  const leaf = w.tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  const slot = leaf < 0 ? pmdSlot(w, e.mm, e.vpn) : leaf;
  for (let i = slot; i < slot + (leaf < 0 ? 1 : e.nr); i++) w.tables.a[i] &= ~(PTE_YOUNG | PTE_DIRTY);
}

function migrate(w: World, e: EventOf<'PteMigrated'>): void {
  const { pages, tables } = w;
  const slot = tables.slot(w.mms.get(e.mm, MM.PGD), 0, e.vpn);
  const flags = flagsOf(tables.a[slot]);
  if (e.fresh) pages.take(e.pfn, 1, pages.meta[e.from] & PG_FLAGS, 0, 0, pages.stamp[e.from]);
  unmapPte(w, e.mm, slot);
  mapPte(w, e.mm, slot, makePte(e.pfn, flags));
}

function collapse(w: World, e: EventOf<'HugePageCollapsed'>): void {
  const { pages, tables } = w;
  pages.takeFolio(e.pfn, e.folio, e.nr, PG_NEW_ANON, 0, false);
  if (e.exclusive) pages.setFlag(e.pfn, PG_EXCLUSIVE);
  const slot = pmdSlot(w, e.mm, e.vpn);
  const node = pfnOf(tables.a[slot]);
  for (let i = 0; i < e.nr; i++) {
    const pte = tables.a[node * tables.fanout + i];
    if (isPresent(pte) && !isSpecial(pte)) pages.stamp[e.pfn + i] = pages.stamp[pfnOf(pte)];
    unmapPte(w, e.mm, node * tables.fanout + i);
  }
  tables.release(node);
  w.mms.add(e.mm, MM.NR_TABLES, -1);
  tables.a[slot] = makePte(e.pfn, PTE_PRESENT | PTE_HUGE | PTE_YOUNG | PTE_DIRTY | (e.write ? PTE_WRITE : 0)
    | (e.none ? PTE_PROTNONE : 0));
  pages.mapEntire(e.pfn, e.mm);
  w.mms.add(e.mm, MM.RSS_ANON, e.nr);
}
