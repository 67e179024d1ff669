/**
 * madvise(MADV_PAGEOUT): which pages of a range are taken off the LRU to be reclaimed. Pages that others map too are
 * left, since it is not for this process to say that they are not needed.
 *
 * @kernel mm/madvise.c madvise_cold_or_pageout_pte_range()
 */

import type { CommandOf } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { MM, TASK, VM_HUGETLB, VM_LOCKED, VM_PFNMAP, VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_LRU } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, pfnOf } from '../tables/pte.ts';
import { forVmasIn } from '../vma/split.ts';
import { splitFolio } from './folio-split.ts';
import { batchOf, isMappedOnce, looksInBatches, takenForShared } from './lazyfree.ts';
import { type Isolated, shrink } from './shrink.ts';

/** The value is the number of pages that were really freed. */
export function reclaim(k: Kernel, c: CommandOf<'Reclaim'>): Result {
  const { tasks, vmas } = k.world;
  const mm = tasks.get(c.task, TASK.MM);
  const end = c.vpn + c.nr;
  let freed = 0;
  const { errno, hole } = forVmasIn(k, mm, c.vpn, end,
    (vma) => (vmas.get(vma, VMA.FLAGS) & (VM_LOCKED | VM_HUGETLB | VM_PFNMAP)) !== 0 ? 'EINVAL' : 'whole', (vma) => {
    freed += pageOut(k, mm, vma, Math.max(c.vpn, vmas.get(vma, VMA.START)), Math.min(end, vmas.get(vma, VMA.END)));
    return null;
  });
  if (errno !== null) return refuse(errno, 'pageout: memory that is locked, or that no LRU has');
  return hole ? refuse('ENOMEM', 'pageout: a part of the range is not mapped') : done(freed);
}

/** Table by table: what one page table shows is taken together. */
function pageOut(k: Kernel, mm: number, vma: number, start: number, end: number): number {
  const { mms, tables } = k.world;
  const root = mms.get(mm, MM.PGD);
  let freed = 0;
  for (let vpn = start; root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return freed;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const entry = tables.a[tables.slot(root, level, vpn)];
    if (level === 0) {
      for (const page of isolate(k, mm, vpn, next)) freed += shrink(k, mm, vma, page);
      vpn = next;
    } else if (level > 1 || !isHuge(entry) || isSpecial(entry) || !isMappedOnce(k, pfnOf(entry))) vpn = next;
    // Of a part of a huge page, the split has made a table of small ones.
    else if (next - vpn === tables.fanout || !splitFolio(k, pfnOf(entry))) {
      if (next - vpn === tables.fanout) freed += shrink(k, mm, vma, { vpn, pfn: pfnOf(entry) });
      vpn = next;
    }
  }
  return freed;
}

function isolate(k: Kernel, mm: number, start: number, end: number): readonly Isolated[] {
  const { mms, pages, tables } = k.world;
  const pagesFound: Isolated[] = [];
  for (let vpn = start; vpn < end;) {
    const slot = tables.slot(mms.get(mm, MM.PGD), 0, vpn);
    const pte = tables.a[slot];
    const pfn = pfnOf(pte);
    if (!isPresent(pte) || isSpecial(pte)) vpn++;
    else if (!pages.isLarge(pfn)) {
      if (pages.mapcount(pfn) === 1 && pages.has(pfn, PG_LRU)) pagesFound.push({ vpn, pfn });
      vpn++;
    } else if (!looksInBatches(k)) {
      if (takenForShared(k, pfn) || !splitFolio(k, pfn)) return pagesFound;
    } else {
      const folio = pages.folioOf(pfn);
      const nr = batchOf(k.world, slot, end - vpn);
      const isWhole = nr === pages.folios.get(folio, FOLIO.NR);
      if (isWhole && pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT) === nr) pagesFound.push({ vpn, pfn });
      if (isWhole || takenForShared(k, pfn) || !splitFolio(k, pfn)) vpn += nr;
    }
  }
  return pagesFound;
}
