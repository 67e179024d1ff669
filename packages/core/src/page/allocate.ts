/** The choices of frames and folios that decide functions make; the facts carry them to evolve. */

import type { Kernel } from '../kernel.ts';
import type { Allocation } from './allocations.ts';
import { HEADER } from '../tables/header.ts';
import { chooseFrame, chooseHugeFrame } from './frame-allocator.ts';

/** A frame for one page, charged to a memcg; -1 when either is refused. */
export function allocateFrame(k: Kernel, what: Allocation): number {
  if (!k.allocates(what) || !k.allocates('memcg-charge')) return -1;
  return chooseFrame(k.frames, k.memory);
}

/** Head frame and number for a new THP; null when there is no aligned run of memory left. */
export function allocateHuge(k: Kernel): { pfn: number; folio: number } | null {
  return allocateFolio(k, k.world.tables.fanout);
}

/** The same for a folio of `nr` pages, a power of two. */
export function allocateFolio(k: Kernel, nr: number): { pfn: number; folio: number } | null {
  if (!k.allocates('huge-page') || !k.allocates('memcg-charge')) return null;
  const pfn = chooseHugeFrame(k.frames, k.memory, nr);
  return pfn < 0 ? null : { pfn, folio: k.world.pages.folios.records.nextFree(1) };
}

/**
 * A page of the hugetlb pool. `reserved`: one that was promised to the mapping; others may take only what nobody was
 * promised. The kernel's sum of that is unsigned, so when it owes more than it has, nobody is kept away.
 * @kernel mm/hugetlb.c available_huge_pages()
 */
export function allocateHugetlb(k: Kernel, reserved: boolean): { pfn: number; folio: number } | null {
  if (!k.allocates('hugetlb-page')) return null;
  const { header, pages, tables } = k.world;
  const free = header[HEADER.HUGETLB_FREE];
  if (free === 0 || (!reserved && free === header[HEADER.HUGETLB_RESERVED])) return null;
  const pfn = chooseHugeFrame(k.frames, k.memory, tables.fanout);
  return pfn < 0 ? null : { pfn, folio: pages.folios.records.nextFree(1) };
}
