/**
 * struct page for every frame of the modelled machine, ten bytes each: a word of mapcount and flags, a word of the
 * references that are *not* mappings, and a stamp for the contents.
 *
 * The reference count is the sum of the two counters, never stored: `refcount = mapcount + extra` for a small page. A
 * fork that shares a page then touches one word per page. A page of a large folio holds its folio's number in `extra`.
 */

import type { Geometry } from '../geometry.ts';
import { FreeFrames } from './free-frames.ts';
import { HEADER } from './header.ts';
import { NUMBERS_MAX, withinWorld } from './limits.ts';
import { FOLIO, type Folios, HUGETLB_PAGE, HUGETLB_RESTORE } from './folios.ts';

export const PG_ANON = 1;
/**
 * Per sub-page when PTE-mapped, on the head page otherwise.
 * @kernel 78fbe906cc90 mm/page-flags: reuse PG_mappedtodisk as PG_anon_exclusive for PageAnon() pages
 */
export const PG_EXCLUSIVE = 2;
export const PG_LRU = 4;
export const PG_CHARGED = 8;
export const PG_DIRTY = 16;
export const PG_SWAPCACHE = 32;
export const PG_LARGE = 64;
export const PG_CACHE = 128;
export const PG_SWAPBACKED = 256;
export const PG_SHMEM = 512;
export const PG_KSM = 1024;
/** Allocated at all. */
export const PG_LIVE = 2048;
export const PG_FLAGS = 4095;
export const MAPCOUNT_SHIFT = 12;
export const MAPCOUNT_ONE = 1 << MAPCOUNT_SHIFT;
const MAPCOUNT_MAX = 2 ** (31 - MAPCOUNT_SHIFT) - 1;

/** @kernel include/linux/mm.h GUP_PIN_COUNTING_BIAS */
export const GUP_PIN_COUNTING_BIAS = 1024;

/** What a new anonymous page is: on the LRU, charged to a memcg, to be swapped rather than written back. */
export const PG_NEW_ANON = PG_LIVE | PG_ANON | PG_SWAPBACKED | PG_LRU | PG_CHARGED;

/** Frame 0 is the shared zero page; as a PMD it stands for the huge zero page. */
export const ZERO_PFN = 0;

export class Pages {
  meta: Int32Array = new Int32Array(0);
  extra: Int32Array = new Int32Array(0);
  stamp: Uint16Array = new Uint16Array(0);
  /** Which frames are free. */
  readonly frames: FreeFrames;

  constructor(
    readonly geometry: Geometry,
    private readonly header: () => Int32Array,
    readonly folios: Folios,
    private readonly ensure: (nr: number) => void,
  ) {
    this.frames = new FreeFrames(header);
  }

  bind(meta: Int32Array, extra: Int32Array, map: Int32Array, full: Int32Array, stamp: Uint16Array): void {
    this.meta = meta;
    this.extra = extra;
    this.frames.bind(map, full);
    this.stamp = stamp;
  }

  reserveZeroPage(): void {
    this.frames.reserve(ZERO_PFN);
    this.meta[ZERO_PFN] = PG_LIVE;
    this.extra[ZERO_PFN] = 1;
    this.header()[HEADER.PAGES] = 1;
  }

  get count(): number {
    return this.header()[HEADER.PAGES];
  }

  get used(): number {
    return this.header()[HEADER.PAGES_USED];
  }

  has(pfn: number, flag: number): boolean {
    return (this.meta[pfn] & flag) !== 0;
  }

  setFlag(pfn: number, flag: number): void {
    this.meta[pfn] |= flag;
  }

  clearFlag(pfn: number, flag: number): void {
    this.meta[pfn] &= ~flag;
  }

  isLarge(pfn: number): boolean {
    return (this.meta[pfn] & PG_LARGE) !== 0;
  }

  folioOf(pfn: number): number {
    return this.extra[pfn];
  }

  headOf(pfn: number): number {
    return this.isLarge(pfn) ? this.folios.get(this.extra[pfn], FOLIO.HEAD) : pfn;
  }

  /** PTE mappings of this very page. */
  mapcount(pfn: number): number {
    return this.meta[pfn] >> MAPCOUNT_SHIFT;
  }

  /** Mappings of this page by PTEs and by PMDs: what /proc/kpagecount shows. */
  mapcountAll(pfn: number): number {
    const own = this.mapcount(pfn);
    return this.isLarge(pfn) ? own + this.folios.get(this.extra[pfn], FOLIO.ENTIRE_MAPCOUNT) : own;
  }

  /** @kernel include/linux/page_ref.h folio_ref_count() */
  refcount(pfn: number): number {
    return this.isLarge(pfn)
      ? this.folios.get(this.extra[pfn], FOLIO.REFS)
      : (this.meta[pfn] >> MAPCOUNT_SHIFT) + this.extra[pfn];
  }

  /**
   * May say yes to an unpinned small page (1024 references look like a pin), never no to a pinned one.
   * @kernel include/linux/mm.h folio_maybe_dma_pinned()
   */
  maybeDmaPinned(pfn: number): boolean {
    return this.isLarge(pfn)
      ? this.folios.get(this.extra[pfn], FOLIO.PINCOUNT) > 0
      : (this.meta[pfn] >> MAPCOUNT_SHIFT) + this.extra[pfn] >= GUP_PIN_COUNTING_BIAS;
  }

  /** Take `nr` references that are not mappings (a GET, a pin's bias, the page cache's). */
  get(pfn: number, nr = 1): void {
    if (this.isLarge(pfn)) this.folios.add(this.extra[pfn], FOLIO.REFS, nr);
    else this.extra[pfn] += nr;
  }

  /** Drop such references; the last one frees the page. */
  put(pfn: number, nr = 1): void {
    if (this.isLarge(pfn)) {
      this.folios.add(this.extra[pfn], FOLIO.REFS, -nr);
      this.freeIfUnused(pfn);
    } else {
      this.extra[pfn] -= nr;
      if (pfn !== ZERO_PFN) this.freeIfUnused(pfn);
    }
  }

  pin(pfn: number): void {
    if (this.isLarge(pfn)) {
      this.folios.add(this.extra[pfn], FOLIO.REFS, 1);
      this.folios.add(this.extra[pfn], FOLIO.PINCOUNT, 1);
    } else this.extra[pfn] += GUP_PIN_COUNTING_BIAS;
  }

  /** @kernel mm/gup.c gup_put_folio(): the pin count of a large folio goes before its reference */
  unpin(pfn: number): void {
    if (this.isLarge(pfn)) {
      this.folios.add(this.extra[pfn], FOLIO.PINCOUNT, -1);
      this.put(pfn);
    } else this.put(pfn, GUP_PIN_COUNTING_BIAS);
  }

  /** One more PTE of `mm` maps `pfn`: a mapcount and the reference that goes with it. */
  map1(pfn: number, mm: number): void {
    if (this.mapcount(pfn) >= MAPCOUNT_MAX)
      throw new RangeError(`page ${pfn}: more than ${MAPCOUNT_MAX} mappings are not modelled`);
    this.meta[pfn] += MAPCOUNT_ONE;
    if (this.isLarge(pfn)) this.folios.mapped(this.extra[pfn], mm);
  }

  unmap1(pfn: number, mm: number): void {
    this.meta[pfn] -= MAPCOUNT_ONE;
    if (this.isLarge(pfn)) this.folios.unmapped(this.extra[pfn], mm);
    this.freeIfUnused(pfn);
  }

  /** `unmap1` for `nr` small pages in the same state. */
  unmapRun(pfn: number, nr: number): void {
    const meta = this.meta[pfn] - MAPCOUNT_ONE;
    if ((meta >> MAPCOUNT_SHIFT) + this.extra[pfn] > 0) {
      this.meta.fill(meta, pfn, pfn + nr);
      return;
    }
    for (let i = pfn; i < pfn + nr; i++) this.release(i);
  }

  /** One more PMD of `mm` maps the folio of `pfn`. */
  mapEntire(pfn: number, mm: number): void {
    this.folios.add(this.extra[pfn], FOLIO.ENTIRE_MAPCOUNT, 1);
    this.folios.mapped(this.extra[pfn], mm);
  }

  unmapEntire(pfn: number, mm: number): void {
    this.folios.add(this.extra[pfn], FOLIO.ENTIRE_MAPCOUNT, -1);
    this.folios.unmapped(this.extra[pfn], mm);
    this.freeIfUnused(pfn);
  }

  nextFree(): number {
    return withinWorld(this.frames.next(), 1, 'page frames');
  }

  freeRun(pfn: number, most: number): number {
    return Math.min(this.frames.runFrom(pfn, most), NUMBERS_MAX - pfn);
  }

  nextFreeHuge(nr: number): number {
    return withinWorld(this.frames.nextAligned(nr), nr, 'page frames');
  }

  /** Turn `nr` free frames into small pages. References and mapcounts start as given, contents as `stamp`. */
  take(pfn: number, nr: number, flags: number, mapcount: number, extra: number, stamp: number): void {
    this.ensure(pfn + nr);
    const meta = (mapcount << MAPCOUNT_SHIFT) | flags | PG_LIVE;
    this.meta.fill(meta, pfn, pfn + nr);
    if (extra !== 0) this.extra.fill(extra, pfn, pfn + nr);
    if (stamp !== 0) this.stamp.fill(stamp, pfn, pfn + nr);
    this.frames.take(pfn, nr);
  }

  /** Turn `nr` free frames into one large folio with `refs` references and no mapping yet. */
  takeFolio(pfn: number, folio: number, nr: number, flags: number, refs: number, hugetlb: boolean): void {
    this.ensure(pfn + nr);
    const { records } = this.folios;
    records.open(folio);
    records.set(folio, FOLIO.HEAD, pfn);
    records.set(folio, FOLIO.NR, nr);
    records.set(folio, FOLIO.REFS, refs);
    records.set(folio, FOLIO.HUGETLB, hugetlb ? HUGETLB_PAGE : 0);
    this.meta.fill(flags | PG_LIVE | PG_LARGE, pfn, pfn + nr);
    this.extra.fill(folio, pfn, pfn + nr);
    this.frames.take(pfn, nr);
  }

  /**
   * Every reference to the folio is a mapping's or the swap cache's; each of its pages takes its own along. The dirty
   * bit of the PMD that mapped it went to the folio.
   */
  splitFolio(head: number, nr: number): void {
    this.folios.records.close(this.extra[head]);
    for (let i = head; i < head + nr; i++) {
      this.meta[i] = (this.meta[i] & ~PG_LARGE) | PG_DIRTY;
      this.extra[i] = this.has(i, PG_SWAPCACHE) ? 1 : 0;
      this.freeIfUnused(i);
    }
  }

  private freeIfUnused(pfn: number): void {
    if (this.refcount(pfn) > 0) return;
    if (this.refcount(pfn) < 0) throw new RangeError(`page ${pfn}: reference count below zero`);
    if (!this.isLarge(pfn)) {
      this.release(pfn);
      return;
    }
    const folio = this.extra[pfn];
    const head = this.folios.get(folio, FOLIO.HEAD);
    const nr = this.folios.get(folio, FOLIO.NR);
    const hugetlb = this.folios.get(folio, FOLIO.HUGETLB);
    if (hugetlb !== 0) this.header()[HEADER.HUGETLB_FREE]++;
    if (hugetlb === HUGETLB_RESTORE) this.header()[HEADER.HUGETLB_RESERVED]++;
    this.folios.records.close(folio);
    for (let i = head; i < head + nr; i++) this.release(i);
  }

  private release(pfn: number): void {
    this.meta[pfn] = 0;
    this.extra[pfn] = 0;
    this.stamp[pfn] = 0;
    this.frames.release(pfn);
  }
}
