/** Facts that are one step here and several in a kernel, and what the kernel does one after the other. */
import type { EventType } from '@cowlab/core';
import type { SectionName } from './words.ts';

export interface Coarse {
  readonly step: string;
  readonly why: string;
}

export interface CoarseFact extends Coarse {
  /** Where the words are that it hides the writing of. */
  readonly words: readonly SectionName[];
  /**
   * Paths that find nothing between: they wait for the lock of the page, which it holds, or do not see it before its
   * last word.
   */
  readonly apart?: readonly { readonly path: string; readonly lockless: boolean }[];
}

const PAGES: readonly SectionName[] = ['node', 'meta', 'extra', 'folio', 'stamp', 'swap'];

// Fast GUP looks at the entry again when it has its reference: cleared and still counted, or cleared and given back,
// it gives up.
// And who gives references back only counts down: the last one frees the page, whoever that is.
const ZAP: CoarseFact = { words: PAGES, step: 'zap',
  why: 'kernels clear the entries one by one, flush the TLB, and only then give the pages back',
  apart: ['gup', 'return to the caller', 'all pages of the pin: ref -= grab', 'pages of the pipe: ref--'].map((
    path,
  ) => ({ path, lockless: true })) };
const VMAS: CoarseFact = { words: ['vma', 'heap'], step: 'change of VMAs',
  why: 'kernels change the tree of VMAs under mmap_lock, and since 6.4 with each VMA locked for writing' };

const COARSE: { readonly [Fact in EventType]?: CoarseFact } = {
  PmdSplit: { words: PAGES, step: 'split of a PMD',
    why: 'kernels make the entry invalid, fill a table with small ones and move the mapcounts over page by page' },
  PtesZapped: ZAP,
  PudCleared: ZAP,
  MmDestroyed: ZAP,
  PageSwappedIn: { words: PAGES, step: 'swap-in',
    why: 'kernels look for the page in the swap cache, lock it, read it, then lock the page table, look at the '
      + 'entry again and set it last', apart: [{ path: 'unmap', lockless: false }, { path: 'gup', lockless: true }] },
  PtesProtected: { words: PAGES, step: 'change of protection',
    why: 'kernels change entry after entry, and flush the TLB when all are done' },
  PtesMoved: { words: PAGES, step: 'move of entries',
    why: 'kernels move entry after entry under two locks, and flush the TLB after it' },
  PagesMarkedLazyfree: { words: PAGES, step: 'MADV_FREE',
    why: 'kernels clear the entry, put back a clean one and take the page off the LRU list later' },
  FolioSplit: { words: PAGES, step: 'split of a folio',
    why: 'kernels freeze the references and put migration entries in the place of all mappings' },
  HugePageCollapsed: { words: PAGES, step: 'collapse', why: 'kernels isolate, copy and free page after page' },
  PteMigrated: { words: PAGES, step: 'migration',
    why: 'kernels put a migration entry in the place of the mapping while they copy' },
  KsmPageShared: { words: PAGES, step: 'merge of equal pages',
    why: 'kernels compare, write-protect and replace in steps' },
  VmaUnmapped: VMAS,
  VmaSplit: VMAS,
  VmasMerged: VMAS,
  VmaResized: VMAS,
  VmaFlagsChanged: VMAS,
};

/** null: it is as fine as the kernel's. */
export const coarseOf = (fact: EventType): CoarseFact | null => COARSE[fact] ?? null;
