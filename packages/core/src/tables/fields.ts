/** Field numbers of the record tables. Field 0 is always "live". Units: page numbers (vpn) and counts of base pages. */

export const MM = {
  LIVE: 0,
  /** Tasks that run in this mm (CLONE_VM). @kernel include/linux/mm_types.h mm_users */
  USERS: 1,
  /** Number of the top-level page table; -1 before the first entry is needed. */
  PGD: 2,
  /** The VMAs in address order: heap block and its size; `map_count` of them are in use. */
  VMAS: 3,
  VMAS_CAP: 4,
  MAP_COUNT: 5,
  RSS_ANON: 6,
  RSS_FILE: 7,
  RSS_SHMEM: 8,
  RSS_SWAP: 9,
  /** Sticky, set by any FOLL_PIN attempt, not inherited. @kernel 008cfe4418b3 mm: Introduce mm_struct.has_pinned */
  HAS_PINNED: 10,
  /**
   * Odd while fork() copies a COW mapping of this mm.
   * @kernel 57efa1fe5957 mm/gup: prevent gup_fast from racing with COW during fork
   */
  WRITE_PROTECT_SEQ: 11,
  LOCKED: 12,
  BRK_START: 13,
  BRK: 14,
  /** Page tables of all levels, as VmPTE counts them. */
  NR_TABLES: 15,
  /** The mm this one was forked from, plus one; 0 for none. */
  PARENT: 16,
  /**
   * Written only where paths run at the same time: readers, or -1 for a writer.
   * @kernel include/linux/mm_types.h mmap_lock
   */
  MMAP_LOCK: 17,
  /**
   * 1 while held. One for all page tables of the mm, as without split locks.
   * @kernel include/linux/mm.h pte_lockptr()
   */
  PTL: 18,
  /** Counts the TLB flushes that other CPUs wait for. */
  TLB_GEN: 19,
  /** Its userfaultfd: none, one that children know nothing of, or one that follows into children. */
  UFFD: 20,
  /** Its place among the mms that ksmd goes through; 0: it is none of them. @kernel mm/ksm.c ksm_mm_head */
  KSM: 21,
  WIDTH: 22,
} as const;

export const UFFD = { none: 0, alone: 1, forks: 2 } as const;

export const VMA = {
  LIVE: 0,
  MM: 1,
  START: 2,
  END: 3,
  FLAGS: 4,
  /** 0 for anonymous memory. */
  FILE: 5,
  PGOFF: 6,
  /** 0 until the first anonymous page of this VMA exists; unique per root otherwise. */
  ANON_VMA: 7,
  /**
   * Written only where paths run at the same time: faults that read it, or -1 for a writer.
   * @kernel include/linux/mm_types.h vm_lock, vm_lock_seq
   */
  LOCK: 8,
  WIDTH: 9,
} as const;

/** @kernel include/linux/mm.h (names; the bit positions are ours) */
export const VM_READ = 1;
export const VM_WRITE = 2;
export const VM_EXEC = 4;
/** Without any of them a mapping is PROT_NONE. @kernel include/linux/mm.h VM_ACCESS_FLAGS */
export const VM_ACCESS = VM_READ | VM_WRITE | VM_EXEC;
export const VM_SHARED = 8;
export const VM_MAYREAD = 16;
export const VM_MAYWRITE = 32;
export const VM_MAYEXEC = 64;
export const VM_MAYSHARE = 128;
export const VM_PFNMAP = 512;
export const VM_IO = 1024;
export const VM_LOCKED = 2048;
export const VM_DONTCOPY = 4096;
export const VM_DONTEXPAND = 8192;
export const VM_ACCOUNT = 16384;
export const VM_HUGETLB = 32768;
export const VM_WIPEONFORK = 65536;
export const VM_MIXEDMAP = 131072;
export const VM_HUGEPAGE = 262144;
export const VM_NOHUGEPAGE = 524288;
export const VM_MERGEABLE = 1048576;
/** This VMA came from fork() with anonymous pages: its anon_vma hangs on its parent's, so it does not merge freely. */
export const VM_FORKED = 8388608;
/** hugetlb: the pool promised pages to this mapping; fork() does not hand the promise on. */
export const VM_RESERVED = 2097152;
/**
 * hugetlb: a page of this mapping was taken back for the one it was promised to. Missing pages are SIGBUS from then on,
 * rather than zeroes that would look like lost data. @kernel mm/hugetlb.c HPAGE_RESV_UNMAPPED
 */
export const VM_TAKEN_BACK = 4194304;

/**
 * Guards were installed here, so fork() copies the entries whether or not there is an anon_vma. VMAs merge regardless.
 * @kernel include/linux/mm.h VM_MAYBE_GUARD
 */
export const VM_MAYBE_GUARD = 16777216;

/**
 * /proc/PID/clear_refs was written to since the mapping came to be, so its entries say which pages are soft-dirty.
 * @kernel include/linux/mm.h VM_SOFTDIRTY, of which this is the contrary
 */
export const VM_SOFT_CLEAN = 33554432;

/**
 * A userfaultfd is told of touches of pages that are not there, of stores to pages that it protects.
 * @kernel include/linux/mm.h VM_UFFD_MISSING, VM_UFFD_WP
 */
export const VM_UFFD_MISSING = 67108864;
export const VM_UFFD_WP = 134217728;
/** That userfaultfd follows its mappings into children. @kernel fs/userfaultfd.c dup_userfaultfd() */
export const VM_UFFD_FORKS = 268435456;
export const VM_UFFD = VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_FORKS;

/** A private mapping, whether or not it may be written right now. @kernel include/linux/mm.h is_cow_mapping() */
export const isCowMapping = (flags: number): boolean => (flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;

export const TASK = { LIVE: 0, MM: 1, PARENT: 2, WIDTH: 4 } as const;

export const PIN = {
  LIVE: 0,
  /** FOLL_* of the request. */
  FLAGS: 1,
  /** The mm the pages were taken from, and which mm record that was (its id may be used again): see OWNER_GONE. */
  MM: 2,
  VPN: 3,
  NR: 4,
  /** Heap block with one page frame number per page, in order. */
  PFNS: 5,
  DEVICE: 6,
  /** 1 once the owning mm is gone: the pin lives on, nobody sees its pages through an mm of its own. */
  OWNER_GONE: 7,
  WIDTH: 8,
} as const;

/** @kernel include/linux/mm_types.h (names; the bit positions are ours) */
export const FOLL_WRITE = 1;
export const FOLL_GET = 2;
export const FOLL_PIN = 4;
export const FOLL_LONGTERM = 8;
export const FOLL_FORCE = 16;
export const FOLL_FAST_ONLY = 32;

export const DEVICE = { LIVE: 0, KIND: 1, LOADS: 2, STORES: 3, WIDTH: 4 } as const;

export const FILE = {
  LIVE: 0,
  KIND: 1,
  /** Size in base pages. */
  NR: 2,
  /** The page cache as a radix tree of the same nodes as page tables; -1 before its first page. */
  ROOT: 3,
  /** What page k holds on the medium: (VALUE + STEP * k) & 0xff. */
  VALUE: 4,
  STEP: 5,
  NR_CACHED: 6,
  /**
   * VMAs that map it, plus one while somebody holds it open: a shmem file behind MAP_ANONYMOUS goes with its last VMA.
   */
  USERS: 7,
  /** A DAX file is one folio of device memory: its head frame plus one. */
  DAX_HEAD: 8,
  WIDTH: 10,
} as const;

export const FILE_KIND = { memfd: 1, regular: 2, hugetlb: 3, dax: 4 } as const;

export const SWAP = {
  LIVE: 0,
  /** PTEs that hold this entry. @kernel mm/swapfile.c swap_map */
  COUNT: 1,
  /** Page in the swap cache plus one; 0 when it is only on the medium. */
  CACHE: 2,
  STAMP: 3,
  WIDTH: 4,
} as const;
