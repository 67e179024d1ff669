/** The mechanisms in which kernels differ without asking a policy, and what each of them may be. */

/**
 * What fork() does with an entry before it decides. Without `wrprotect` it write-protects a shared entry afterwards.
 */
export const FORK_TESTS = ['wrprotect', 'has-pinned', 'ref', 'fence'] as const;
export type ForkTest = (typeof FORK_TESTS)[number];
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
  /**
   * Fast GUP adds the pin of a small page by the very atomic that takes the reference, which is ordered with all
   * around it; or by a relaxed one after that.
   * @kernel c24d37322548 mm/gup: fix try_grab_compound_head() race with split_huge_page()
   */
  readonly pinAdd: 'whole' | 'apart';
  /** The early copy joins the LRU. The posted v2 forgot it. */
  readonly earlyCopyLru: boolean;
  /** The early copy starts young. */
  readonly earlyCopyYoung: boolean;
  /** A hugetlb early copy is writable even where its VMA is not (H9). */
  readonly hugetlbCopyIgnoresVma: boolean;
  /** PG_anon_exclusive is maintained. */
  readonly anonExclusive: boolean;
  /**
   * A load from untouched anonymous memory maps the zero page, small or huge. On machines that forbid it, it gets
   * a page
   * as a store does; `by-split`: there the split of a THP (`splitDropsZeroes`) maps it all the same.
   * @kernel include/linux/pgtable.h mm_forbids_zeropage()
   */
  readonly zeroPage: 'mapped' | 'by-split' | 'forbidden';
  /**
   * The split of a PMD holds the lock of the page, as the write fault that sums up its mapcounts does.
   * @kernel c444eb564fb1 mm: thp: make the THP mapcount atomic against __split_huge_pmd_locked()
   */
  readonly pmdSplitLocksPage: boolean;
  /**
   * What a fault that need not change its VMA locks, to read: mmap_lock; the VMA where it is anonymous; the VMA.
   * @kernel arch/x86/mm/fault.c do_user_addr_fault(), mm/memory.c lock_vma_under_rcu()
   */
  readonly faultLock: 'mmap' | 'anonymous-vma' | 'vma';
  /**
   * fork() locks each VMA of the parent before it copies it, as all who change VMAs do where faults lock no more.
   * @kernel fb49c455323f fork: lock VMAs of the parent process when forking
   */
  readonly forkLocksVmas: boolean;
  /**
   * How /proc/PID/clear_refs holds mmap_lock while it write-protects entries.
   * @kernel 29a951dfb3c3 mm: fix clear_refs_write locking
   */
  readonly clearRefsLock: 'mmap-read' | 'mmap-write';
  /** It leaves small pages alone that may be pinned, and with them their soft-dirty bit. */
  readonly clearRefsSparesPins: boolean;
  /**
   * A folio that is split brings its dirty entries back as dirty, which makes them soft-dirty (6.1+).
   * @kernel mm/migrate.c remove_migration_pte()
   */
  readonly splitKeepsDirty: boolean;
  /** A write to the huge zero page splits the PMD, or gets a THP at once. */
  readonly hugeZeroWrite: 'split' | 'thp';
  /**
   * mprotect() that adds write permission: entries of exclusive pages become writable at once, if they are
   * dirty (6.0, 6.1) or in any case; or never. @kernel mm/mprotect.c can_change_pte_writable()
   */
  readonly mprotectWritable: 'never' | 'exclusive-dirty' | 'exclusive';
  /**
   * Swap-in for a write keeps a page that nobody else maps or has an entry of, or only one that nobody refers to
   * either (5.18+).
   */
  readonly swapInReuse: 'mappings' | 'references';
  /**
   * There is no MADV_COLLAPSE, one that wants one writable entry at least (6.1+), or one that wants none (6.18+).
   * @kernel mm/khugepaged.c SCAN_PAGE_RO
   */
  readonly madviseCollapse: 'no' | 'writable' | 'any';
  /** What MADV_COLLAPSE comes to of a range that is too short and lies on no edge of a huge page (0 in 7.3). */
  readonly collapseOfNone: 'EINVAL' | 'ok';
  /** A buffer that is registered may lie in mappings of several files, or of one or none (6.1). */
  readonly registrationFiles: 'any' | 'one';
  /**
   * A forced write to read-only private hugetlb memory makes the entry writable, whatever the mapping (5.10); it is
   * refused (6.1); it copies the page and leaves the entry read-only (6.16).
   */
  readonly hugetlbForced: 'writable' | 'refused' | 'copied';
  /**
   * A swap fault that finds a large folio in the swap cache maps its first page, and copies any other one (until 6.5);
   * maps the page; maps all of it where all of its entries are there (6.11+).
   * @kernel mm/memory.c do_swap_page(), mm/ksm.c ksm_might_need_to_copy()
   */
  readonly swapInLarge: 'head' | 'page' | 'whole';
  /**
   * Pages of zeroes are written out as all are, or only taken note of (6.12+), so that the page is free at once.
   * @kernel mm/page_io.c swap_writeout()
   */
  readonly swapZeroes: 'written' | 'noted';
  /** MADV_DONTNEED works on hugetlb mappings (5.18+). */
  readonly hugetlbDontneed: boolean;
  /**
   * A VMA without anonymous pages takes one with them in when they merge (seen in 6.18), not only the other way
   * round.
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
  /**
   * Reclaim drops a lazy-free page that is clean, or only one that nobody but its mappings refers to (5.18+). One that
   * stays is an ordinary page again, or (`if-dirty`, 6.15+) only where it was stored to.
   * @kernel mm/rmap.c try_to_unmap_one()
   */
  readonly lazyfreeReclaim: 'dirty' | 'references' | 'if-dirty';
  /**
   * By whom MADV_FREE of part of a large folio takes it to be mapped: the page at hand (until 6.2), the whole folio
   * (6.3), its first page (6.5), a guess from all of its mappings (6.10), the mms that map it (6.15+).
   * @kernel mm/madvise.c madvise_free_pte_range()
   */
  readonly freeAsks: 'page' | 'folio' | 'first-page' | 'likely' | 'mm-ids';
  /**
   * mremap() that shrinks only unmaps the tail, or first wants its start to be mapped as any other (5.16+). Until then
   * it moved no hugetlb mappings, and emptied the new place before it looked at the old one at all.
   */
  readonly mremapShrink: 'unmaps' | 'looks-first';
  /**
   * mremap() to a place of the caller's choice moves one mapping, or all that lie in a range that keeps its length
   * (6.17+). Until then it emptied the new place before it looked whether the old one is one mapping: seen on 6.1, 6.12
   * and 6.16, not on 6.17.
   */
  readonly mremapMoves: 'one' | 'many';
  /**
   * MADV_GUARD_INSTALL: unknown, for writable anonymous memory (6.13+), or for files too (6.15+).
   * @kernel mm/madvise.c is_valid_guard_vma()
   */
  readonly guardRegions: 'none' | 'anonymous' | 'all';
  /** By what fork() knows that entries are to be copied: an anon_vma, or a flag of the VMA (VM_MAYBE_GUARD, 6.19+). */
  readonly guardsMark: 'anon-vma' | 'flag';
  /** UFFDIO_WRITEPROTECT of a range: it lies in one mapping, or in any number of them (6.4+). */
  readonly uffdProtects: 'one' | 'many';
  /** Registering a buffer goes the slow way, where the VMA is asked first, or tries fast GUP before (6.10+). */
  readonly registrationGup: 'slow' | 'fast';
  /**
   * Folios of anonymous memory under PTEs: of a THP's size alone, or also of the sizes between that the machine is set
   * to (6.8+).
   * @kernel 19eaf44954df mm: thp: support allocation of anonymous multi-size THP
   */
  readonly anonFolios: 'thp' | 'sizes';
  /** fork() gives the child the writable entry of a shared hugetlb page (5.12.0 to 5.12.4). */
  readonly hugetlbChildWritable: boolean;
}

/** Of a fork order, the words; it may be a list of `FORK_TESTS` as well. */
type Word<Value> = Value extends readonly unknown[] ? never : Value;
type AllOf<Value> = [Value] extends [boolean] ? readonly [boolean, boolean] : readonly [Word<Value>, ...Word<Value>[]];

/** All that a trait may be; first what naive copy-on-write is. */
export const TRAITS = {
  hasPinned: ['no', 'target', 'current'],
  forkOrder: ['test-first', 'wrprotect-first'],
  writeProtectSeq: [false, true],
  hugetlbWriteProtectSeq: [false, true],
  hasPinnedSet: ['first', 'after-grab'],
  gupSeqChecks: ['both', 'first', 'last'],
  unmapRechecks: [false, true],
  exclusiveBarriers: [false, true],
  pinAdd: ['whole', 'apart'],
  earlyCopyLru: [true, false],
  earlyCopyYoung: [false, true],
  hugetlbCopyIgnoresVma: [false, true],
  anonExclusive: [false, true],
  zeroPage: ['mapped', 'by-split', 'forbidden'],
  pmdSplitLocksPage: [false, true],
  faultLock: ['mmap', 'anonymous-vma', 'vma'],
  forkLocksVmas: [false, true],
  clearRefsLock: ['mmap-read', 'mmap-write'],
  clearRefsSparesPins: [false, true],
  hugeZeroWrite: ['split', 'thp'],
  mprotectWritable: ['never', 'exclusive-dirty', 'exclusive'],
  splitKeepsDirty: [false, true],
  swapInReuse: ['mappings', 'references'],
  madviseCollapse: ['no', 'writable', 'any'],
  collapseOfNone: ['EINVAL', 'ok'],
  registrationFiles: ['any', 'one'],
  hugetlbForced: ['writable', 'refused', 'copied'],
  swapInLarge: ['head', 'page', 'whole'],
  swapZeroes: ['written', 'noted'],
  hugetlbDontneed: [false, true],
  mergesIntoEmpty: [false, true],
  hugetlbDofork: [true, false],
  freesEmptyTables: [false, true],
  splitDropsZeroes: [false, true],
  hugetlbRestores: [false, true],
  mprotectUncharges: [false, true],
  lazyfreeReclaim: ['dirty', 'references', 'if-dirty'],
  freeAsks: ['page', 'folio', 'first-page', 'likely', 'mm-ids'],
  mremapShrink: ['unmaps', 'looks-first'],
  mremapMoves: ['one', 'many'],
  registrationGup: ['slow', 'fast'],
  anonFolios: ['thp', 'sizes'],
  hugetlbChildWritable: [false, true],
  guardRegions: ['none', 'anonymous', 'all'],
  guardsMark: ['anon-vma', 'flag'],
  uffdProtects: ['one', 'many'],
} as const satisfies { readonly [Name in keyof Traits]: AllOf<Traits[Name]> };

/** What the table leaves out; with any, what follows fails to compile. */
type Missing = { [Name in keyof Traits]: Exclude<Word<Traits[Name]>, (typeof TRAITS)[Name][number]> }[keyof Traits];

export const NAIVE_TRAITS: Traits = Object.freeze(
  Object.fromEntries(Object.entries(TRAITS).map(([name, [first]]) => [name, first])),
) as unknown as [Missing] extends [never] ? Traits : Missing;
