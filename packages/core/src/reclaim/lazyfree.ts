/**
 * MADV_FREE: pages whose contents nobody needs, until somebody writes to them.
 * @kernel mm/madvise.c madvise_free_pte_range()
 */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isSwap, pfnOf } from '../tables/pte.ts';
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
  if (mappedElsewhere(k.world, head)) return false;
  if (end - vpn < k.world.tables.fanout) return splitFolio(k, mm, head);
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
  const pfn = pfnOf(pte);
  if (!pages.isLarge(pfn)) {
    // A page that others map too is left alone: its dirty state is not this process's to drop.
    if (pages.mapcount(pfn) === 1) k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: 1 });
    return 1;
  }
  const folio = pages.folioOf(pfn);
  const last = pages.folios.get(folio, FOLIO.HEAD) + pages.folios.get(folio, FOLIO.NR);
  let nr = 1;
  while (vpn + nr < end && pfn + nr < last && isPresent(tables.a[slot + nr]) && pfnOf(tables.a[slot + nr]) === pfn + nr)
    nr++;
  if (nr < pages.folios.get(folio, FOLIO.NR)) return !mappedElsewhere(k.world, pfn) && splitFolio(k, mm, pfn) ? 0 : nr;
  if (pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT) === nr) k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr });
  return nr;
}
