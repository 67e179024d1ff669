/** Page tables as the kernel grows them: one level at a time, each of which may find no memory. */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';
import { isTable, pfnOf } from '../tables/pte.ts';

/** Make every table down to the one that holds the `level` entry of `vpn`. False when memory ran out on the way. */
export function ensureTables(k: Kernel, mm: number, vpn: number, level: number): boolean {
  const { tables, mms } = k.world;
  if (tables.slot(mms.get(mm, MM.PGD), level, vpn) >= 0) return true;
  for (let at = tables.top; at >= level; at--) {
    if (tables.slot(mms.get(mm, MM.PGD), at, vpn) >= 0) continue;
    if (!k.allocates('page-table')) return false;
    k.emit({ type: 'PageTableAllocated', mm, level: at, vpn: Math.floor(vpn / tables.span(at + 1)) * tables.span(at + 1), node: tables.nextFree() });
  }
  return true;
}

/** Free the tables of PTEs in [start, end) that hold nothing. A range that touches a table in part frees it too, if it is empty. */
export function freeEmptyTables(k: Kernel, mm: number, start: number, end: number): void {
  const { tables, mms } = k.world;
  const root = mms.get(mm, MM.PGD);
  for (let vpn = start; vpn < end; vpn = tables.spanEnd(1, vpn, end)) {
    const slot = tables.slot(root, 1, vpn);
    if (slot < 0 || !isTable(tables.a[slot])) continue;
    const first = pfnOf(tables.a[slot]) * tables.fanout;
    let empty = true;
    for (let i = first; empty && i < first + tables.fanout; i++) empty = tables.a[i] === 0;
    const from = Math.floor(vpn / tables.fanout) * tables.fanout;
    if (empty) k.emit({ type: 'PageTablesFreed', mm, floor: from, ceiling: from + tables.fanout });
  }
}
