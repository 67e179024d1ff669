/**
 * The shape of the page tables, as a parameter: the same code walks the four levels of 512 entries that x86-64 has
 * and the two levels of two entries in which every interleaving can still be visited.
 */

export interface Geometry {
  readonly name: string;
  /** log2 of the entries in one page table; a PMD-mapped THP has `1 << bits` base pages. */
  readonly bits: number;
  /** Number of page table levels: PTE, PMD, PUD, PGD. */
  readonly levels: number;
}

export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 1 << PAGE_SHIFT;

/** Levels as in the walk: level 0 holds PTEs, level 1 PMDs, level 2 PUDs. */
export const PUD_LEVEL = 2;

/** @kernel arch/x86/include/asm/pgtable_64_types.h (PTRS_PER_PTE, 4-level paging) */
export const X86_64: Geometry = Object.freeze({ name: 'x86-64', bits: 9, levels: 4 });

/** Small enough for exhaustive search: a huge page is `1 << bits` pages, the address space `1 << bits * levels`. */
export function toyGeometry(bits: 1 | 2 = 2, levels: 2 | 3 = 3): Geometry {
  return Object.freeze({ name: `toy-${1 << bits}x${levels}`, bits, levels });
}

/** Base pages under one huge PMD (512 on x86-64). */
export function hugePages(geometry: Geometry): number {
  return 1 << geometry.bits;
}

/**
 * First page number past the user half of the address space; the kernel keeps the other half and one guard page.
 * @kernel arch/x86/include/asm/page_64_types.h TASK_SIZE_MAX
 */
export function taskSizePages(geometry: Geometry): number {
  const whole = 2 ** (geometry.bits * geometry.levels);
  return geometry.bits === 9 ? whole / 2 - 1 : whole;
}
