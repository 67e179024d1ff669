import { definePolicy } from '@cowlab/plugin-api';

/**
 * MADV_FREE of part of a large folio splits it, if no other process maps it. How a kernel finds that out changed
 * five times:
 * by the mapcount of the page at hand (until 6.2; also with this policy away), of all of the folio (6.3), of its
 * first page
 * (6.5), by more mappings than pages (6.10), and by the mms that map it (6.15).
 * @kernel mm/madvise.c madvise_free_pte_range(), include/linux/mm.h folio_likely_mapped_shared()
 */
export default definePolicy({
  id: 'madv-free',
  summary: 'Whom MADV_FREE of part of a large folio takes for alone: see the option.',
  kernel: 'linux 6.3 folio, 6.5 first-page, 6.10 likely, 6.15 mm-ids',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { asks: 'mm-ids' as 'page' | 'folio' | 'first-page' | 'likely' | 'mm-ids' },
  create: ({ asks }) => ({ traits: { freeAsks: asks } }),
});
