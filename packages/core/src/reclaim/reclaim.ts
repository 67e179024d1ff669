/**
 * Memory pressure on a range: add to the swap cache, unmap, write out, free. Pages whose references do not add up stay
 * in the swap cache, which is how a pinned page can be unmapped and never freed.
 *
 * @kernel mm/vmscan.c shrink_folio_list(), mm/rmap.c try_to_unmap_one()
 */

import type { CommandOf } from '../commands.ts';
import { done, type Result } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { TASK, VM_HUGETLB, VM_LOCKED, VMA } from '../tables/fields.ts';
import { PG_ANON, PG_DIRTY, PG_LARGE, PG_LRU, PG_SWAPBACKED } from '../tables/pages.ts';
import { isPresent, isSpecial, pfnOf, PTE_DIRTY } from '../tables/pte.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { unmapFrame, unmapPath } from './unmap.ts';

/** The value is the number of pages that were really freed. */
export function reclaim(k: Kernel, c: CommandOf<'Reclaim'>): Result {
  const w = k.world;
  const mm = w.tasks.get(c.task, TASK.MM);
  let freed = 0;
  for (let i = 0; i < c.nr; i++) {
    const vpn = c.vpn + i;
    const vma = vmaOf(w, mm, vpn);
    if (vma === NO_VMA || (w.vmas.get(vma, VMA.FLAGS) & (VM_LOCKED | VM_HUGETLB)) !== 0) continue;
    if (leafLevel(w, mm, vpn) === 1)
      k.emit({ type: 'PmdSplit', mm, vpn: Math.floor(vpn / w.tables.fanout) * w.tables.fanout });
    if (reclaimPage(k, mm, vma, vpn)) freed++;
  }
  return done(freed);
}

function reclaimPage(k: Kernel, mm: number, vma: number, vpn: number): boolean {
  const w = k.world;
  const pte = leafEntry(w, mm, vpn);
  if (leafLevel(w, mm, vpn) === 0 && isPresent(pte) && !isSpecial(pte)) {
    const flags = w.pages.meta[pfnOf(pte)];
    if ((flags & (PG_ANON | PG_LRU | PG_SWAPBACKED | PG_LARGE)) === (PG_ANON | PG_LRU))
      return dropLazyfree(k, mm, vpn, pte);
  }
  const result = k.run(unmapPath, unmapFrame(mm, vma, vpn, 'swap'));
  return result.ok && result.value === 1;
}

/**
 * A page nobody needs is just dropped, unless it was written since, or (5.18+) somebody else holds it.
 * @kernel mm/rmap.c try_to_unmap_one()
 */
function dropLazyfree(k: Kernel, mm: number, vpn: number, pte: number): boolean {
  const { pages } = k.world;
  const pfn = pfnOf(pte);
  // What other processes map is more than this one has given up.
  const held = k.policy.traits.lazyfreeReclaim === 'references' ? pages.refcount(pfn) : pages.mapcount(pfn);
  const needed = (pte & PTE_DIRTY) !== 0 || pages.has(pfn, PG_DIRTY) || held !== 1;
  if (needed) k.emit({ type: 'LazyfreeTakenBack', mm, vpn });
  else k.emit({ type: 'PtesZapped', mm, vpn, nr: 1 });
  return !needed;
}
