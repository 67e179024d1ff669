/** Taking entries away: munmap(), exit, MADV_DONTNEED, roll-back of a failed fork(). Pins are never consulted. */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { isHuge } from '../tables/pte.ts';

/** Zap [start, end). A huge PMD that lies in it only in part is split first. @kernel mm/memory.c unmap_page_range() */
export function zapRange(k: Kernel, mm: number, start: number, end: number): void {
  const { tables, mms } = k.world;
  const root = mms.get(mm, MM.PGD);
  if (root < 0) return;
  for (let vpn = start; vpn < end;) {
    const level = tables.levelOf(root, vpn);
    if (level > tables.top) return;
    if (level > 0) {
      const span = tables.span(level);
      const entry = tables.a[tables.slot(root, level, vpn)];
      const next = tables.spanEnd(level, vpn, end);
      if (isHuge(entry)) {
        const first = Math.floor(vpn / span) * span;
        if (level === 2) k.emit({ type: 'PudCleared', mm, vpn: first });
        else if (vpn === first && next === first + span) k.emit({ type: 'PtesZapped', mm, vpn, nr: span });
        else {
          k.emit({ type: 'PmdSplit', mm, vpn: first });
          continue;
        }
      }
      vpn = next;
      continue;
    }
    const last = tables.spanEnd(1, vpn, end);
    const slot = tables.slot(root, 0, vpn);
    let nr = last - vpn;
    let skip = 0;
    while (skip < nr && tables.a[slot + skip] === 0) skip++;
    while (nr > skip && tables.a[slot + nr - 1] === 0) nr--;
    if (nr > skip) k.emit({ type: 'PtesZapped', mm, vpn: vpn + skip, nr: nr - skip });
    vpn = last;
  }
}
