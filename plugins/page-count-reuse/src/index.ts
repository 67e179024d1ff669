import { definePolicy } from '@cowlab/plugin-api';

/**
 * A write keeps the page only when nothing at all refers to it but this mapping. Simple, safe for GUP users of other
 * processes, and the end of RDMA: a pinned page has more than one reference, so its owner is moved away from it.
 * A THP at PMD level is still judged by mapcount. A page that was faulted in a moment ago has one reference more,
 * in the
 * CPU's batch for the LRU (15 pages), and a kernel copies it then; here, as in the recordings, that batch is empty.
 * @kernel v5.9-rc 09854ba94c6a mm: do_wp_page() simplification
 */
export default definePolicy({
  id: 'page-count-reuse',
  summary: 'A write keeps the page only when its reference count is 1, so the owner of a pinned page loses it.',
  kernel: 'linux 5.9-rc to 5.17: 09854ba94c6a mm: do_wp_page() simplification',
  over: 'thp-cow-split',
  hazards: ['H1', 'H2', 'H4'],
  onWriteFault: (page) => (!page.ksm && page.refcount === 1 && page.mapcount === 1 ? 'reuse' : 'copy'),
});
