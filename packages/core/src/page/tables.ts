/** Page tables as the kernel grows them: one level at a time, each of which may find no memory. */

import type { Kernel } from '../kernel.ts';
import { MM } from '../tables/fields.ts';

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
