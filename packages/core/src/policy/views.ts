/**
 * What a policy sees of the machine. Views are borrowed: one object is moved along a run of pages, valid only while the
 * hook runs. One that was kept throws when it is used after that.
 */

import { isCowMapping, MM, SWAP, VM_DONTCOPY, VM_HUGETLB, VM_LOCKED, VM_SHARED, VM_WIPEONFORK, VM_WRITE,
  VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON, PG_EXCLUSIVE, PG_KSM, PG_LRU, PG_SWAPCACHE } from '../tables/pages.ts';
import type { World } from '../tables/world.ts';
import { slotOfCached } from '../tables/swap-slots.ts';

const KEPT = 'a view is only valid during the hook call that it was given to; copy what you need out of it';

/** A borrowed view of an mm. */
export class MmView {
  /** @internal */ w: World | null = null;
  /** @internal */ mm = 0;
  /** @internal What the path read in a step of its own. */
  hasPinnedRead: boolean | null = null;

  private get world(): World {
    if (this.w === null) throw new TypeError(KEPT);
    return this.w;
  }

  get id(): number {
    return this.mm;
  }

  /** Some FOLL_PIN was ever attempted here; sticky, not inherited. @kernel mm_struct.has_pinned */
  get hasPinned(): boolean {
    return this.hasPinnedRead ?? this.world.mms.get(this.mm, MM.HAS_PINNED) !== 0;
  }
}

/** A borrowed view of a VMA. Page numbers in units of 4 KiB. */
export class VmaView {
  /** @internal */ w: World | null = null;
  /** @internal */ vma = 0;

  private get flags(): number {
    if (this.w === null) throw new TypeError(KEPT);
    return this.w.vmas.get(this.vma, VMA.FLAGS);
  }

  get start(): number {
    if (this.w === null) throw new TypeError(KEPT);
    return this.w.vmas.get(this.vma, VMA.START);
  }

  get end(): number {
    if (this.w === null) throw new TypeError(KEPT);
    return this.w.vmas.get(this.vma, VMA.END);
  }

  get writable(): boolean {
    return (this.flags & VM_WRITE) !== 0;
  }

  get shared(): boolean {
    return (this.flags & VM_SHARED) !== 0;
  }

  /** Private, whether or not it may be written right now. @kernel is_cow_mapping() */
  get cow(): boolean {
    return isCowMapping(this.flags);
  }

  /** madvise(MADV_DONTFORK) */
  get dontCopy(): boolean {
    return (this.flags & VM_DONTCOPY) !== 0;
  }

  /** madvise(MADV_WIPEONFORK) */
  get wipeOnFork(): boolean {
    return (this.flags & VM_WIPEONFORK) !== 0;
  }

  get hugetlb(): boolean {
    return (this.flags & VM_HUGETLB) !== 0;
  }

  get locked(): boolean {
    return (this.flags & VM_LOCKED) !== 0;
  }
}

/**
 * A borrowed view of one mapped page: the sub-page of a large folio where it is PTE-mapped, the head where it is
 * PMD-mapped.
 */
export class PageView {
  /** @internal */ w: World | null = null;
  /** @internal */ page = 0;
  /** @internal */ number = 0;
  /** @internal The hook asked which page this is, so its verdict is about this page and no other. */
  askedWhich = false;
  readonly mm = new MmView();
  readonly vma = new VmaView();
  /** The entry allowed stores when it was read. */
  writable = false;
  /**
   * May say yes to an unpinned page (1024 references look like a pin), never no to a pinned one.
   * As the path read it: for an interleaved fork() that is an earlier step than the verdict.
   * @kernel folio_maybe_dma_pinned()
   */
  maybeDmaPinned = false;

  private get world(): World {
    if (this.w === null) throw new TypeError(KEPT);
    return this.w;
  }

  /** Page number it is mapped at (address >> 12). */
  get vpn(): number {
    this.askedWhich = true;
    return this.number;
  }

  /** Page frame number in the modelled machine. */
  get pfn(): number {
    this.askedWhich = true;
    return this.page;
  }

  get anon(): boolean {
    return this.world.pages.has(this.page, PG_ANON);
  }

  /** PG_anon_exclusive: this mm alone may write here, whatever the reference count says. Linux 5.19+. */
  get exclusive(): boolean {
    return this.world.pages.has(this.page, PG_EXCLUSIVE);
  }

  get ksm(): boolean {
    return this.world.pages.has(this.page, PG_KSM);
  }

  get onLru(): boolean {
    return this.world.pages.has(this.page, PG_LRU);
  }

  get swapCache(): boolean {
    return this.world.pages.has(this.page, PG_SWAPCACHE);
  }

  /** Entries that still hold this page's swap slot. */
  get swapCount(): number {
    // Pages in the same state may have different numbers of these.
    this.askedWhich = true;
    const slot = slotOfCached(this.world, this.page);
    return slot < 0 ? 0 : this.world.swaps.get(slot, SWAP.COUNT);
  }

  get large(): boolean {
    return this.world.pages.isLarge(this.page);
  }

  /** Mappings of this page, PMD mappings of its folio included. */
  get mapcount(): number {
    return this.world.pages.mapcountAll(this.page);
  }

  /** Of the folio. */
  get refcount(): number {
    return this.world.pages.refcount(this.page);
  }

  /** All mappings of the folio's pages, a PMD mapping as one. */
  get folioMapcount(): number {
    const { pages } = this.world;
    return pages.isLarge(this.page)
      ? pages.folios.get(pages.folioOf(this.page), FOLIO.LARGE_MAPCOUNT)
      : pages.mapcount(this.page);
  }

  /** The largest mapcount that a page of the folio has: 1 when one mapping at most sees each of them. */
  get folioMapcountMax(): number {
    const { pages } = this.world;
    if (!pages.isLarge(this.page)) return pages.mapcount(this.page);
    const folio = pages.folioOf(this.page);
    const head = pages.folios.get(folio, FOLIO.HEAD);
    let most = 0;
    for (let i = head; i < head + pages.folios.get(folio, FOLIO.NR); i++) most = Math.max(most, pages.mapcount(i));
    return most + pages.folios.get(folio, FOLIO.ENTIRE_MAPCOUNT);
  }

  /**
   * More than one mm may map pages of this folio: exact for two mms, a guess for more.
   * @kernel folio_maybe_mapped_shared()
   */
  get maybeMappedShared(): boolean {
    const { pages } = this.world;
    return pages.isLarge(this.page)
      ? pages.folios.maybeMappedShared(pages.folioOf(this.page))
      : pages.mapcount(this.page) > 1;
  }

  /** Base pages of the folio. */
  get nrPages(): number {
    const { pages } = this.world;
    return pages.isLarge(this.page) ? pages.folios.get(pages.folioOf(this.page), FOLIO.NR) : 1;
  }

  /** @internal First of the asked policy's own words, and where writes to them go. */
  memoryBase = 0;
  /** @internal How many they are. */
  memoryWords = 0;
  /** @internal */
  remembers: ((word: number, value: number) => void) | null = null;

  /** Word `index` of what this policy remembers (`memoryWords` of them, all 0 at first). */
  memory(index: number): number {
    this.checkWord(index);
    const words = this.world.policyWords;
    return this.memoryBase + index < words.length ? words[this.memoryBase + index] : 0;
  }

  /**
   * Set one of this policy's words. They live in the world, so replaying and cloning keep them; a closure would not.
   */
  remember(index: number, value: number): void {
    if (this.remembers === null) throw new TypeError(KEPT);
    this.checkWord(index);
    if (!Number.isInteger(value) || value !== (value | 0))
      throw new RangeError(`a word holds a 32-bit integer, not ${value}`);
    this.remembers(this.memoryBase + index, value);
  }

  private checkWord(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.memoryWords) {
      throw new RangeError(`there is no word ${index}: the policy asked for memoryWords: ${this.memoryWords}`);
    }
  }

  /** @internal Point the view at a page; `release` takes it back. */
  lend(w: World, mm: number, vma: number): this {
    this.w = this.mm.w = this.vma.w = w;
    this.mm.mm = mm;
    this.vma.vma = vma;
    return this;
  }

  /** @internal */
  at(vpn: number, pfn: number, writable: boolean, maybeDmaPinned: boolean): this {
    this.number = vpn;
    this.page = pfn;
    this.askedWhich = false;
    this.writable = writable;
    this.maybeDmaPinned = maybeDmaPinned;
    return this;
  }

  /** @internal */
  release(): void {
    this.w = this.mm.w = this.vma.w = null;
  }
}
