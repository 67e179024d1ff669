import { definePolicy } from '@cowlab/plugin-api';

/**
 * A page table that MADV_DONTNEED has emptied whole is freed, so the next fault in a THP range gets a THP again.
 * @kernel v6.14 6375e95f381e mm: pgtable: reclaim empty PTE page in madvise(MADV_DONTNEED)
 */
export default definePolicy({
  id: 'empty-table-freed',
  summary: 'A page table that MADV_DONTNEED empties is freed, and a THP may take its place.',
  kernel: 'linux 6.14: 6375e95f381e mm: pgtable: reclaim empty PTE page in madvise(MADV_DONTNEED)',
  over: 'huge-zero-thp',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { freesEmptyTables: true },
});
