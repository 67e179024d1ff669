/**
 * madvise(MADV_PAGEOUT) and MADV_COLD: which pages of a range are taken off the LRU to be reclaimed. Pages that others map too are
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

/** What no LRU has, and what is locked. */
const REFUSED = VM_LOCKED | VM_HUGETLB | VM_PFNMAP;

/**
 * MADV_COLD: pages go to the end of the LRU that is reclaimed first, of which nothing is seen. That huge pages are split
 * for it is.
 */
export function coolDown(k: Kernel, mm: number, vma: number, start: number, end: number): 'EINVAL' | null {
  if ((k.world.vmas.get(vma, VMA.FLAGS) & REFUSED) !== 0) return 'EINVAL';
  take(k, mm, start, end, () => 0);
  return null;
}

/** MADV_PAGEOUT. The value is the number of pages that were really freed. */
export function reclaim(k: Kernel, c: CommandOf<'Reclaim'>): Result {
  const { tasks, vmas } = k.world;
  const mm = tasks.get(c.task, TASK.MM);
  const end = c.vpn + c.nr;
  let freed = 0;
  const { errno, hole } = forVmasIn(k, mm, c.vpn, end,
    (vma) => ((vmas.get(vma, VMA.FLAGS) & REFUSED) !== 0 ? 'EINVAL' : 'whole'), (vma) => {
    freed += take(k, mm, Math.max(c.vpn, vmas.get(vma, VMA.START)), Math.min(end, vmas.get(vma, VMA.END)),
      (page) => shrink(k, mm, vma, page));
    return null;
  });
  if (errno !== null) return refuse(errno, 'pageout: memory that is locked, or that no LRU has');
  return hole ? refuse('ENOMEM', 'pageout: a part of the range is not mapped') : done(freed);
}

/** Table by table: what one page table shows is taken together. The sum of what becomes of the pages. */
function take(k: Kernel, mm: number, start: number, end: number, each: (page: Isolated) => number): number {
  const { mms, tables } = k.world;
  const root = mms.get(mm, MM.PGD);
  let sum = 0;
  for (let vpn = start; root >= 0 && vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return sum;
    const next = tables.spanEnd(Math.max(level, 1), vpn, end);
    const entry = tables.a[tables.slot(root, level, vpn)];
    const isWhole = next - vpn === tables.fanout;
    if (level === 0) { for (const page of isolate(k, mm, vpn, next)) sum += each(page); }
    else if (level === 1 && isHuge(entry) && !isSpecial(entry) && isMappedOnce(k, pfnOf(entry))) {
      // Of a part of a huge page, the split makes a table of small ones, which is met again.
      if (!isWhole && splitFolio(k, pfnOf(entry))) continue;
      if (isWhole) sum += each({ vpn, pfn: pfnOf(entry) });
    }
    vpn = next;
  }
  return sum;
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
