import { definePolicy } from '@cowlab/plugin-api';

/**
 * The parent keeps a pinned page and the child gets a copy, at fork(). `series: 'v2'` is the posted order
 * (write-protect,
 * then look, then restore) with the posted mistakes: no LRU, a young copy, has_pinned set on the caller's mm.
 * `pretendAllPinned` copies every page that could be pinned, the stress mode of the review. `anonOnly` shares pages of
 * files also where they are pinned through a private mapping, as 5.10.153 does.
 * @kernel v5.9 70e806e4e645 mm: Do early cow for pinned pages during fork() for ptes
 */
export default definePolicy({
  id: 'early-cow',
  summary: 'Copy pages that may be pinned during fork(), so the parent keeps the page its device uses.',
  kernel: 'linux 5.9: 70e806e4e645 mm: Do early cow for pinned pages during fork() for ptes',
  over: 'page-count-reuse',
  hazards: ['H1', 'H2', 'H4'],
  defaults: { series: 'merged' as 'merged' | 'v2', pretendAllPinned: false, anonOnly: false },
  create: ({ series, pretendAllPinned, anonOnly }) => ({
    traits: series === 'v2'
      ? { hasPinned: 'current', forkOrder: 'wrprotect-first', earlyCopyLru: false, earlyCopyYoung: true }
      : { hasPinned: 'target' },
    forkLooksAtPages: (mm) => pretendAllPinned || mm.hasPinned,
    onForkPage: (page) => {
      if (anonOnly && !page.anon) return undefined;
      return pretendAllPinned || (page.maybeDmaPinned && page.mm.hasPinned) ? 'copy' : undefined;
    },
  }),
});
