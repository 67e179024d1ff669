/** The page cache of a file: a radix tree from page index to frame, in nodes of the page table pool. */

import { FILE, FILE_KIND, SWAP } from '../tables/fields.ts';
import { PG_CACHE, PG_CHARGED, PG_LIVE, PG_LRU, PG_SHMEM, PG_SWAPBACKED } from '../tables/pages.ts';
import { isPresent, isSwap, makePte, makeSwapPte, pfnOf, PTE_PRESENT, swapSlotOf } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';

/** Frame that caches page `index` of `file`, or -1. */
export function cachedPage(w: World, file: number, index: number): number {
  if (w.files.get(file, FILE.KIND) === FILE_KIND.dax) return w.files.get(file, FILE.DAX_HEAD) - 1 + index;
  const slot = w.tables.slot(w.files.get(file, FILE.ROOT), 0, index);
  return slot < 0 || !isPresent(w.tables.a[slot]) ? -1 : pfnOf(w.tables.a[slot]);
}

/** What page `index` holds on the medium. */
function mediumValue(w: World, file: number, index: number): number {
  return (w.files.get(file, FILE.VALUE) + w.files.get(file, FILE.STEP) * index) & 0xff;
}

/** The device's own memory stands in for a page cache; the device holds the folio's reference. */
export function addDaxMemory(w: World, file: number, pfn: number, folio: number, nr: number): void {
  w.pages.takeFolio(pfn, folio, nr, PG_LIVE, 1, false);
  for (let i = 0; i < nr; i++) w.pages.stamp[pfn + i] = mediumValue(w, file, i);
  w.files.set(file, FILE.DAX_HEAD, pfn + 1);
}

/** A fresh page cache page with the medium's contents, or those of the swap; the cache holds the reference. */
export function fillCache(w: World, file: number, index: number, pfn: number): void {
  const shmem = w.files.get(file, FILE.KIND) === FILE_KIND.memfd;
  const flags = PG_CACHE | PG_LRU | PG_CHARGED | (shmem ? PG_SHMEM | PG_SWAPBACKED : 0);
  // The slot first: finding it may move the buffer.
  const slot = ensureSlot(w, file, index);
  const away = w.tables.a[slot];
  const value = isSwap(away) ? w.swaps.get(swapSlotOf(away), SWAP.STAMP) : mediumValue(w, file, index);
  w.pages.take(pfn, 1, flags, 0, 1, value);
  if (isSwap(away)) w.swaps.close(swapSlotOf(away));
  w.tables.a[slot] = makePte(pfn, PTE_PRESENT);
  w.files.add(file, FILE.NR_CACHED, 1);
}

/**
 * Nobody maps the page or refers to it: only the cache has it, which from now on has a swap entry in its place.
 * @kernel mm/shmem.c shmem_writeout()
 */
export function swapOutCached(w: World, file: number, index: number, swap: number): void {
  const slot = w.tables.slot(w.files.get(file, FILE.ROOT), 0, index);
  const pfn = pfnOf(w.tables.a[slot]);
  w.swaps.open(swap);
  w.swaps.set(swap, SWAP.COUNT, 1);
  w.swaps.set(swap, SWAP.STAMP, w.pages.stamp[pfn]);
  w.tables.a[slot] = makeSwapPte(swap, false);
  w.files.add(file, FILE.NR_CACHED, -1);
  w.pages.clearFlag(pfn, PG_CACHE);
  w.pages.put(pfn);
}

/**
 * The last user is gone: the page cache lets go of its pages (pins and pipes may still hold them), and the record
 * goes.
 */
export function dropFile(w: World, file: number): void {
  const root = w.files.get(file, FILE.ROOT);
  if (root >= 0) dropNode(w, root, w.tables.top);
  w.files.close(file);
}

function dropNode(w: World, node: number, level: number): void {
  for (let i = node * w.tables.fanout; i < (node + 1) * w.tables.fanout; i++) {
    const entry = w.tables.a[i];
    if (entry === 0) continue;
    w.tables.a[i] = 0;
    if (level > 0) dropNode(w, pfnOf(entry), level - 1);
    else if (isSwap(entry)) w.swaps.close(swapSlotOf(entry));
    else {
      w.pages.clearFlag(pfnOf(entry), PG_CACHE);
      w.pages.put(pfnOf(entry));
    }
  }
  w.tables.release(node);
}

function ensureSlot(w: World, file: number, index: number): number {
  const { tables } = w;
  if (w.files.get(file, FILE.ROOT) < 0) w.files.set(file, FILE.ROOT, newNode(w));
  const root = w.files.get(file, FILE.ROOT);
  for (let level = tables.top; level > 0; level--) {
    const slot = tables.slot(root, level, index);
    if (tables.a[slot] === 0) {
      const node = newNode(w);
      tables.link(root, level, index, node);
    }
  }
  return tables.slot(root, 0, index);
}

function newNode(w: World): number {
  const node = w.tables.nextFree();
  w.tables.take(node);
  return node;
}
