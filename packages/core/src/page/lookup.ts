/** What an address of an mm shows right now, whatever level it is mapped at. */

import { MM } from '../tables/fields.ts';
import { isHuge, isPresent, isSpecial, pfnOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';

/** Level of the leaf that maps `vpn` (0 PTE, 1 PMD, 2 PUD), or -1 when nothing present does. */
export function leafLevel(w: World, mm: number, vpn: number): number {
  const root = w.mms.get(mm, MM.PGD);
  const level = w.tables.levelOf(root, vpn);
  if (level > w.tables.top) return -1;
  const entry = w.tables.a[w.tables.slot(root, level, vpn)];
  if (level === 0) return isPresent(entry) ? 0 : -1;
  return isHuge(entry) ? level : -1;
}

/** The leaf entry that maps `vpn`: a PTE or a huge PMD/PUD; a swap PTE too; 0 for nothing. */
export function leafEntry(w: World, mm: number, vpn: number): number {
  return w.tables.entry(w.mms.get(mm, MM.PGD), vpn);
}

/** Frame that `vpn` is mapped to (the sub-page of a huge page), or -1 when not present. The zero page is frame 0. */
export function frameAt(w: World, mm: number, vpn: number): number {
  const level = leafLevel(w, mm, vpn);
  if (level < 0) return -1;
  const entry = leafEntry(w, mm, vpn);
  if (isSpecial(entry)) return pfnOf(entry);
  return pfnOf(entry) + (level === 0 ? 0 : vpn % w.tables.span(level));
}
