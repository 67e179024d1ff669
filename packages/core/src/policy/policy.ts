/**
 * The policy port: the questions that the model asks, and the traits in which kernels differ without asking. A policy
 * is an overlay. Every hook is optional; of a stack of overlays the top-most that answers wins, and under all of them
 * lies naive copy-on-write. Hooks return verdicts, never facts, so no policy can corrupt the world.
 */

import type { PageView, MmView, VmaView } from './views.ts';

export type ForkVmaVerdict = 'copy' | 'skip' | 'wipe';
export type ForkPageVerdict = 'share' | 'copy';
export type ForkHugeVerdict = 'share' | 'split';
export type WriteFaultVerdict = 'reuse' | 'copy';
export type WriteFaultHugeVerdict = 'reuse' | 'split' | 'copy';
/** `unshare`: copy or claim first, but read-only; `break-cow`: as a write fault. */
export type GupVerdict = 'take' | 'unshare' | 'break-cow';
export type RegisterVerdict = 'pin' | 'dontfork';
export type ReclaimVerdict = 'unmap' | 'keep';

/** What get_user_pages() was asked for. */
export interface GupRequest {
  readonly write: boolean;
  /** FOLL_PIN rather than FOLL_GET. */
  readonly pin: boolean;
  readonly longterm: boolean;
}

/**
 * Each is called at most once per page and decision. It must not throw and must not keep the view. `undefined` asks
 * the overlay below.
 */
export interface PolicyHooks {
  /** What becomes of a whole VMA at fork(). @kernel kernel/fork.c dup_mmap() */
  readonly onForkVma?: (vma: VmaView) => ForkVmaVerdict | undefined;
  /**
   * Asked once per fork(), before any page: may `onForkPage`, `onForkHuge…` answer anything but 'share' for this mm?
   * When every overlay says `false`, whole page tables are shared unasked: a promise that saves time, not a verdict, so
   * the hooks must answer the same without it. Leave it out to be asked for every page.
   */
  readonly forkLooksAtPages?: (mm: MmView) => boolean | undefined;
  /** A present entry at PTE level. @kernel mm/memory.c copy_present_pte() */
  readonly onForkPage?: (page: PageView) => ForkPageVerdict | undefined;
  /** @kernel mm/huge_memory.c copy_huge_pmd() */
  readonly onForkHugePmd?: (page: PageView) => ForkHugeVerdict | undefined;
  /** @kernel mm/huge_memory.c copy_huge_pud() */
  readonly onForkHugePud?: (page: PageView) => ForkHugeVerdict | undefined;
  /** @kernel mm/hugetlb.c copy_hugetlb_page_range() */
  readonly onForkHugetlb?: (page: PageView) => ForkPageVerdict | undefined;
  /** A write to a read-only anonymous entry. @kernel mm/memory.c do_wp_page() */
  readonly onWriteFault?: (page: PageView) => WriteFaultVerdict | undefined;
  /** The same at PMD level. @kernel mm/huge_memory.c do_huge_pmd_wp_page() */
  readonly onWriteFaultHugePmd?: (page: PageView) => WriteFaultHugeVerdict | undefined;
  /** @kernel mm/hugetlb.c hugetlb_wp() */
  readonly onWriteFaultHugetlb?: (page: PageView) => WriteFaultVerdict | undefined;
  /** GUP met an entry that it may read but not write. @kernel mm/gup.c gup_must_unshare() */
  readonly onGup?: (page: PageView, request: GupRequest) => GupVerdict | undefined;
  /**
   * The user-space library that registers a buffer: does it call madvise(MADV_DONTFORK) first, as ibv_fork_init()
   * makes it?
   */
  readonly onRegister?: (vma: VmaView) => RegisterVerdict | undefined;
  /** @kernel mm/vmscan.c shrink_folio_list() */
  readonly onReclaim?: (page: PageView) => ReclaimVerdict | undefined;
}

/**
 * What fork() does with an entry before it decides. Without `wrprotect` it write-protects a shared entry afterwards.
 */
export type ForkTest = 'has-pinned' | 'ref' | 'wrprotect' | 'fence';
export type ForkOrder = 'test-first' | 'wrprotect-first' | readonly ForkTest[];

/** Mechanisms a kernel has or has not; an overlay sets the ones it changes. */
export interface Traits {
  /** Does FOLL_PIN mark the mm, and which one when another task asks? `current` is the posted v2's mistake. */
  readonly hasPinned: 'no' | 'target' | 'current';
  /** v2: write-protect the parent's entry, then look for pins. Merged: look, then write-protect. */
  readonly forkOrder: ForkOrder;
  /** fork() holds write_protect_seq odd around the copy of a COW mapping, and fast GUP retries. */
  readonly writeProtectSeq: boolean;
  /** For hugetlb mappings too. @kernel 623a1ddfeb23 hugetlb: take write_protect_seq in copy_hugetlb_page_range */
  readonly hugetlbWriteProtectSeq: boolean;
  /** FOLL_PIN sets has_pinned before it looks at a page, or not until it has the page's reference (no kernel did). */
  readonly hasPinnedSet: 'first' | 'after-grab';
  /** Which of fast GUP's two looks at write_protect_seq it takes; all kernels that have it take both. */
  readonly gupSeqChecks: 'both' | 'first' | 'last';
  /** Unmapping an exclusive page (reclaim, KSM): clear the entry, look for pins again, only then take the mark away. */
  readonly unmapRechecks: boolean;
  /**
   * The two full barriers that go with it.
   * @kernel 088b8aa537c2 mm: fix PageAnonExclusive clearing racing with concurrent RCU GUP-fast
   */
  readonly exclusiveBarriers: boolean;
  /** The early copy joins the LRU. The posted v2 forgot it. */
  readonly earlyCopyLru: boolean;
  /** The early copy starts young. */
  readonly earlyCopyYoung: boolean;
  /** A hugetlb early copy is writable even where its VMA is not (H9). */
  readonly hugetlbCopyIgnoresVma: boolean;
  /** PG_anon_exclusive is maintained. */
  readonly anonExclusive: boolean;
  /**
   * A load from untouched anonymous memory maps the zero page, small or huge. On machines that forbid it, it gets a
   * page as
   * a store does; `by-split`: there the split of a THP (`splitDropsZeroes`) maps it all the same.
   * @kernel include/linux/pgtable.h mm_forbids_zeropage()
   */
  readonly zeroPage: 'mapped' | 'by-split' | 'forbidden';
  /** A write to the huge zero page splits the PMD, or gets a THP at once. */
  readonly hugeZeroWrite: 'split' | 'thp';
  /** mprotect() that adds write permission: entries of exclusive pages become writable at once, or never. */
  readonly mprotectWritable: 'never' | 'exclusive';
  /**
   * Swap-in for a write keeps a page that nobody else maps or has an entry of, or only one that nobody refers to
   * either (5.18+).
   */
  readonly swapInReuse: 'mappings' | 'references';
  /** MADV_DONTNEED works on hugetlb mappings (5.18+). */
  readonly hugetlbDontneed: boolean;
  /**
   * A VMA without anonymous pages takes one with them in when they merge (seen in 6.18), not only the other way round.
   */
  readonly mergesIntoEmpty: boolean;
  /** MADV_DOFORK works on hugetlb mappings (not in 7.2). */
  readonly hugetlbDofork: boolean;
  /** A page table that MADV_DONTNEED empties is freed, and a THP may take its place. */
  readonly freesEmptyTables: boolean;
  /** A THP that is split for good maps the zero page where it held nothing but zeroes (6.12+). */
  readonly splitDropsZeroes: boolean;
  /**
   * A hugetlb page that leaves the mapping it was promised to is promised to it again (6.12, seen on 6.18); before,
   * the promise is used up.
   */
  readonly hugetlbRestores: boolean;
  /**
   * mprotect() that takes the write permission off memory never touched gives its commit charge back, so it merges
   * with untouched memory only (6.7+).
   */
  readonly mprotectUncharges: boolean;
}

export const NAIVE_TRAITS: Traits = { hasPinned: 'no', forkOrder: 'test-first', writeProtectSeq: false,
  hugetlbWriteProtectSeq: false, hasPinnedSet: 'first', gupSeqChecks: 'both', unmapRechecks: false,
  exclusiveBarriers: false, earlyCopyLru: true, earlyCopyYoung: false, hugetlbCopyIgnoresVma: false,
  anonExclusive: false, zeroPage: 'mapped', hugeZeroWrite: 'split', mprotectWritable: 'never', swapInReuse: 'mappings',
  hugetlbDontneed: false, mergesIntoEmpty: false, hugetlbDofork: true, freesEmptyTables: false, splitDropsZeroes: false,
  hugetlbRestores: false, mprotectUncharges: false };

/** One overlay with its options filled in. */
export interface Overlay {
  readonly id: string;
  readonly hooks: PolicyHooks;
  readonly traits?: Partial<Traits>;
  /** Words of the world that this overlay keeps for itself. */
  readonly memoryWords?: number;
}
