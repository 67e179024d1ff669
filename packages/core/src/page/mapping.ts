/** Entries, mapcounts and rss move together; these are the only places where they do. */

import { MM } from '../tables/fields.ts';
import { PG_ANON, PG_SHMEM, PG_SWAPCACHE } from '../tables/pages.ts';
import { isPresent, isSpecial, isSwap, pfnOf, swapSlotOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { leaveUnmapped, zapSwap } from '../tables/swap-slots.ts';

/** Which rss counter a page of these flags is counted in. @kernel include/linux/mm.h mm_counter() */
export function rssField(meta: number): number {
  if ((meta & PG_ANON) !== 0) return MM.RSS_ANON;
  return (meta & PG_SHMEM) !== 0 ? MM.RSS_SHMEM : MM.RSS_FILE;
}

/** Entry for `vpn` at PTE level, 0 when no table is there. */
export function readPte(w: World, mm: number, vpn: number): number {
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  return slot < 0 ? 0 : w.tables.a[slot];
}

export function writePte(w: World, mm: number, vpn: number, pte: number): void {
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  if (slot < 0) throw new RangeError(`mm ${mm}: no page table for page ${vpn.toString(16)}`);
  w.tables.a[slot] = pte;
}

export function pmdSlot(w: World, mm: number, vpn: number): number {
  return w.tables.slot(w.mms.get(mm, MM.PGD), 1, vpn);
}

/** Map a page that was not mapped at `slot` before. */
export function mapPte(w: World, mm: number, slot: number, pte: number): void {
  w.tables.a[slot] = pte;
  if (isSpecial(pte)) return;
  const pfn = pfnOf(pte);
  w.pages.map1(pfn, mm);
  w.mms.add(mm, rssField(w.pages.meta[pfn]), 1);
}

/** Clear the entry at `slot` and drop what it held: a mapping, a swap reference, or nothing. */
export function unmapPte(w: World, mm: number, slot: number): void {
  const pte = w.tables.a[slot];
  w.tables.a[slot] = 0;
  if (isPresent(pte)) {
    if (isSpecial(pte)) return;
    const pfn = pfnOf(pte);
    w.mms.add(mm, rssField(w.pages.meta[pfn]), -1);
    w.pages.unmap1(pfn, mm);
    if (w.pages.has(pfn, PG_SWAPCACHE)) leaveUnmapped(w, pfn);
  } else if (isSwap(pte)) {
    w.mms.add(mm, MM.RSS_SWAP, -1);
    zapSwap(w, swapSlotOf(pte));
  }
}

/** Offset of the PTE of `vpn`; its table exists. */
export function leafSlot(w: World, mm: number, vpn: number): number {
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  if (slot < 0) throw new RangeError(`mm ${mm}: no page table for page ${vpn.toString(16)}`);
  return slot;
}

/** Change a run of PTEs, or the one huge PMD or PUD that holds the run. */
export function forEntries(w: World, mm: number, vpn: number, nr: number, change: (pte: number) => number): void {
  const slot = w.tables.slot(w.mms.get(mm, MM.PGD), 0, vpn);
  const { a } = w.tables;
  if (slot < 0) {
    const root = w.mms.get(mm, MM.PGD);
    const huge = w.tables.slot(root, w.tables.levelOf(root, vpn), vpn);
    if (huge >= 0) a[huge] = change(a[huge]);
    return;
  }
  for (let i = 0; i < nr; i++) a[slot + i] = change(a[slot + i]);
}
