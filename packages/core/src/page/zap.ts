/** Taking entries away: munmap(), exit, MADV_DONTNEED, roll-back of a failed fork(). Pins are never consulted. */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { isGuard, isHuge } from '../tables/pte.ts';

/** Guards go with their mapping, and stay where only its pages are given up. */
export type Guards = 'guards go' | 'guards stay';

/** Zap [start, end). A huge PMD that lies in it only in part is split first. @kernel mm/memory.c unmap_page_range() */
export function zapRange(k: Kernel, mm: number, start: number, end: number, guards: Guards = 'guards go'): void {
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
    zapTable(k, mm, vpn, last, guards);
    vpn = last;
  }
}

/** Entries [start, end) of one page table. */
function zapTable(k: Kernel, mm: number, start: number, end: number, guards: Guards): void {
  const { tables, mms } = k.world;
  const slot = tables.slot(mms.get(mm, MM.PGD), 0, start);
  for (let vpn = start; vpn < end;) {
    const next = guards === 'guards stay' ? guardFrom(tables.a, slot - start, vpn, end) : end;
    let from = vpn;
    let to = next;
    while (from < to && tables.a[slot + from - start] === 0) from++;
    while (to > from && tables.a[slot + to - 1 - start] === 0) to--;
    if (to > from) k.emit({ type: 'PtesZapped', mm, vpn: from, nr: to - from });
    vpn = next + 1;
  }
}

/** The first guard from `vpn` on, or `end`; its entry is at `base` + its page number. */
function guardFrom(a: Int32Array, base: number, vpn: number, end: number): number {
  while (vpn < end && !isGuard(a[base + vpn])) vpn++;
  return vpn;
}
