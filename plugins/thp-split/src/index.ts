import { definePolicy } from '@cowlab/plugin-api';

/**
 * A pinned huge page cannot be copied at PMD level during fork(): split it, and let the PTE path copy its sub-pages.
 * All of them are copied, because the pin count is the folio's. A pinned PUD is cleared and faulted in again.
 * @kernel v5.9 d042035eaf5f mm/thp: Split huge pmds/puds if they're pinned when fork()
 */
export default definePolicy({
  id: 'thp-split',
  summary: 'Split a huge PMD or PUD that may be pinned during fork(), so that its pages are copied one by one.',
  kernel: "linux 5.9: d042035eaf5f mm/thp: Split huge pmds/puds if they're pinned when fork()",
  over: 'early-cow',
  hazards: ['H1', 'H2', 'H4', 'H6'],
  defaults: { pretendAllPinned: false },
  create: ({ pretendAllPinned }) => ({
    forkLooksAtPages: (mm) => pretendAllPinned || mm.hasPinned,
    onForkHugePmd: (page) => (pretendAllPinned || (page.maybeDmaPinned && page.mm.hasPinned) ? 'split' : undefined),
    onForkHugePud: (page) => (pretendAllPinned || (page.maybeDmaPinned && page.mm.hasPinned) ? 'split' : undefined),
  }),
});
