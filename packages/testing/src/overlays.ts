/**
 * What Linux does, one behaviour an overlay: the kernel plugins written out, because this package may not import
 * plugins (their specs import it). Each names the one that it lies over.
 */

import type { Overlay, PageView } from '@cowlab/core';

interface Behaviour extends Overlay {
  readonly over?: string;
}

const looksPinnedToFork = (page: PageView): boolean =>
  page.maybeDmaPinned || (!page.large && page.refcount + 1 >= 1024);

const BEHAVIOURS: readonly Behaviour[] = [
  {
    id: 'naive-cow',
    hooks: {
      onWriteFault: (page) => (!page.ksm && page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy'),
      onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy'),
      onWriteFaultHugetlb: (page) => (page.mapcount === 1 ? 'reuse' : 'copy'),
      onForkVma: () => 'copy',
    },
  },
  { id: 'madv-dontfork', over: 'naive-cow',
    hooks: { onForkVma: (vma) => (vma.dontCopy ? 'skip' : vma.wipeOnFork ? 'wipe' : undefined) } },
  { id: 'cow-either-way', over: 'madv-dontfork',
    hooks: { onGup: (_page, { write }) => (write ? undefined : 'break-cow') } },
  { id: 'pmd-split-locked', over: 'madv-dontfork', traits: { pmdSplitLocksPage: true }, hooks: {} },
  { id: 'thp-cow-split', over: 'pmd-split-locked',
    hooks: { onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'split') } },
  { id: 'page-count-reuse', over: 'thp-cow-split',
    hooks: { onWriteFault: (page) => (!page.ksm && page.refcount === 1 && page.mapcount === 1 ? 'reuse' : 'copy') } },
  { id: 'early-cow', over: 'page-count-reuse', traits: { hasPinned: 'target' },
    hooks: { forkLooksAtPages: (mm) => mm.hasPinned,
      onForkPage: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : undefined) } },
  {
    id: 'thp-split',
    over: 'early-cow',
    hooks: {
      forkLooksAtPages: (mm) => mm.hasPinned,
      onForkHugePmd: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'split' : undefined),
      onForkHugePud: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'split' : undefined),
    },
  },
  { id: 'write-protect-seq', over: 'thp-split', traits: { writeProtectSeq: true }, hooks: {} },
  { id: 'clear-refs', over: 'write-protect-seq', traits: { clearRefsLock: 'mmap-write', clearRefsSparesPins: true },
    hooks: {} },
  { id: 'pinned-not-swapped', over: 'clear-refs',
    hooks: { onReclaim: (page) => (page.maybeDmaPinned ? 'keep' : undefined) } },
  { id: 'hugetlbfs', over: 'pinned-not-swapped', traits: { hugetlbCopyIgnoresVma: true },
    hooks: { forkLooksAtPages: (mm) => mm.hasPinned,
      onForkHugetlb: (page) => (page.maybeDmaPinned && page.mm.hasPinned ? 'copy' : undefined) } },
  {
    id: 'swap-aware-reuse',
    over: 'hugetlbfs',
    traits: { swapInReuse: 'references', hugetlbDontneed: true },
    hooks: {
      onWriteFault: (
        page,
      ) => (!page.ksm && page.refcount === (page.swapCache && page.swapCount === 0 ? 2 : 1) ? 'reuse' : 'copy'),
      onWriteFaultHugePmd: (page) => (page.refcount === 1 ? 'reuse' : 'split'),
    },
  },
  {
    id: 'anon-exclusive',
    over: 'swap-aware-reuse',
    traits: { anonExclusive: true, hugetlbWriteProtectSeq: true, hugetlbCopyIgnoresVma: false },
    hooks: {
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
      onGup: (page, { pin, write }) => (pin && !write && page.anon && !page.exclusive ? 'unshare' : undefined),
    },
  },
  { id: 'mprotect-exclusive', over: 'anon-exclusive',
    traits: { mprotectWritable: 'exclusive', mprotectUncharges: true }, hooks: {} },
  { id: 'readonly-longterm-unshare', over: 'mprotect-exclusive', hooks: {
    onGup: (page, { pin, longterm, write }) => (pin && longterm && !write && !page.anon ? 'unshare' : undefined),
  } },
  { id: 'vma-locks', over: 'readonly-longterm-unshare',
    traits: { faultLock: 'vma', forkLocksVmas: true, uffdProtects: 'many' }, hooks: {} },
  { id: 'anon-folios', over: 'vma-locks', traits: { anonFolios: 'sizes' }, hooks: {} },
  { id: 'large-folio-copy', over: 'anon-folios', traits: { splitDropsZeroes: true, hugetlbRestores: true },
    hooks: { onWriteFault: (page) => (page.large && !page.exclusive ? 'copy' : undefined) } },
  {
    id: 'large-folio-reuse',
    over: 'large-folio-copy',
    traits: { guardRegions: 'anonymous' },
    hooks: {
      onWriteFault: (page) => {
        if (!page.large || page.exclusive) return undefined;
        return page.folioMapcount > 1 && !page.maybeMappedShared && page.folioMapcount === page.refcount
          ? 'reuse'
          : 'copy';
      },
    },
  },
  { id: 'huge-zero-thp', over: 'large-folio-reuse',
    traits: { hugeZeroWrite: 'thp', freesEmptyTables: true, guardRegions: 'all', guardsMark: 'flag' }, hooks: {} },
  { id: 'no-zero-page', over: 'naive-cow', traits: { zeroPage: 'forbidden' }, hooks: {} },
  { id: 'hugetlb-dofork-refused', over: 'huge-zero-thp', traits: { hugetlbDofork: false }, hooks: {} },
];

/**
 * A behaviour and all those under it, bottom first: what a plugin means when it says that it lies over one.
 * @throws RangeError when nobody here is called `id`.
 */
export function overlaysUpTo(id: string): readonly Overlay[] {
  const found = BEHAVIOURS.find((behaviour) => behaviour.id === id);
  if (found === undefined) {
    throw new RangeError(
      `policy '${id}' is not one of ${
        BEHAVIOURS.map((behaviour) => behaviour.id).join(', ')
      }; pass the overlays below as \`under\``,
    );
  }
  const { over, ...overlay } = found;
  return [...(over === undefined ? [] : overlaysUpTo(over)), overlay];
}
