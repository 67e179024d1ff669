import { definePolicy, type PageView } from '@cowlab/plugin-api';

/** GUP_PIN_COUNTING_BIAS */
const PIN_BIAS = 1024;
const looksPinnedToFork = (page: PageView): boolean =>
  page.maybeDmaPinned || (!page.large && page.refcount + 1 >= PIN_BIAS);

/**
 * PG_anon_exclusive: a page that only one mm can see is marked, and keeps being written in place whatever its
 * reference count. fork() clears the mark, except on a page that may be pinned: that one is copied. A pin that finds
 * the mark missing makes the page exclusive first (unshare), so a pinned page is exclusive for as long as it is
 * pinned. (By then fast GUP adds the pin of a small page apart from its reference.) The child's reference is taken before the test, so of a small page 1023 others are enough to look like a
 * pin. `barriers` are those of 088b8aa537c2 (6.1), between the entry, the pin count and the mark when a page is
 * unmapped.
 * @kernel v5.19 6c287605fd56 mm: remember exclusively mapped anonymous pages with PG_anon_exclusive
 */
export default definePolicy({
  id: 'anon-exclusive',
  summary:
    'PG_anon_exclusive decides: exclusive pages are reused, pinned exclusive pages copied at fork(), read-only pins unshare.',
  kernel: 'linux 5.19: 6c287605fd56 mm: remember exclusively mapped anonymous pages with PG_anon_exclusive',
  over: 'swap-aware-reuse',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { barriers: false },
  create: ({ barriers }) => ({
    traits: { anonExclusive: true, hugetlbWriteProtectSeq: true, unmapRechecks: true, exclusiveBarriers: barriers,
      pinAdd: 'apart' },
    onForkPage: (
      page,
    ) => (page.anon && page.exclusive && page.mm.hasPinned && looksPinnedToFork(page) ? 'copy' : 'share'),
    onForkHugePmd: (page) => (page.exclusive && page.maybeDmaPinned && page.mm.hasPinned ? 'split' : 'share'),
    onForkHugePud: () => 'share',
    onForkHugetlb: (page) => (page.exclusive && page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : 'share'),
    forkLooksAtPages: (mm) => mm.hasPinned,
    onWriteFault: (page) => (page.exclusive ? 'reuse' : undefined),
    onWriteFaultHugePmd: (page) => (page.exclusive ? 'reuse' : undefined),
    onWriteFaultHugetlb: (page) => (page.exclusive ? 'reuse' : undefined),
    // Short-term pins too; FOLL_GET never.
    onGup: (page, { pin, write }) => (pin && !write && page.anon && !page.exclusive ? 'unshare' : undefined),
  }),
});
