import { definePolicy } from '@cowlab/plugin-api';

/**
 * A page of a PTE-mapped large folio that is not exclusive is copied, always: its folio's counters cannot tell who
 * else sees this very page.
 *
 * Of the same years, and seen on 6.18: a THP that is split for good maps the zero page where it held nothing but
 * zeroes, and a hugetlb page that its mapping drops is promised to that mapping again.
 * @kernel v6.12 mm/memory.c wp_can_reuse_anon_folio()
 */
export default definePolicy({
  id: 'large-folio-copy',
  summary: 'A write to a page of a large folio copies it unless the page is exclusive.',
  kernel: 'linux 6.12 (seen; absent in 6.8)',
  over: 'readonly-longterm-unshare',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  traits: { splitDropsZeroes: true, hugetlbRestores: true },
  onWriteFault: (page) => (page.large && !page.exclusive ? 'copy' : undefined),
});
