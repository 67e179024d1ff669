import { definePolicy } from '@cowlab/plugin-api';

/**
 * The reference that the swap cache holds no longer counts against reuse, and a THP is judged by its reference count as
 * small pages are: the vmsplice leak through a PMD-mapped THP is closed.
 * @kernel v5.18 53a05ad9f21d mm: optimize do_wp_page() for exclusive pages in the swapcache
 * @kernel v5.18 c145e0b47c77 mm: streamline COW logic in do_swap_page()
 */
export default definePolicy({
  id: 'swap-aware-reuse',
  summary: 'A write keeps a page that only the swap cache holds besides; a huge PMD is kept only at reference count 1.',
  kernel: 'linux 5.18: 53a05ad9f21d mm: optimize do_wp_page() for exclusive pages in the swapcache',
  over: 'hugetlbfs',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  onWriteFault: (page) => {
    const forgiven = page.swapCache && page.swapCount === 0 ? 1 : 0;
    return !page.ksm && page.refcount === 1 + forgiven ? 'reuse' : 'copy';
  },
  onWriteFaultHugePmd: (page) => (page.refcount === 1 ? 'reuse' : 'split'),
  traits: { swapInReuse: 'references', hugetlbDontneed: true },
});
