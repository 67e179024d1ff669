import { definePolicy } from '@cowlab/plugin-api';

/**
 * MADV_GUARD_INSTALL puts markers into the entries of pages, in place of what was there: whoever touches them gets
 * SIGSEGV, get_user_pages() ends there. `memory: 'all'` (6.15): of files and of read-only mappings too. `mark: 'flag'`
 * (6.19): a flag of the VMA makes fork() copy the entries; before, the call prepared an anon_vma for that.
 * @kernel v6.13 662df3e5c376 mm: madvise: implement lightweight guard page mechanism
 */
export default definePolicy({
  id: 'guard-regions',
  summary: 'MADV_GUARD_INSTALL makes pages that nobody may touch; fork() copies them, MADV_DONTNEED leaves them.',
  kernel: 'linux 6.13: 662df3e5c376 mm: madvise: implement lightweight guard page mechanism',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { memory: 'anonymous' as 'anonymous' | 'all', mark: 'anon-vma' as 'anon-vma' | 'flag' },
  create: ({ memory, mark }) => ({ traits: { guardRegions: memory, guardsMark: mark } }),
});
