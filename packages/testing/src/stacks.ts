/**
 * The kernels that the laws are tried on: the overlays of the plugins written out, because this package may not import
 * plugins (they import it). Each stack adds one behaviour to the one before it.
 */

import type { Overlay } from '@cowlab/core';

const naive: Overlay = {
  id: 'naive-cow',
  hooks: {
    onWriteFault: (page) => (!page.ksm && page.folioMapcountMax + page.swapCount <= 1 ? 'reuse' : 'copy'),
    onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'copy'),
    onWriteFaultHugetlb: (page) => (page.mapcount === 1 ? 'reuse' : 'copy'),
    onForkVma: () => 'copy',
  },
};
const dontfork: Overlay = {
  id: 'madv-dontfork',
  hooks: { onForkVma: (vma) => (vma.dontCopy ? 'skip' : vma.wipeOnFork ? 'wipe' : undefined) },
};
const registering: Overlay = { id: 'registering', hooks: { onRegister: () => 'dontfork' } };
const pageCount: Overlay = {
  id: 'page-count-reuse',
  hooks: {
    onWriteFault: (page) => (!page.ksm && page.refcount === 1 && page.mapcount === 1 ? 'reuse' : 'copy'),
    onWriteFaultHugePmd: (page) => (page.folioMapcountMax <= 1 ? 'reuse' : 'split'),
  },
};
const earlyCow: Overlay = {
  id: 'early-cow',
  traits: { hasPinned: 'target' },
  hooks: { forkLooksAtPages: (mm) => mm.hasPinned, onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined) },
};
const earlyCowV2: Overlay = {
  ...earlyCow, id: 'early-cow-v2',
  traits: { hasPinned: 'current', forkOrder: 'wrprotect-first', earlyCopyLru: false, earlyCopyYoung: true },
};
const pretendAllPinned: Overlay = { id: 'pretend-all-pinned', hooks: { forkLooksAtPages: () => true, onForkPage: () => 'copy', onForkHugePmd: () => 'split' } };
const thpSplit: Overlay = {
  id: 'thp-split',
  hooks: { onForkHugePmd: (page) => (page.maybeDmaPinned ? 'split' : undefined), onForkHugePud: (page) => (page.maybeDmaPinned ? 'split' : undefined) },
};
const hugetlbfs: Overlay = {
  id: 'hugetlbfs',
  traits: { hugetlbCopyIgnoresVma: true, writeProtectSeq: true },
  hooks: { onForkHugetlb: (page) => (page.maybeDmaPinned ? 'copy' : undefined) },
};
/** Copies every third page it is asked about at fork(), and keeps count in the world. */
const everyThird: Overlay = {
  id: 'every-third', memoryWords: 1,
  hooks: {
    onForkPage: (page) => {
      page.remember(0, page.memory(0) + 1);
      return page.memory(0) % 3 === 0 ? 'copy' : 'share';
    },
  },
};

export interface Stack {
  readonly name: string;
  readonly overlays: readonly Overlay[];
  /** What `checkInvariants` is to overlook: the kernel is known for it. */
  readonly overlook: { readonly ignoreVmaWrite?: boolean };
}

const stack = (name: string, overlays: readonly Overlay[], overlook: Stack['overlook'] = {}): Stack => ({ name, overlays, overlook });

export const STACKS: readonly Stack[] = [
  stack('naive', [naive]),
  stack('naive with dontfork', [naive, dontfork]),
  stack('naive with dontfork at registration', [naive, dontfork, registering]),
  stack('page count', [naive, dontfork, pageCount]),
  stack('early COW as merged', [naive, dontfork, pageCount, earlyCow]),
  stack('early COW as posted', [naive, dontfork, pageCount, earlyCowV2]),
  stack('early COW and THP split', [naive, dontfork, pageCount, earlyCow, thpSplit]),
  stack('early COW, THP split and hugetlb copy', [naive, dontfork, pageCount, earlyCow, thpSplit, hugetlbfs], { ignoreVmaWrite: true }),
  stack('all pages pretend to be pinned', [naive, dontfork, pageCount, earlyCow, thpSplit, pretendAllPinned]),
  stack('every third page copied', [naive, dontfork, pageCount, everyThird]),
];

/** The kernel's own behaviours, oldest first: what a plugin means when it says that it lies over one of them. */
const HISTORY: readonly Overlay[] = [naive, dontfork, pageCount, earlyCow, thpSplit, hugetlbfs];

/** @throws RangeError when nobody here is called `id`. */
export function overlaysUpTo(id: string): readonly Overlay[] {
  const at = HISTORY.findIndex((overlay) => overlay.id === id);
  if (at < 0) throw new RangeError(`policy '${id}' is not one of ${HISTORY.map((overlay) => overlay.id).join(', ')}; pass the overlays below as \`under\``);
  return HISTORY.slice(0, at + 1);
}
