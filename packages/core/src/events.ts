/**
 * What happened. A fact covers a *run* of `nr` pages that met the same fate, the grain at which the kernel itself works
 * (copy_present_ptes), and it carries every choice that was made: which frame, which record, which table. So a log can
 * be replayed by code that knows no policy.
 *
 * A run never crosses the page table it is in, as the kernel never holds more than one PTE lock for a range.
 */

import type { ThpEnabled } from './tables/header.ts';

/** Distributes over Type: two names are two members of the union. */
type Message<Type extends string, Data> = Type extends string ? Readonly<{ type: Type } & Data> : never;
/** `nr` base pages from `vpn` on in address space `mm`. */
interface Run {
  mm: number;
  vpn: number;
  nr: number;
}
/** The same pages in the forking mm and in its child. */
interface ForkRun {
  from: number;
  to: number;
  vpn: number;
  nr: number;
}

export type MachineEvent =
  /** Kinds of allocations of which the next one fails, and of which all do, a bit each. */
  | Message<'AllocationsFail', { once: number; always: number }>
  | Message<'PoolSet', { hugetlb: number; pagesLimit: number }>
  | Message<'FoliosSet', { thp: ThpEnabled; always: number; madvise: number; inherit: number }>
  /** Huge pages promised to a mapping (or, negative, given back). @kernel mm/hugetlb.c hugetlb_reserve_pages() */
  | Message<'HugetlbReserved', { nr: number }>
  /**
   * The page leaves the mapping it was promised to; once it is free the pool owes it again.
   * @kernel include/linux/hugetlb.h HPG_restore_reserve
   */
  | Message<'HugetlbRestoreMarked', { pfn: number }>
  | Message<'FileCreated', { file: number; kind: number; nr: number; base: number; step: number; open: boolean }>
  | Message<'DaxMemoryAdded', { file: number; pfn: number; folio: number; nr: number }>
  /** A policy wrote into its own words. */
  | Message<'PolicyRemembered', { word: number; value: number }>
  | Message<'TaskStarted', { task: number; mm: number; parent: number }>
  | Message<'TaskExited', { task: number }>
  | Message<'TaskMovedToMm', { task: number; mm: number }>;

export type MmEvent =
  | Message<'MmCreated', { mm: number; from: number }>
  | Message<'MmDestroyed', { mm: number }>
  /** Its place among those that ksmd goes through; 0: it is none of them. @kernel mm/ksm.c __ksm_enter() */
  | Message<'KsmEntered', { mm: number; order: number }>
  /** @kernel fs/userfaultfd.c new_userfaultfd(), dup_userfaultfd() */
  | Message<'UffdOpened', { mm: number; forks: boolean }>
  | Message<'BrkMoved', { mm: number; start: number; brk: number }>
  /** @kernel 008cfe4418b3 mm: Introduce mm_struct.has_pinned */
  | Message<'HasPinnedSet', { mm: number }>
  /** @kernel 57efa1fe5957 mm/gup: prevent gup_fast from racing with COW during fork */
  | Message<'WriteProtectSeqMoved', { mm: number; seq: number }>
  | Message<'PageTableAllocated', { mm: number; level: number; vpn: number; node: number }>
  /** Tables that hold nothing between two VMAs. @kernel mm/memory.c free_pgtables() */
  | Message<'PageTablesFreed', { mm: number; floor: number; ceiling: number }>;

export type VmaEvent =
  | Message<'VmaMapped',
    { mm: number; vma: number; start: number; end: number; flags: number; file: number; pgoff: number }>
  | Message<'VmaUnmapped', { mm: number; vma: number }>
  | Message<'VmaSplit', { mm: number; vma: number; at: number; into: number }>
  | Message<'VmasMerged', { mm: number; vma: number; gone: number }>
  | Message<'VmaResized', { mm: number; vma: number; start: number; end: number }>
  | Message<'VmaFlagsChanged', { mm: number; vma: number; flags: number }>
  | Message<'AnonVmaPrepared', { mm: number; vma: number; anonVma: number }>
  /** fork() duplicated a VMA: `anonVma` 0 for none, flags as the child has them. @kernel kernel/fork.c dup_mmap() */
  | Message<'VmaCopied', { from: number; to: number; src: number; vma: number; flags: number; anonVma: number }>;

export type FaultEvent =
  | Message<'ZeroPagesMapped', Run>
  | Message<'HugeZeroMapped', { mm: number; vpn: number }>
  /** Fresh zeroed anonymous pages, frames `pfn` on. @kernel mm/memory.c do_anonymous_page() */
  | Message<'AnonPagesMapped', Run & { pfn: number; write: boolean; exclusive: boolean }>
  /**
   * A zeroed folio between a page and a PMD (`nr` base pages), mapped by as many PTEs: frames `pfn` on.
   * @kernel mm/memory.c alloc_anon_folio()
   */
  | Message<'AnonFolioMapped', Run & { pfn: number; folio: number; write: boolean; exclusive: boolean }>
  /** One huge page at PMD level (`nr` base pages): THP or hugetlb; `reserved`: a page the pool had promised. */
  | Message<'HugePageMapped',
    Run & { pfn: number; folio: number; hugetlb: boolean; write: boolean; exclusive: boolean; reserved: boolean }>
  | Message<'PageCacheFilled', { file: number; index: number; nr: number; pfn: number }>
  /**
   * Those of the window that the page cache holds and nothing is mapped over yet.
   * @kernel mm/memory.c do_fault_around()
   */
  | Message<'FilePagesMapped', Run & { file: number; index: number; write: boolean; dirty: boolean }>
  /** A DAX file's memory, mapped by one PUD. @kernel mm/huge_memory.c vmf_insert_pfn_pud() */
  | Message<'HugePudMapped', { mm: number; vpn: number; file: number }>
  /** do_cow_fault: a private file page is copied before it was ever mapped. */
  | Message<'FilePageCopied',
    { mm: number; vpn: number; file: number; index: number; pfn: number; write: boolean; exclusive: boolean }>
  /** @kernel mm/memory.c wp_page_copy() */
  | Message<'CowBroken', Run & { pfn: number; write: boolean; exclusive: boolean }>
  | Message<'HugeCowBroken',
    { mm: number; vpn: number; pfn: number; folio: number; write: boolean; exclusive: boolean }>
  /** The page stays: its entry becomes writable (`write`), and exclusive where kernels know that bit. */
  | Message<'CowReused', { mm: number; vpn: number; nr: number; write: boolean; exclusive: boolean }>
  | Message<'PmdSplit', { mm: number; vpn: number }>
  /** A huge PUD is cleared and refaulted later. @kernel mm/huge_memory.c __split_huge_pud() */
  | Message<'PudCleared', { mm: number; vpn: number }>
  | Message<'PtesAccessed', Run & { dirty: boolean }>
  | Message<'PtesZapped', Run>
  /** @kernel mm/mprotect.c change_pte_range() */
  | Message<'PtesProtected', Run & { write: boolean; none: boolean }>
  | Message<'PtesMoved', { mm: number; vpn: number; to: number; nr: number }>;

export type StoreEvent =
  | Message<'PagesStored', Run & { value: number }>
  | Message<'DeviceStored', { pin: number; index: number; value: number }>
  | Message<'DeviceLoaded', { pin: number; index: number }>
  /** A store through a transient pin. */
  | Message<'RemoteStored', { mm: number; vpn: number; pfn: number; value: number }>;

export type PinEvent =
  | Message<'PinOpened', { pin: number; mm: number; vpn: number; nr: number; flags: number; device: number }>
  /** `nr` pages of the request, the first of them number `index`, were taken: frames `pfn` on. */
  | Message<'PagesPinned', { pin: number; index: number; nr: number; pfn: number }>
  | Message<'PagesUnpinned', { pin: number; index: number; nr: number }>
  | Message<'PinClosed', { pin: number }>;

/** What the kernel does to pages behind the backs of processes. */
export type BackgroundEvent =
  /** MADV_FREE: the next reclaim may drop these instead of writing them out. @kernel mm/swap.c folio_mark_lazyfree() */
  | Message<'PagesMarkedLazyfree', Run>
  /** Reclaim found such a page dirtied or referred to, so it is an ordinary page again. */
  | Message<'LazyfreeTakenBack', { mm: number; vpn: number }>
  /** A large folio becomes small pages; those that nobody maps are free. @kernel mm/huge_memory.c __folio_split() */
  | Message<'FolioSplit', { pfn: number; nr: number }>
  /**
   * Pages full of zeroes go, and the zero page takes their place.
   * @kernel mm/migrate.c try_to_map_unused_to_zeropage()
   */
  | Message<'ZeroFilledPagesDropped', Run>
  /** @kernel mm/ksm.c write_protect_page() */
  | Message<'KsmPageMade', { mm: number; vpn: number }>
  /**
   * Nobody joined it: for those that map it beside the one it was made for, it is an ordinary page again.
   * @simplifies mm/ksm.c break_cow(), which leaves it to be copied when they write to it
   */
  | Message<'KsmPageLeft', { pfn: number }>
  /** @kernel mm/ksm.c replace_page() */
  | Message<'KsmPageShared', { mm: number; vpn: number; pfn: number }>
  /**
   * An entry that mapped frame `from` maps `to` as it did before; the first of them (`fresh`) brings the contents
   * over.
   * @kernel mm/migrate.c remove_migration_pte()
   */
  | Message<'PteMigrated', { mm: number; vpn: number; from: number; pfn: number; fresh: boolean }>
  /** @kernel mm/khugepaged.c collapse_huge_page() */
  | Message<'HugePageCollapsed',
    { mm: number; vpn: number; nr: number; pfn: number; folio: number; write: boolean; none: boolean;
      exclusive: boolean }>;

export type SwapEvent =
  | Message<'PageSwappedOut', { mm: number; vpn: number; slot: number; exclusive: boolean }>
  | Message<'PageAddedToSwapCache', { mm: number; vpn: number; slot: number }>
  /** The page of the slot leaves; with the first slot of a large folio, all of its pages do. */
  | Message<'SwapCacheFreed', { slot: number }>
  /** A page of a shmem file that only the page cache has. @kernel mm/shmem.c shmem_writeout() */
  | Message<'CachedPageSwappedOut', { file: number; index: number; slot: number }>
  /** `fresh`: read in, or, where the swap cache has a page for the slot, a copy of that. */
  | Message<'PageSwappedIn',
    { mm: number; vpn: number; slot: number; pfn: number; fresh: boolean; write: boolean; exclusive: boolean;
      freeSlot: boolean }>;

/** Entries of pages that are not there. */
export type MarkerEvent =
  /** @kernel mm/madvise.c guard_install_set_pte(), guard_remove_pte_entry() */
  | Message<'GuardsInstalled' | 'GuardsRemoved', Run>
  /**
   * Present entries are read-only now, so that the next store shows.
   * @kernel fs/proc/task_mmu.c clear_soft_dirty(), mm/mprotect.c change_pte_range() MM_CP_UFFD_WP
   */
  | Message<'PtesWatched' | 'PtesUnwatched', Run>
  /** @kernel mm/memory.c copy_nonpresent_pte() */
  | Message<'MarkersCopied', ForkRun>;

export type ForkEvent =
  /**
   * Both map the same frames from now on; with `wrprotect`, neither may write.
   * @kernel mm/memory.c copy_present_ptes()
   */
  | Message<'PtesShared', ForkRun & { wrprotect: boolean; clean: boolean; exclusiveCleared: boolean }>
  /**
   * The child gets copies, frames `pfn` on (`none`: PROT_NONE entries); the parent keeps its pages and its entries.
   * @kernel mm/memory.c copy_present_page()
   */
  | Message<'PagesCopied',
    ForkRun & { pfn: number; write: boolean; none: boolean; lru: boolean; young: boolean; exclusive: boolean }>
  | Message<'SwapPtesShared', ForkRun>
  | Message<'HugePmdShared', { from: number; to: number; vpn: number; wrprotect: boolean; exclusiveCleared: boolean }>
  | Message<'HugePudShared', { from: number; to: number; vpn: number; wrprotect: boolean }>
  | Message<'HugePageCopied',
    { from: number; to: number; vpn: number; pfn: number; folio: number; write: boolean; none: boolean;
      exclusive: boolean }>;

/**
 * Facts finer than a run: one atomic step of a path each. They change the world while a path is interleaved or traced;
 * the log holds the run they add up to, which a property test holds equal to them.
 */
export type StepEvent =
  | Message<'PteWrprotected', { mm: number; vpn: number }>
  /** The posted v2 series puts its snapshot of the entry back. */
  | Message<'PteRestored', { mm: number; vpn: number; pte: number }>
  /** Reference and mapcount for the child's mapping. @kernel mm/memory.c page_dup_rmap() */
  | Message<'PageDuped', { mm: number; pfn: number; exclusiveCleared: boolean }>
  | Message<'ChildPteSet', { mm: number; vpn: number; pte: number }>
  | Message<'PagePreallocated', { pfn: number }>
  | Message<'PreallocFreed', { pfn: number }>
  /** A fault's copy, before it is mapped: the bytes are those of this moment. @kernel mm/memory.c wp_page_copy() */
  | Message<'PageCopyMade', { pfn: number; from: number }>
  /** The copy takes the place of the page; the reference that held it becomes the mapping's. */
  | Message<'PageCopyMapped', { mm: number; vpn: number; pfn: number; write: boolean; exclusive: boolean }>
  | Message<'PreallocCopied',
    ForkRun & { pfn: number; write: boolean; none: boolean; lru: boolean; young: boolean; exclusive: boolean }>
  /** try_grab_folio: the count alone, before the entry is read again. */
  | Message<'PageGrabbed', { pfn: number; flags: number }>
  | Message<'PageUngrabbed', { pfn: number; flags: number }>
  | Message<'PinNoted', { pin: number; index: number; pfn: number }>
  /**
   * The entry is gone from the page table, its mapping still counted.
   * @kernel mm/rmap.c try_to_unmap_one(), mm/ksm.c write_protect_page()
   */
  | Message<'PteCleared', { mm: number; vpn: number }>
  /** @kernel include/linux/rmap.h folio_try_share_anon_rmap_pte() */
  | Message<'ExclusiveCleared', { pfn: number }>
  /** In place of the entry that was cleared, whose mapping goes. */
  | Message<'SwapPteSet', { mm: number; vpn: number; pfn: number; slot: number; exclusive: boolean }>
  /** Only where paths run at the same time. `by` is what the lock's word changes by: a reader adds 1, a writer -1. */
  | Message<'LockTaken' | 'LockDropped', { mm: number; lock: Lock; by: number }>
  /**
   * The lock of one VMA, only where paths run at the same time. Writers hold mmap_lock too and give all VMAs back at once.
   * @kernel include/linux/mmap_lock.h vma_start_read(), vma_end_read(), vma_start_write(), vma_end_write_all()
   */
  | Message<'VmaReadLocked' | 'VmaReadUnlocked' | 'VmaWriteLocked', { mm: number; vma: number }>
  | Message<'VmaWritesUnlocked', { mm: number }>
  /** No CPU has old entries of this mm any more. @kernel kernel/fork.c dup_mmap() flush_tlb_mm() */
  | Message<'TlbFlushed', { mm: number }>
  /** A store through an entry that the CPU still has in its TLB. */
  | Message<'StoredByTlb', { pfn: number; value: number }>;

/** As reader or writer; and the one of all page tables of an mm. */
export type Lock = 'mmap_lock' | 'ptl';

export type Event = MachineEvent | MmEvent | VmaEvent | FaultEvent | StoreEvent | PinEvent | SwapEvent | BackgroundEvent
  | MarkerEvent | ForkEvent | StepEvent;
export type EventType = Event['type'];
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;

/** The end of a closed union: the compiler refuses a new member until it is handled. */
export function assertNever(value: never): never {
  throw new RangeError(`unknown message ${JSON.stringify(value)}`);
}
