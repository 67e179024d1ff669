import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write or a pin on the huge zero page gets a THP at once, not a split and one small page; and a page table that
 * MADV_DONTNEED has emptied whole is freed, so the next fault in a THP range gets a THP again. VMAs merge where either
 * of them has anonymous pages, so a range becomes fit for a THP again more often.
 * @kernel seen between 6.12 and 6.18: mm/huge_memory.c do_huge_zero_wp_pmd(), mm/memory.c zap_pte_range()
 */
export default definePolicy({
  id: 'huge-zero-thp',
  summary: 'A write to the huge zero page gets a THP at once; page tables that MADV_DONTNEED empties are freed.',
  kernel: 'linux 6.18 (seen; not yet in 6.12)',
  over: 'large-folio-reuse',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { hugeZeroWrite: 'thp', freesEmptyTables: true, mergesIntoEmpty: true },
});
