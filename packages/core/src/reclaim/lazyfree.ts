/**
 * MADV_FREE: pages whose contents nobody needs, until somebody writes to them.
 * @kernel mm/madvise.c madvise_free_pte_range(), mm/huge_memory.c madvise_free_huge_pmd()
 */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON, PG_DIRTY, PG_SWAPCACHE } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isSwap, pfnOf } from '../tables/pte.ts';
import { entriesOf, slotOfCached } from '../tables/swap-slots.ts';
import type { World } from '../tables/world.ts';
import { mappedElsewhere, splitFolio } from './folio-split.ts';

export function markLazyfree(k: Kernel, mm: number, start: number, end: number): void {
  const { mms, tables } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let vpn = start; root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const entry = tables.a[tables.slot(root, level, vpn)];
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    if (level === 0) vpn += markEntry(k, mm, vpn, next);
    else if (!isHuge(entry) || isSpecial(entry) || !splitPart(k, mm, vpn, next, pfnOf(entry))) vpn = next;
  }
}

/**
 * A THP at PMD level: marked as a whole, or split when only part of it is given up. True when its pages are small now.
 */
function splitPart(k: Kernel, mm: number, vpn: number, end: number, head: number): boolean {
  if (!isMappedOnce(k, head)) return false;
  if (end - vpn < k.world.tables.fanout) return splitFolio(k, head);
  k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: end - vpn });
  return false;
}

/** Is the mapping at PMD level the only one of the folio? */
export function isMappedOnce(k: Kernel, head: number): boolean {
  const { pages } = k.world;
  // Old kernels ask the head page, of which other processes need map nothing while they map the others.
  return k.policy.traits.freeAsks === 'page'
    ? pages.mapcountAll(head) === 1
    : pages.folios.get(pages.folioOf(head), FOLIO.LARGE_MAPCOUNT) === 1;
}

/** Returns how many entries are done with: 0 when a folio was split and they are to be met again. */
function markEntry(k: Kernel, mm: number, vpn: number, end: number): number {
  const { mms, pages, tables } = k.world;
  const slot = tables.slot(mms.get(mm, MM.PGD), 0, vpn);
  const pte = tables.a[slot];
  if (isSwap(pte)) k.emit({ type: 'PtesZapped', mm, vpn, nr: 1 });
  if (!isPresent(pte) || isSpecial(pte) || !pages.has(pfnOf(pte), PG_ANON)) return 1;
  return pages.isLarge(pfnOf(pte)) ? markLarge(k, mm, vpn, end, slot) : markSmall(k, mm, vpn, pfnOf(pte));
}

/** Of a page that is dirty beside its entries, others that map it too may not lose what they see. */
function markSmall(k: Kernel, mm: number, vpn: number, pfn: number): number {
  const { pages } = k.world;
  if (pages.has(pfn, PG_DIRTY | PG_SWAPCACHE)) {
    if (pages.mapcount(pfn) !== 1 || !leaveSwapCache(k, pfn)) return 1;
  }
  k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: 1 });
  return 1;
}

/** False: entries need it to stay there. */
function leaveSwapCache(k: Kernel, pfn: number): boolean {
  const w = k.world;
  if (!w.pages.has(pfn, PG_SWAPCACHE)) return true;
  if (entriesOf(w, pfn) > 0) return false;
  k.emit({ type: 'SwapCacheFreed', slot: slotOfCached(w, w.pages.headOf(pfn)) });
  return true;
}

/** A folio that is mapped page by page: split, or (6.10+) marked at once where all of it is given up. */
function markLarge(k: Kernel, mm: number, vpn: number, end: number, slot: number): number {
  const { pages, tables } = k.world;
  const pfn = pfnOf(tables.a[slot]);
  // Until there were batches, a folio that stays ended the walk of its page table.
  if (!looksInBatches(k)) return !takenForShared(k, pfn) && splitFolio(k, pfn) ? 0 : end - vpn;
  const nr = batchOf(k.world, slot, end - vpn);
  const folio = pages.folioOf(pfn);
  if (nr < pages.folios.get(folio, FOLIO.NR)) return !takenForShared(k, pfn) && splitFolio(k, pfn) ? 0 : nr;
  if (pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT) === nr && leaveSwapCache(k, pfn))
    k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr });
  return nr;
}

/** Large folios are met with all of their entries at once. @kernel mm/madvise.c madvise_folio_pte_batch() */
export function looksInBatches(k: Kernel): boolean {
  const { freeAsks } = k.policy.traits;
  return freeAsks === 'likely' || freeAsks === 'mm-ids';
}

/** Of the entries from `slot` on, `most` of them, how many map pages of the folio one after the other. */
export function batchOf({ pages, tables }: World, slot: number, most: number): number {
  const pfn = pfnOf(tables.a[slot]);
  const folio = pages.folioOf(pfn);
  const room = Math.min(most, pages.folios.get(folio, FOLIO.HEAD) + pages.folios.get(folio, FOLIO.NR) - pfn);
  let nr = 1;
  while (nr < room && isPresent(tables.a[slot + nr]) && pfnOf(tables.a[slot + nr]) === pfn + nr) nr++;
  return nr;
}

/** Does another process map it too, as this kernel finds that out? */
export function takenForShared(k: Kernel, pfn: number): boolean {
  const { pages } = k.world;
  const folio = pages.folioOf(pfn);
  const head = pages.folios.get(folio, FOLIO.HEAD);
  const all = pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT);
  switch (k.policy.traits.freeAsks) {
    case 'page':
      return pages.mapcountAll(pfn) !== 1;
    case 'folio':
      return all !== 1;
    case 'first-page':
      return pages.mapcountAll(head) !== 1;
    case 'likely':
      return all > 1
        && (pages.folios.get(folio, FOLIO.ENTIRE_MAPCOUNT) > 0 || all > pages.folios.get(folio, FOLIO.NR)
          || pages.mapcount(head) > 1);
    case 'mm-ids':
      return mappedElsewhere(k.world, pfn);
  }
}
