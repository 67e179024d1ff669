/**
 * Large folios: THPs and hugetlb pages. Their reference count, exact pin count and PMD mapcount are one per folio, so
 * they live here; mapcounts of PTE mappings, contents and PG_anon_exclusive stay with the sub-pages.
 */

import { Records } from './records.ts';

export const FOLIO = {
  LIVE: 0, HEAD: 1,
  /** Base pages. */
  NR: 2,
  REFS: 3,
  /** Exact: not biased by 1024 as for small pages. @kernel include/linux/mm.h folio_maybe_dma_pinned() */
  PINCOUNT: 4,
  ENTIRE_MAPCOUNT: 5,
  /** PTE and PMD mappings together. @kernel _large_mapcount (6.9+) */
  LARGE_MAPCOUNT: 6,
  HUGETLB: 7,
} as const;

export class Folios {
  static readonly WIDTH = 8;
  constructor(readonly records: Records) {}

  get(id: number, field: number): number {
    return this.records.get(id, field);
  }

  add(id: number, field: number, delta: number): void {
    this.records.add(id, field, delta);
  }
}
