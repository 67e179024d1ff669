import { definePolicy } from '@cowlab/plugin-api';

/**
 * mremap() finds the mapping of its start before anything else, so a range that begins with a hole is EFAULT also
 * when it
 * only shrinks; and the lengths of a hugetlb mapping are rounded up to huge pages. Before, shrinking was an
 * munmap() of the
 * tail and asked for nothing else. `moves: 'many'` is d23cb648e365 (6.17): a range that keeps its length takes all its
 * mappings along, and what is wrong with the new place is said before the old one is looked at (3215eaceca87).
 * @kernel v5.16 550a7d60bd5e mm, hugepages: add mremap() support for hugepage backed vma
 */
export default definePolicy({
  id: 'mremap-start-first',
  summary: 'mremap() looks at the mapping of its start first, and rounds the lengths of hugetlb up to huge pages.',
  kernel: 'linux 5.16: 550a7d60bd5e mm, hugepages: add mremap() support for hugepage backed vma',
  over: 'madv-dontfork',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { moves: 'one' as 'one' | 'many' },
  create: ({ moves }) => ({ traits: { mremapShrink: 'looks-first', mremapMoves: moves } }),
});
