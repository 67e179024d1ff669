/**
 * One page table entry in 32 bits. A present leaf has its page frame number in bits 8-31 (16 million frames, 64 GiB of
 * modelled memory); an entry of an upper level either is such a leaf (HUGE) or holds the number of the next table.
 */

export const PTE_PRESENT = 1;
export const PTE_WRITE = 2;
export const PTE_YOUNG = 4;
export const PTE_DIRTY = 8;
/** No normal struct page behind it: the zero page. @kernel mm/memory.c vm_normal_page() */
export const PTE_SPECIAL = 16;
export const PTE_PROTNONE = 32;
/** A leaf above level 0: a PMD- or PUD-mapped folio. */
export const PTE_HUGE = 64;
/**
 * Somebody waits for the next store, so the entry is read-only: it is not soft-dirty; or, in a mapping that a
 * userfaultfd watches for stores, it is write-protected for that. One bit for the two, of which a mapping has one.
 * @simplifies the soft-dirty bit of memory that a userfaultfd watches for stores is not kept
 */
export const PTE_WATCHED = 128;
const PTE_FLAGS = 0xff;
export const PFN_SHIFT = 8;
/** What one page frame further means for an entry. */
export const PFN_UNIT = 1 << PFN_SHIFT;

/** Swap entries are not present but not none either: bit 1 set, offset in bits 8-31, bit 2 = exclusive. */
const SWAP_TYPE = 2;
const SWAP_EXCLUSIVE = 4;

/**
 * What is neither there nor swapped, but said all the same: a guard, whose page nobody may touch.
 * @kernel include/linux/leafops.h, before: include/linux/swapops.h PTE_MARKER_GUARD
 */
export const MARKER_GUARD = 32;

export const pfnOf = (pte: number): number => pte >>> PFN_SHIFT;
export const flagsOf = (pte: number): number => pte & PTE_FLAGS;
export const makePte = (pfn: number, flags: number): number => (pfn << PFN_SHIFT) | flags;

export const isNone = (pte: number): boolean => pte === 0;
export const isPresent = (pte: number): boolean => (pte & PTE_PRESENT) !== 0;
export const isWritable = (pte: number): boolean => (pte & PTE_WRITE) !== 0;
export const isWatched = (pte: number): boolean => (pte & (PTE_PRESENT | PTE_WATCHED)) === (PTE_PRESENT | PTE_WATCHED);
export const isSpecial = (pte: number): boolean => (pte & PTE_SPECIAL) !== 0;
export const isHuge = (pte: number): boolean => (pte & (PTE_PRESENT | PTE_HUGE)) === (PTE_PRESENT | PTE_HUGE);
/** An upper-level entry that points to a table. */
export const isTable = (entry: number): boolean => (entry & (PTE_PRESENT | PTE_HUGE)) === PTE_PRESENT;

export const makeSwapPte = (slot: number, exclusive: boolean): number =>
  (slot << PFN_SHIFT) | SWAP_TYPE | (exclusive ? SWAP_EXCLUSIVE : 0);
export const isSwap = (pte: number): boolean => (pte & PTE_PRESENT) === 0 && (pte & SWAP_TYPE) !== 0;
export const swapSlotOf = (pte: number): number => pte >>> PFN_SHIFT;
export const isSwapExclusive = (pte: number): boolean => isSwap(pte) && (pte & SWAP_EXCLUSIVE) !== 0;
export const sharedSwapPte = (pte: number): number => pte & ~SWAP_EXCLUSIVE;
export const isMarker = (pte: number): boolean => pte !== 0 && (pte & (PTE_PRESENT | SWAP_TYPE)) === 0;
export const isGuard = (pte: number): boolean => isMarker(pte) && (pte & MARKER_GUARD) !== 0;
