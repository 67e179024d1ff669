/**
 * Large folios: THPs and hugetlb pages. Their reference count, exact pin count and PMD mapcount are one per folio, so
 * they live here; mapcounts of PTE mappings, contents and PG_anon_exclusive stay with the sub-pages.
 */

import type { Records } from './records.ts';

export const FOLIO = {
  LIVE: 0,
  HEAD: 1,
  /** Base pages. */
  NR: 2,
  REFS: 3,
  /** Exact: not biased by 1024 as for small pages. @kernel include/linux/mm.h folio_maybe_dma_pinned() */
  PINCOUNT: 4,
  ENTIRE_MAPCOUNT: 5,
  /** PTE and PMD mappings together. @kernel _large_mapcount (6.9+) */
  LARGE_MAPCOUNT: 6,
  /** 0 for a THP, else HUGETLB_PAGE or HUGETLB_RESTORE. */
  HUGETLB: 7,
  /**
   * Two mms whose mappings are counted apart, as mm + 1 (0: slot free) and a count. A third mm is counted only in the
   * sum, so the folio is taken for shared until one of the two has all of it. @kernel include/linux/rmap.h
   * (CONFIG_MM_ID, 6.15+)
   */
  MM0: 8,
  MM0_MAPS: 9,
  MM1: 10,
  MM1_MAPS: 11,
} as const;

export const HUGETLB_PAGE = 1;
/** Once it is free, the pool owes it to a mapping again. @kernel include/linux/hugetlb.h HPG_restore_reserve */
export const HUGETLB_RESTORE = 2;

export class Folios {
  static readonly WIDTH = 12;
  constructor(readonly records: Records) {}

  get(id: number, field: number): number {
    return this.records.get(id, field);
  }

  add(id: number, field: number, delta: number): void {
    this.records.add(id, field, delta);
  }

  /** `nr` more mappings of the folio in `mm`, and their references. */
  mapped(id: number, mm: number, nr = 1): void {
    this.add(id, FOLIO.REFS, nr);
    this.add(id, FOLIO.LARGE_MAPCOUNT, nr);
    const slot = this.slotOf(id, mm + 1) ?? this.slotOf(id, 0);
    if (slot === null) return;
    this.records.set(id, slot, mm + 1);
    this.add(id, slot + 1, nr);
  }

  unmapped(id: number, mm: number): void {
    this.add(id, FOLIO.REFS, -1);
    this.add(id, FOLIO.LARGE_MAPCOUNT, -1);
    const slot = this.slotOf(id, mm + 1);
    if (slot === null) return;
    this.add(id, slot + 1, -1);
    if (this.get(id, slot + 1) === 0) this.records.set(id, slot, 0);
  }

  /** @kernel include/linux/mm.h folio_maybe_mapped_shared() */
  maybeMappedShared(id: number): boolean {
    const all = this.get(id, FOLIO.LARGE_MAPCOUNT);
    return all > 1 && all !== this.get(id, FOLIO.MM0_MAPS) && all !== this.get(id, FOLIO.MM1_MAPS);
  }

  private slotOf(id: number, key: number): number | null {
    if (this.get(id, FOLIO.MM0) === key) return FOLIO.MM0;
    return this.get(id, FOLIO.MM1) === key ? FOLIO.MM1 : null;
  }
}
