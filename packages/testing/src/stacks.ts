/** The kernels that the laws are tried on, oldest first, and some that no kernel is: laws hold for every policy. */

import { type Overlay, stackPolicies } from '@cowlab/core';
import { overlaysUpTo } from './overlays.ts';

export interface Stack {
  readonly name: string;
  /**
   * fork() hands on every page of private memory, and nobody keeps one that others see: bytes are as they should be.
   */
  readonly keepsBytes: boolean;
  readonly overlays: readonly Overlay[];
  /** How `checkInvariants` is to judge: what the kernel maintains, and what it is known to get wrong. */
  readonly judged: { readonly anonExclusive: boolean; readonly ignoreVmaWrite: boolean };
}

const registering: Overlay = { id: 'registering', hooks: { onRegister: () => 'dontfork' } };
const postedV2: Overlay = { id: 'early-cow-v2', hooks: {},
  traits: { hasPinned: 'current', forkOrder: 'wrprotect-first', earlyCopyLru: false, earlyCopyYoung: true } };
const noZeroPage: Overlay = { id: 'no-zero-page', hooks: {}, traits: { zeroPage: 'forbidden' } };
const pretendAllPinned: Overlay = { id: 'pretend-all-pinned',
  hooks: { forkLooksAtPages: () => true, onForkPage: () => 'copy', onForkHugePmd: () => 'split' } };
/** Copies every third page it is asked about at fork(), and keeps count in the world. */
const everyThirdAsked: Overlay = {
  id: 'every-third-asked',
  memoryWords: 1,
  hooks: {
    onForkPage: (page) => {
      page.remember(0, page.memory(0) + 1);
      return page.memory(0) % 3 === 0 ? 'copy' : 'share';
    },
  },
};
/** Looks at what pages in the same state may differ in. */
const byPlace: Overlay = { id: 'by-place', hooks: { onForkPage: (page) => (page.vpn % 3 === 0 ? 'copy' : 'share') } };
const bySwap: Overlay = { id: 'by-swap', hooks: { onForkPage: (page) => (page.swapCount > 0 ? 'copy' : 'share') } };
/**
 * Any verdict that may be given, by where the page is and which it is: no kernel, and still no counter may go wrong.
 */
const byLot: Overlay = {
  id: 'by-lot',
  hooks: {
    onForkVma: (vma) => lot(['copy', 'copy', 'skip', 'wipe'], vma.start),
    onForkPage: (page) => lot(['share', 'copy'], page.vpn, page.pfn),
    onForkHugePmd: (page) => lot(['share', 'split'], page.vpn, page.pfn),
    onForkHugePud: (page) => lot(['share', 'split'], page.vpn, page.pfn),
    onForkHugetlb: (page) => lot(['share', 'copy'], page.vpn, page.pfn),
    onWriteFault: (page) => lot(['copy', 'reuse'], page.vpn, page.pfn),
    onWriteFaultHugePmd: (page) => lot(['copy', 'reuse', 'split'], page.vpn, page.pfn),
    onWriteFaultHugetlb: (page) => lot(['copy', 'reuse'], page.vpn, page.pfn),
    // An unshare that leads to another one would never end.
    onGup: (page, { write }) => lot(['take', 'break-cow'], page.vpn, page.pfn, Number(write)),
    onRegister: (vma) => lot(['pin', 'dontfork'], vma.end),
    onReclaim: (page) => lot(['unmap', 'keep'], page.vpn, page.pfn),
  },
};
function lot<V>(verdicts: readonly V[], ...numbers: readonly number[]): V {
  return verdicts[numbers.reduce((mixed, n) => (mixed * 31 + n) % 8191, 7) % verdicts.length];
}

const stack = (name: string, id: string, ...above: readonly Overlay[]): Stack => {
  const overlays = [...overlaysUpTo(id), ...above];
  return { name, overlays, judged: judgedBy(overlays),
    keepsBytes: !above.includes(registering) && !above.includes(byLot) };
};

export function judgedBy(overlays: readonly Overlay[]): Stack['judged'] {
  const { anonExclusive, hugetlbCopyIgnoresVma } = stackPolicies(overlays).traits;
  return { anonExclusive, ignoreVmaWrite: hugetlbCopyIgnoresVma };
}

export const STACKS: readonly Stack[] = [
  stack('naive', 'naive-cow'),
  stack('dontfork', 'madv-dontfork'),
  stack('dontfork at registration', 'madv-dontfork', registering),
  stack('GUP breaks COW', 'cow-either-way'),
  stack('page count', 'page-count-reuse'),
  stack('early COW as posted', 'early-cow', postedV2),
  stack('early COW as merged', 'early-cow'),
  stack('early COW and THP split', 'thp-split'),
  stack('early COW, THP split and hugetlb copy', 'hugetlbfs'),
  stack('PG_anon_exclusive', 'anon-exclusive'),
  stack('today', 'hugetlb-dofork-refused'),
  stack('today, without a zero page', 'hugetlb-dofork-refused', noZeroPage),
  stack('all pages pretend to be pinned', 'thp-split', pretendAllPinned),
  stack('every third page asked about', 'page-count-reuse', everyThirdAsked),
  stack('every third page number', 'page-count-reuse', byPlace),
  stack('pages with swap entries', 'page-count-reuse', bySwap),
  stack('verdicts by lot', 'naive-cow', byLot),
];
