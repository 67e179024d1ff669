/**
 * The policy port: the questions that the model asks. A policy is an overlay. Every hook is optional; of a stack
 * of overlays the top-most that answers wins, and under all of them lies
 * naive copy-on-write. Hooks return verdicts, never facts, so no policy can corrupt the world.
 */

import type { Traits } from './traits.ts';
import type { PageView, MmView, VmaView } from './views.ts';

/** Each hook's verdicts; first what naive copy-on-write answers. */
export const VERDICTS = {
  onForkVma: ['copy', 'skip', 'wipe'],
  onForkPage: ['share', 'copy'],
  onForkHugePmd: ['share', 'split'],
  onForkHugePud: ['share', 'split'],
  onForkHugetlb: ['share', 'copy'],
  onWriteFault: ['copy', 'reuse'],
  onWriteFaultHugePmd: ['split', 'reuse', 'copy'],
  onWriteFaultHugetlb: ['copy', 'reuse'],
  onGup: ['take', 'unshare', 'break-cow'],
  onRegister: ['pin', 'dontfork'],
  onReclaim: ['unmap', 'keep'],
} as const satisfies { readonly [Hook in VerdictHook]: readonly string[] };

export type Verdict<Hook extends VerdictHook> = (typeof VERDICTS)[Hook][number];
export type ForkVmaVerdict = Verdict<'onForkVma'>;
export type ForkPageVerdict = Verdict<'onForkPage'>;
export type ForkHugeVerdict = Verdict<'onForkHugePmd'>;
export type WriteFaultVerdict = Verdict<'onWriteFault'>;
export type WriteFaultHugeVerdict = Verdict<'onWriteFaultHugePmd'>;
/** `unshare`: copy or claim first, but read-only; `break-cow`: as a write fault. */
export type GupVerdict = Verdict<'onGup'>;
export type RegisterVerdict = Verdict<'onRegister'>;
export type ReclaimVerdict = Verdict<'onReclaim'>;

/** What get_user_pages() was asked for. */
export interface GupRequest {
  readonly write: boolean;
  /** FOLL_PIN rather than FOLL_GET. */
  readonly pin: boolean;
  readonly longterm: boolean;
}

/**
 * Each is called at most once per page and decision. It must not throw and must not keep the view. `undefined` asks
 * the overlay below.
 */
export interface PolicyHooks {
  /** What becomes of a whole VMA at fork(). @kernel kernel/fork.c dup_mmap() */
  readonly onForkVma?: (vma: VmaView) => ForkVmaVerdict | undefined;
  /**
   * Asked once per fork(), before any page: may `onForkPage`, `onForkHuge…` answer anything but 'share' for this mm?
   * When every overlay says `false`, whole page tables are shared unasked: a promise that saves time, not a verdict, so
   * the hooks must answer the same without it. Leave it out to be asked for every page.
   */
  readonly forkLooksAtPages?: (mm: MmView) => boolean | undefined;
  /** A present entry at PTE level. @kernel mm/memory.c copy_present_pte() */
  readonly onForkPage?: (page: PageView) => ForkPageVerdict | undefined;
  /** @kernel mm/huge_memory.c copy_huge_pmd() */
  readonly onForkHugePmd?: (page: PageView) => ForkHugeVerdict | undefined;
  /** @kernel mm/huge_memory.c copy_huge_pud() */
  readonly onForkHugePud?: (page: PageView) => ForkHugeVerdict | undefined;
  /** @kernel mm/hugetlb.c copy_hugetlb_page_range() */
  readonly onForkHugetlb?: (page: PageView) => ForkPageVerdict | undefined;
  /** A write to a read-only anonymous entry. @kernel mm/memory.c do_wp_page() */
  readonly onWriteFault?: (page: PageView) => WriteFaultVerdict | undefined;
  /** The same at PMD level. @kernel mm/huge_memory.c do_huge_pmd_wp_page() */
  readonly onWriteFaultHugePmd?: (page: PageView) => WriteFaultHugeVerdict | undefined;
  /** @kernel mm/hugetlb.c hugetlb_wp() */
  readonly onWriteFaultHugetlb?: (page: PageView) => WriteFaultVerdict | undefined;
  /** GUP met an entry that it may read but not write. @kernel mm/gup.c gup_must_unshare() */
  readonly onGup?: (page: PageView, request: GupRequest) => GupVerdict | undefined;
  /**
   * The user-space library that registers a buffer: does it call madvise(MADV_DONTFORK) first, as ibv_fork_init()
   * makes it?
   */
  readonly onRegister?: (vma: VmaView) => RegisterVerdict | undefined;
  /** @kernel mm/vmscan.c shrink_folio_list() */
  readonly onReclaim?: (page: PageView) => ReclaimVerdict | undefined;
}

/** Hooks that are asked for a verdict: all but the promise. */
export type VerdictHook = Exclude<keyof PolicyHooks, 'forkLooksAtPages'>;
export const HOOK_NAMES: readonly (keyof PolicyHooks)[] = ['forkLooksAtPages',
  ...(Object.keys(VERDICTS) as VerdictHook[])];

/** One overlay with its options filled in. */
export interface Overlay {
  readonly id: string;
  readonly hooks: PolicyHooks;
  readonly traits?: Partial<Traits>;
  /** Words of the world that this overlay keeps for itself. */
  readonly memoryWords?: number;
}
