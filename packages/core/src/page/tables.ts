/** Page tables as the kernel grows them: one level at a time, each of which may find no memory. */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { isTable, pfnOf } from '../tables/pte.ts';

/** Make every table down to the one that holds the `level` entry of `vpn`. False when memory ran out on the way. */
export function ensureTables(k: Kernel, mm: number, vpn: number, level: number): boolean {
  const { tables, mms } = k.world;
  // From the bottom up, because nearly always just the lowest table is missing.
  let missing = level;
  while (missing <= tables.top && tables.slot(mms.get(mm, MM.PGD), missing, vpn) < 0) missing++;
  for (let at = missing - 1; at >= level; at--) {
    if (!k.allocates('page-table')) return false;
    k.emit({ type: 'PageTableAllocated', mm, level: at,
      vpn: Math.floor(vpn / tables.span(at + 1)) * tables.span(at + 1), node: tables.nextFree() });
  }
  return true;
}

/**
 * Free the tables of PTEs that [start, end) covers whole and that hold nothing.
 * @kernel mm/pt_reclaim.c, mm/memory.c reclaim_pt_is_enabled()
 */
export function freeEmptyTables(k: Kernel, mm: number, start: number, end: number): void {
  const { tables, mms } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let vpn = start; vpn < end; vpn = tables.spanEnd(1, vpn, end)) {
    const slot = tables.slot(root, 1, vpn);
    const from = Math.floor(vpn / tables.fanout) * tables.fanout;
    if (slot < 0 || !isTable(tables.a[slot]) || from < start || from + tables.fanout > end) continue;
    const first = pfnOf(tables.a[slot]) * tables.fanout;
    let empty = true;
    for (let i = first; empty && i < first + tables.fanout; i++) empty = tables.a[i] === 0;
    if (empty) k.emit({ type: 'PageTablesFreed', mm, floor: from, ceiling: from + tables.fanout });
  }
}
