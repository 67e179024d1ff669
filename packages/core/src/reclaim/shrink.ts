/**
 * What reclaim does with a page that was taken off the LRU: add to the swap cache, unmap, write out, free. Pages whose
 * references do not add up stay in the swap cache, which is how a pinned page can be unmapped and never freed.
 *
 * @kernel mm/vmscan.c shrink_folio_list(), mm/rmap.c try_to_unmap_one()
 */

import type { Kernel } from '../kernel.ts';
import { FILE, FILE_KIND, VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON, PG_DIRTY, PG_SWAPBACKED, PG_SWAPCACHE } from '../tables/pages.ts';
import { isPresent, isWritable, pfnOf, PTE_DIRTY } from '../tables/pte.ts';
import { nrPagesOf, slotOfCached } from '../tables/swap-slots.ts';
import { withinWorld } from '../tables/limits.ts';
import { leafEntry, leafLevel } from '../page/lookup.ts';
import { canSplit } from './folio-split.ts';
import { unmapFrame, unmapPath } from './unmap.ts';

/** A small page, or the first page of a folio, and where its only process maps it. */
export interface Isolated {
  readonly vpn: number;
  readonly pfn: number;
}

/** The number of pages that were freed. */
export function shrink(k: Kernel, mm: number, vma: number, page: Isolated): number {
  const { pages } = k.world;
  const { vpn, pfn } = page;
  if (pages.isLarge(pfn)) return shrinkFolio(k, mm, vma, page);
  if (!pages.has(pfn, PG_ANON)) return shrinkCached(k, mm, vma, page) ? 1 : 0;
  if (!pages.has(pfn, PG_SWAPBACKED)) return dropLazyfree(k, mm, vpn, 1) ? 1 : 0;
  const result = k.run(unmapPath, unmapFrame(mm, vma, vpn, 'swap'));
  return result.ok ? result.value : 0;
}

/**
 * Pages nobody needs are just dropped, unless they were written to since, or (5.18+) somebody else holds them.
 * @kernel mm/rmap.c try_to_unmap_one()
 */
function dropLazyfree(k: Kernel, mm: number, vpn: number, nr: number): boolean {
  const w = k.world;
  const { pages } = w;
  const pfn = pfnOf(leafEntry(w, mm, vpn));
  const { lazyfreeReclaim } = k.policy.traits;
  const held = lazyfreeReclaim !== 'dirty' && pages.refcount(pfn) !== mappingsOf(k, pfn);
  let isDirty = pages.has(pfn, PG_DIRTY);
  for (let i = 0; i < nr; i++) isDirty ||= (leafEntry(w, mm, vpn + i) & PTE_DIRTY) !== 0;
  if (isDirty || (held && lazyfreeReclaim !== 'if-dirty')) k.emit({ type: 'LazyfreeTakenBack', mm, vpn });
  else if (!held) k.emit({ type: 'PtesZapped', mm, vpn, nr });
  return !held && !isDirty;
}

function mappingsOf({ world: { pages } }: Kernel, pfn: number): number {
  return pages.isLarge(pfn) ? pages.folios.get(pages.folioOf(pfn), FOLIO.LARGE_MAPCOUNT) : pages.mapcount(pfn);
}

/** A page of a file: unmapped in any case. What is a shmem file's goes to swap when only the page cache has it. */
function shrinkCached(k: Kernel, mm: number, vma: number, { vpn, pfn }: Isolated): boolean {
  const { files, pages, swaps, vmas } = k.world;
  const file = vmas.get(vma, VMA.FILE);
  const index = vmas.get(vma, VMA.PGOFF) + vpn - vmas.get(vma, VMA.START);
  k.emit({ type: 'PtesZapped', mm, vpn, nr: 1 });
  if (files.get(file, FILE.KIND) !== FILE_KIND.memfd || pages.refcount(pfn) !== 1) return false;
  if (!k.allocates('swap-slot')) return false;
  k.emit({ type: 'CachedPageSwappedOut', file, index, slot: withinWorld(swaps.nextFree(), 1, 'swap slots') });
  return true;
}

/** A large folio goes as a whole, and page by page leaves the page table. */
function shrinkFolio(k: Kernel, mm: number, vma: number, { vpn, pfn }: Isolated): number {
  const w = k.world;
  const nr = nrPagesOf(w, pfn);
  if (!w.pages.has(pfn, PG_SWAPBACKED)) return dropLazyfree(k, mm, vpn, nr) ? nr : 0;
  const isNew = !w.pages.has(pfn, PG_SWAPCACHE);
  if (isNew && !addFolio(k, mm, vma, vpn, pfn)) return 0;
  if (leafLevel(w, mm, vpn) === 1) k.emit({ type: 'PmdSplit', mm, vpn });
  const isWritten = isNew || isDirty(k, mm, vpn, pfn, nr);
  for (let i = 0; i < nr; i++) {
    const result = k.run(unmapPath, unmapFrame(mm, vma, vpn + i, 'swap'));
    if (!result.ok) return 0;
  }
  return leaves(k, pfn, nr, isWritten) ? nr : 0;
}

/** False: it stays as it is, for it may be pinned or cannot be taken apart, or there is no swap to be had. */
function addFolio(k: Kernel, mm: number, vma: number, vpn: number, pfn: number): boolean {
  const w = k.world;
  const entry = leafEntry(w, mm, vpn);
  k.page.lend(w, mm, vma).at(vpn, pfn, isWritable(entry), w.pages.maybeDmaPinned(pfn));
  const verdict = k.policy.onReclaim(k.page);
  k.page.release();
  if (verdict === 'keep' || !canSplit(w, pfn) || !k.allocates('swap-slot')) return false;
  // Slots that follow each other.
  const slot = withinWorld(w.swaps.count, nrPagesOf(w, pfn), 'swap slots');
  k.emit({ type: 'PageAddedToSwapCache', mm, vpn, slot });
  return true;
}

function isDirty({ world: w }: Kernel, mm: number, vpn: number, pfn: number, nr: number): boolean {
  for (let i = 0; i < nr; i++) {
    const entry = leafEntry(w, mm, vpn + i);
    if (w.pages.has(pfn + i, PG_DIRTY) || (isPresent(entry) && (entry & PTE_DIRTY) !== 0)) return true;
  }
  return false;
}

/**
 * Writing takes longer than the look whether it is through, so a folio that is written stays in the swap cache; one
 * that need not be written leaves it. (So does a small page that is written: nobody can tell.)
 */
function leaves(k: Kernel, pfn: number, nr: number, isWritten: boolean): boolean {
  const { pages } = k.world;
  if (pages.refcount(pfn) !== nr) return false;
  const isZero = k.policy.traits.swapZeroes === 'noted'
    && pages.stamp.subarray(pfn, pfn + nr).every((byte) => byte === 0);
  if (isWritten && !isZero) return false;
  k.emit({ type: 'SwapCacheFreed', slot: slotOfCached(k.world, pfn) });
  return true;
}
