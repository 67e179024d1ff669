import { definePolicy } from '@cowlab/plugin-api';

/**
 * A page of a PTE-mapped large folio that is not exclusive is copied, always: its folio's counters cannot tell who else
 * sees this very page. Of the same release: a hugetlb page that its mapping drops is promised to that mapping again.
 * `splitDropsZeroes` (6.12): a THP that is split for good maps the zero page where it held nothing but zeroes.
 * @kernel v6.9 mm: prohibit the last subpage from reusing the entire large folio
 */
export default definePolicy({
  id: 'large-folio-copy',
  summary: 'A write to a page of a large folio copies it unless the page is exclusive.',
  kernel: 'linux 6.9: mm: prohibit the last subpage from reusing the entire large folio',
  over: 'readonly-longterm-unshare',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { splitDropsZeroes: true },
  create: ({ splitDropsZeroes }) => ({
    traits: { splitDropsZeroes, hugetlbRestores: true },
    onWriteFault: (page) => (page.large && !page.exclusive ? 'copy' : undefined),
  }),
});
