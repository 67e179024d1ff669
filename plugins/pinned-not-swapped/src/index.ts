import { definePolicy } from '@cowlab/plugin-api';

/**
 * Reclaim leaves a page alone that may be pinned: it could not be freed anyway, and once it is in the swap cache its
 * owner's next write is a copy. The test is one moment and the unmapping a later one; a fast GUP fits between.
 * @kernel v5.11 feb889fb40fa mm: don't put pinned pages into the swap cache
 */
export default definePolicy({
  id: 'pinned-not-swapped',
  summary: 'Reclaim leaves anonymous pages alone that may be pinned.',
  kernel: "linux 5.11, 5.10.9: feb889fb40fa mm: don't put pinned pages into the swap cache",
  over: 'write-protect-seq',
  hazards: ['H1', 'H2', 'H4', 'H6'],
  onReclaim: (page) => (page.maybeDmaPinned ? 'keep' : undefined),
});
