/**
 * A large folio made into small pages for good, wherever it is mapped; the split of a PMD alone (`PmdSplit`) leaves the
 * folio whole.
 *
 * @kernel mm/huge_memory.c __folio_split(), remap_page()
 */

import type { Kernel } from '../kernel.ts';
import { MM, VM_LOCKED, VM_SOFT_CLEAN, VM_UFFD_WP, VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_SWAPCACHE } from '../tables/pages.ts';
import { isHuge, isPresent, isSpecial, isWatched, pfnOf, PTE_DIRTY } from '../tables/pte.ts';
import type { World } from '../tables/world.ts';
import { vmaAtIndex } from '../vma/list.ts';

/**
 * More than one mm may map pages of the folio that `pfn` is in.
 * @kernel include/linux/mm.h folio_maybe_mapped_shared()
 */
export function mappedElsewhere(w: World, pfn: number): boolean {
  return w.pages.folios.maybeMappedShared(w.pages.folioOf(pfn));
}

/** Nobody refers to the folio beside its mappings and the swap cache. @kernel mm/huge_memory.c can_split_folio() */
export function canSplit(w: World, pfn: number): boolean {
  const { pages } = w;
  const folio = pages.folioOf(pfn);
  const cached = pages.has(pfn, PG_SWAPCACHE) ? pages.folios.get(folio, FOLIO.NR) : 0;
  return pages.folios.get(folio, FOLIO.REFS) === pages.folios.get(folio, FOLIO.LARGE_MAPCOUNT) + cached;
}

/**
 * Split the folio of `pfn` for all that map it. False, and nothing changes, when somebody refers to it beside its
 * mappings.
 */
export function splitFolio(k: Kernel, pfn: number): boolean {
  const { pages, mms } = k.world;
  const folio = pages.folioOf(pfn);
  if (!canSplit(k.world, pfn)) return false;
  const head = pages.folios.get(folio, FOLIO.HEAD);
  const nr = pages.folios.get(folio, FOLIO.NR);
  const holds = (entry: number): boolean =>
    isPresent(entry) && !isSpecial(entry) && pfnOf(entry) >= head && pfnOf(entry) < head + nr;
  const { splitDropsZeroes, zeroPage } = k.policy.traits;
  const dropped: Run[] = [];
  for (let mm = 0; mm < mms.count; mm++) {
    if (!mms.isLive(mm)) continue;
    forTablesOf(k.world, mm, (vpn, end, _flags, slot, level) => {
      if (level === 1 && end - vpn === nr && holds(k.world.tables.a[slot])) k.emit({ type: 'PmdSplit', mm, vpn });
    });
    if (splitDropsZeroes && zeroPage !== 'forbidden') dropped.push(...zeroRuns(k, mm, holds));
  }
  k.emit({ type: 'FolioSplit', pfn: head, nr });
  for (const run of dropped) k.emit({ type: 'ZeroFilledPagesDropped', ...run });
  if (k.policy.traits.splitKeepsDirty) {
    for (let mm = 0; mm < mms.count; mm++) if (mms.isLive(mm)) dirtyAgain(k, mm, holds);
  }
  return true;
}

/** Where `mm` maps pages of the folio that hold nothing but zeroes. What is locked stays as it is. */
function zeroRuns(k: Kernel, mm: number, holds: (entry: number) => boolean): Run[] {
  const { pages, tables } = k.world;
  const runs: Run[] = [];
  forTablesOf(k.world, mm, (vpn, end, flags, slot, level) => {
    if (level !== 0 || (flags & VM_LOCKED) !== 0) return;
    // Stamps stand for contents: one of 0 is a page of zeroes.
    const drops = (i: number): boolean => holds(tables.a[slot + i]) && pages.stamp[pfnOf(tables.a[slot + i])] === 0;
    for (let i = 0; i < end - vpn; i++) {
      let run = 0;
      while (i + run < end - vpn && drops(i + run)) run++;
      if (run > 0) runs.push({ mm, vpn: vpn + i, nr: run });
      i += run;
    }
  });
  return runs;
}

/** The entries that say which pages are soft-dirty say it of dirty ones that were moved. */
function dirtyAgain(k: Kernel, mm: number, holds: (entry: number) => boolean): void {
  const { tables } = k.world;
  forTablesOf(k.world, mm, (start, end, flags, slot, level) => {
    if (level !== 0 || (flags & VM_SOFT_CLEAN) === 0 || (flags & VM_UFFD_WP) !== 0) return;
    const soils = (vpn: number): boolean => {
      const entry = tables.a[slot + vpn - start];
      return isWatched(entry) && (entry & PTE_DIRTY) !== 0 && holds(entry);
    };
    for (let vpn = start; vpn < end;) {
      let nr = 0;
      while (vpn + nr < end && soils(vpn + nr)) nr++;
      if (nr > 0) k.emit({ type: 'PtesUnwatched', mm, vpn, nr });
      vpn += nr + 1;
    }
  });
}

interface Run {
  readonly mm: number;
  readonly vpn: number;
  readonly nr: number;
}

/** Each table of entries, or each huge entry, of each VMA: pages [vpn, end), from `slot` on. */
function forTablesOf(
  w: World,
  mm: number,
  each: (vpn: number, end: number, flags: number, slot: number, level: number) => void,
): void {
  const { tables, mms, vmas } = w;
  const root = mms.get(mm, MM.PGD);
  for (let index = 0; index < mms.get(mm, MM.MAP_COUNT); index++) {
    const vma = vmaAtIndex(w, mm, index);
    for (let vpn = vmas.get(vma, VMA.START); vpn < vmas.get(vma, VMA.END);) {
      const level = tables.levelOf(root, vpn);
      const end = tables.spanEnd(Math.max(level, 1), vpn, vmas.get(vma, VMA.END));
      const slot = level > tables.top ? -1 : tables.slot(root, level, vpn);
      if (slot >= 0 && (level === 0 || isHuge(tables.a[slot]))) each(vpn, end, vmas.get(vma, VMA.FLAGS), slot, level);
      vpn = end;
    }
  }
}
