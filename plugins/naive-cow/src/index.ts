import { definePolicy } from '@cowlab/plugin-api';

/**
 * Copy-on-write as it was before 5.8: share everything at fork(), and let a write keep the page when one mapping is
 * left. Only mappings and swap entries are counted, never references, so a pin is not seen. A page in the swap cache
 * counts its other swap entries too; a THP is judged by its busiest sub-page.
 * @kernel v5.7 mm/swapfile.c reuse_swap_page()
 */
export default definePolicy({
  id: 'naive-cow',
  summary: 'Share every page at fork(); a write keeps the page when nobody else maps it, pinned or not.',
  kernel: 'linux up to 5.7',
  hazards: ['H1', 'H4'],
  onWriteFault: (page) => (!page.ksm && page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy'),
  onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy'),
  onWriteFaultHugetlb: (page) => (page.mapcount === 1 ? 'reuse' : 'copy'),
  onForkVma: () => 'copy',
});
