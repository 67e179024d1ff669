/**
 * What a policy sees of the machine. Views are borrowed: one object is moved along a run of pages, valid only while the
 * hook runs. One that was kept throws when it is used after that. Nothing in a view leads to what it reads, so a hook
 * can look and nothing else.
 */

import { isCowMapping, MM, VM_DONTCOPY, VM_HUGETLB, VM_LOCKED, VM_SHARED, VM_WIPEONFORK, VM_WRITE,
  VMA } from '../tables/fields.ts';
import { FOLIO } from '../tables/folios.ts';
import { PG_ANON, PG_EXCLUSIVE, PG_KSM, PG_LRU, PG_SWAPCACHE } from '../tables/pages.ts';
import type { World } from '../tables/world.ts';
import { entriesOf } from '../tables/swap-slots.ts';

const KEPT = 'a view is only valid during the hook call that it was given to; copy what you need out of it';

/** Where a view reads: whoever lends it out moves this along. No hook can reach it. */
export interface MmPlace {
  readonly w: World | null;
  readonly mm: number;
  /** What the path read in a step of its own. */
  readonly hasPinnedRead: boolean | null;
}

export interface VmaPlace {
  readonly w: World | null;
  readonly vma: number;
}

export interface PagePlace {
  readonly w: World | null;
  readonly page: number;
  readonly number: number;
  readonly writable: boolean;
  readonly maybeDmaPinned: boolean;
  /** The hook asked which page this is, so its verdict is about this page and no other. */
  askedWhich: boolean;
  readonly mm: { readonly view: MmView };
  readonly vma: { readonly view: VmaView };
  /** First of the asked policy's own words, how many they are, and where writes to them go. */
  readonly memoryBase: number;
  readonly memoryWords: number;
  readonly remembers: ((word: number, value: number) => void) | null;
}

function worldOf({ w }: { readonly w: World | null }): World {
  if (w === null) throw new TypeError(KEPT);
  return w;
}

/** A borrowed view of an mm. */
export class MmView {
  readonly #at: MmPlace;

  /** @internal */
  constructor(at: MmPlace) {
    this.#at = at;
    Object.freeze(this);
  }

  get id(): number {
    return this.#at.mm;
  }

  /** Some FOLL_PIN was ever attempted here; sticky, not inherited. @kernel mm_struct.has_pinned */
  get hasPinned(): boolean {
    return this.#at.hasPinnedRead ?? worldOf(this.#at).mms.get(this.#at.mm, MM.HAS_PINNED) !== 0;
  }
}

/** A borrowed view of a VMA. Page numbers in units of 4 KiB. */
export class VmaView {
  readonly #at: VmaPlace;

  /** @internal */
  constructor(at: VmaPlace) {
    this.#at = at;
    Object.freeze(this);
  }

  get #flags(): number {
    return worldOf(this.#at).vmas.get(this.#at.vma, VMA.FLAGS);
  }

  get start(): number {
    return worldOf(this.#at).vmas.get(this.#at.vma, VMA.START);
  }

  get end(): number {
    return worldOf(this.#at).vmas.get(this.#at.vma, VMA.END);
  }

  get writable(): boolean {
    return (this.#flags & VM_WRITE) !== 0;
  }

  get shared(): boolean {
    return (this.#flags & VM_SHARED) !== 0;
  }

  /** Private, whether or not it may be written right now. @kernel is_cow_mapping() */
  get cow(): boolean {
    return isCowMapping(this.#flags);
  }

  /** madvise(MADV_DONTFORK) */
  get dontCopy(): boolean {
    return (this.#flags & VM_DONTCOPY) !== 0;
  }

  /** madvise(MADV_WIPEONFORK) */
  get wipeOnFork(): boolean {
    return (this.#flags & VM_WIPEONFORK) !== 0;
  }

  get hugetlb(): boolean {
    return (this.#flags & VM_HUGETLB) !== 0;
  }

  get locked(): boolean {
    return (this.#flags & VM_LOCKED) !== 0;
  }
}

/**
 * A borrowed view of one mapped page: the sub-page of a large folio where it is PTE-mapped, the head where it is
 * PMD-mapped.
 */
export class PageView {
  readonly #at: PagePlace;

  /** @internal */
  constructor(at: PagePlace) {
    this.#at = at;
    Object.freeze(this);
  }

  get mm(): MmView {
    return this.#at.mm.view;
  }

  get vma(): VmaView {
    return this.#at.vma.view;
  }

  /** The entry allowed stores when it was read. */
  get writable(): boolean {
    return this.#at.writable;
  }

  /**
   * May say yes to an unpinned page (1024 references look like a pin), never no to a pinned one.
   * As the path read it: for an interleaved fork() that is an earlier step than the verdict.
   * @kernel folio_maybe_dma_pinned()
   */
  get maybeDmaPinned(): boolean {
    return this.#at.maybeDmaPinned;
  }

  /** Page number it is mapped at (address >> 12). */
  get vpn(): number {
    this.#at.askedWhich = true;
    return this.#at.number;
  }

  /** Page frame number in the modelled machine. */
  get pfn(): number {
    this.#at.askedWhich = true;
    return this.#at.page;
  }

  get anon(): boolean {
    return worldOf(this.#at).pages.has(this.#at.page, PG_ANON);
  }

  /** PG_anon_exclusive: this mm alone may write here, whatever the reference count says. Linux 5.19+. */
  get exclusive(): boolean {
    return worldOf(this.#at).pages.has(this.#at.page, PG_EXCLUSIVE);
  }

  get ksm(): boolean {
    return worldOf(this.#at).pages.has(this.#at.page, PG_KSM);
  }

  get onLru(): boolean {
    return worldOf(this.#at).pages.has(this.#at.page, PG_LRU);
  }

  get swapCache(): boolean {
    return worldOf(this.#at).pages.has(this.#at.page, PG_SWAPCACHE);
  }

  /** Entries that still hold this page's swap slot; of a large folio, of any of its pages. */
  get swapCount(): number {
    // Pages in the same state may have different numbers of these.
    this.#at.askedWhich = true;
    const w = worldOf(this.#at);
    return w.pages.has(this.#at.page, PG_SWAPCACHE) ? entriesOf(w, this.#at.page) : 0;
  }

  get large(): boolean {
    return worldOf(this.#at).pages.isLarge(this.#at.page);
  }

  /** Mappings of this page, PMD mappings of its folio included. */
  get mapcount(): number {
    return worldOf(this.#at).pages.mapcountAll(this.#at.page);
  }

  /** Of the folio. */
  get refcount(): number {
    return worldOf(this.#at).pages.refcount(this.#at.page);
  }

  /** All mappings of the folio's pages, a PMD mapping as one. */
  get folioMapcount(): number {
    const { pages } = worldOf(this.#at);
    return pages.isLarge(this.#at.page)
      ? pages.folios.get(pages.folioOf(this.#at.page), FOLIO.LARGE_MAPCOUNT)
      : pages.mapcount(this.#at.page);
  }

  /** The largest mapcount that a page of the folio has: 1 when one mapping at most sees each of them. */
  get folioMapcountMax(): number {
    const { pages } = worldOf(this.#at);
    if (!pages.isLarge(this.#at.page)) return pages.mapcount(this.#at.page);
    const folio = pages.folioOf(this.#at.page);
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
    const { pages } = worldOf(this.#at);
    return pages.isLarge(this.#at.page)
      ? pages.folios.maybeMappedShared(pages.folioOf(this.#at.page))
      : pages.mapcount(this.#at.page) > 1;
  }

  /** Base pages of the folio. */
  get nrPages(): number {
    const { pages } = worldOf(this.#at);
    return pages.isLarge(this.#at.page) ? pages.folios.get(pages.folioOf(this.#at.page), FOLIO.NR) : 1;
  }

  /** Word `index` of what this policy remembers (`memoryWords` of them, all 0 at first). */
  memory(index: number): number {
    const words = worldOf(this.#at).policyWords;
    this.#checkWord(index);
    const word = this.#at.memoryBase + index;
    return word < words.length ? words[word] : 0;
  }

  /**
   * Set one of this policy's words. They live in the world, so replaying and cloning keep them; a closure would not.
   */
  remember(index: number, value: number): void {
    const { w, remembers, memoryBase } = this.#at;
    if (w === null || remembers === null) throw new TypeError(KEPT);
    this.#checkWord(index);
    if (!Number.isInteger(value) || value !== (value | 0))
      throw new RangeError(`a word holds a 32-bit integer, not ${value}`);
    remembers(memoryBase + index, value);
  }

  #checkWord(index: number): void {
    const { memoryWords } = this.#at;
    if (!Number.isInteger(index) || index < 0 || index >= memoryWords)
      throw new RangeError(`there is no word ${index}: the policy asked for memoryWords: ${memoryWords}`);
  }
}

// A policy that patched a class would change what the policies below it see.
for (const view of [MmView, VmaView, PageView]) {
  Object.freeze(view.prototype);
  Object.freeze(view);
}
