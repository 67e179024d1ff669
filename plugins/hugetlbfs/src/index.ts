import { definePolicy } from '@cowlab/plugin-api';

/**
 * The early copy for hugetlb pages, which the series of 5.9 had left out. The copy comes out of the pool without
 * touching
 * what is reserved; when there is none, fork() fails. `childWritable` is the fault of 5.12.0 to 5.12.4: a page that is
 * shared stays writable in the child.
 * `forced`: what a forced write (FOLL_FORCE) to a mapping that may not be written comes to: 6.1 refuses it, 6.14 copies.
 * @kernel v5.12 4eae4efa2c29 hugetlb: do early cow when page pinned on src mm
 */
export default definePolicy({
  id: 'hugetlbfs',
  summary: 'Copy hugetlb pages that may be pinned during fork(); an empty pool fails the fork().',
  kernel: 'linux 5.12: 4eae4efa2c29 hugetlb: do early cow when page pinned on src mm',
  over: 'thp-split',
  hazards: ['H1', 'H2', 'H4', 'H6', 'H7', 'H8'],
  defaults: { writableWithoutVmWrite: true, childWritable: false,
    forced: 'writable' as 'writable' | 'refused' | 'copied' },
  create: ({ writableWithoutVmWrite, childWritable, forced }) => ({
    traits: { hugetlbCopyIgnoresVma: writableWithoutVmWrite, hugetlbChildWritable: childWritable,
      hugetlbForced: forced },
    forkLooksAtPages: (mm) => mm.hasPinned,
    onForkHugetlb: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : undefined),
  }),
});
