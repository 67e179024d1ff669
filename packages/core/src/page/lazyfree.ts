/** MADV_FREE: pages whose contents nobody needs, until somebody writes to them. @kernel mm/madvise.c madvise_free_pte_range() */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { PG_ANON } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isSwap, pfnOf } from '../tables/pte.ts';

export function markLazyfree(k: Kernel, mm: number, start: number, end: number): void {
  const { mms, pages, tables } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let vpn = start; root >= 0 && vpn < end; ) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    const entry = tables.a[tables.slot(root, level, vpn)];
    if (level > 0) {
      // @simplifies a whole lazyfree THP, because nothing here tells it from its sub-pages marked one by one
      if (isHuge(entry) && !isSpecial(entry)) k.emit({ type: 'PmdSplit', mm, vpn: Math.floor(vpn / tables.fanout) * tables.fanout });
      else vpn = tables.spanEnd(level, vpn, end);
      continue;
    }
    if (isSwap(entry)) k.emit({ type: 'PtesZapped', mm, vpn, nr: 1 });
    else if (isPresent(entry) && !isSpecial(entry)) {
      const pfn = pfnOf(entry);
      // A page that others map too is left alone: its dirty state is not this process's to drop.
      if (pages.has(pfn, PG_ANON) && pages.mapcount(pfn) === 1) k.emit({ type: 'PagesMarkedLazyfree', mm, vpn, nr: 1 });
    }
    vpn++;
  }
}
