/**
 * MADV_FREE: pages whose contents nobody needs, until somebody writes to them.
 * @kernel mm/madvise.c madvise_free_pte_range(), mm/huge_memory.c madvise_free_huge_pmd()
 */

import type { Kernel } from '../kernel.ts';
import { MM, SWAP } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON, PG_DIRTY, PG_SWAPCACHE } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isSwap, pfnOf } from '../tables/pte.ts';
import { slotOfCached } from '../tables/swap-slots.ts';
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
  const { pages, tables } = k.world;
  // Old kernels ask the head page, of which other processes need map nothing while they map the others.
  const alone = k.policy.traits.freeAsks === 'page'
    ? pages.mapcountAll(head) === 1
    : pages.folios.get(pages.folioOf(head), FOLIO.LARGE_MAPCOUNT) === 1;
  if (!alone) return false;
  if (end - vpn < tables.fanout) return splitFolio(k, head);
  k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: end - vpn });
  return false;
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
  const { pages, swaps } = k.world;
  if (pages.has(pfn, PG_DIRTY | PG_SWAPCACHE)) {
    if (pages.mapcount(pfn) !== 1) return 1;
    const swap = slotOfCached(k.world, pfn);
    if (swap >= 0 && swaps.get(swap, SWAP.COUNT) > 0) return 1;
    if (swap >= 0) k.emit({ type: 'SwapCacheFreed', slot: swap });
  }
  k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: 1 });
  return 1;
}

/** A folio that is mapped page by page: split, or (6.10+) marked at once where all of it is given up. */
function markLarge(k: Kernel, mm: number, vpn: number, end: number, slot: number): number {
  const { pages, tables } = k.world;
  const pfn = pfnOf(tables.a[slot]);
  const { freeAsks } = k.policy.traits;
  const batches = freeAsks === 'likely' || freeAsks === 'mm-ids';
  // Until there were batches, a folio that stays ended the walk of its page table.
  if (!batches) return !takenForShared(k, pfn) && splitFolio(k, pfn) ? 0 : end - vpn;
  const folio = pages.folioOf(pfn);
  const size = pages.folios.get(folio, FOLIO.NR);
  const last = pages.folios.get(folio, FOLIO.HEAD) + size;
  let nr = 1;
  while (vpn + nr < end && pfn + nr < last && isPresent(tables.a[slot + nr]) && pfnOf(tables.a[slot + nr]) === pfn + nr)
    nr++;
  if (nr < size) return !takenForShared(k, pfn) && splitFolio(k, pfn) ? 0 : nr;
  if (pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT) === nr) k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr });
  return nr;
}

/** Does another process map it too, as this kernel finds that out? */
function takenForShared(k: Kernel, pfn: number): boolean {
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
