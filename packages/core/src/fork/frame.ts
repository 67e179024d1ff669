/** What a fork() in progress holds in registers, and what its early copies look like. */

import type { Frame, Kernel } from '../kernel.ts';
import { VM_ACCESS, VM_WRITE, VMA } from '../tables/fields.ts';

export interface ForkFrame extends Frame {
  readonly from: number;
  readonly to: number;
  /** Position of the VMA at hand in the parent's list. */
  index: number;
  src: number;
  dst: number;
  cow: boolean;
  /** Does any overlay want to see pages of this mm? Read once, as has_pinned guards the slow side of the copy. */
  looks: boolean;
  addr: number;
  end: number;
  /** Snapshot of the entry at `addr`. */
  pte: number;
  /** Of the huge entry at hand. */
  level: number;
  /** The page table lock is held. */
  locked: boolean;
  maybePinned: boolean;
  /** has_pinned as the step before the verdict read it; null where the policy reads it itself. */
  hasPinned: boolean | null;
  /** How many of the tests before the verdict are done for this entry. */
  tested: number;
  /** A reference to the page at hand is taken already. */
  got: boolean;
  /** A page allocated outside the locks for an early copy, or -1. */
  prealloc: number;
  /** What becomes of the protection from stores that a userfaultfd gave the pages of this VMA. */
  watch: 'none' | 'ends' | 'follows';
  /** For pages from `knownAt` to before `knownUntil` the verdict is `known`: they have been asked about already. */
  knownAt: number;
  knownUntil: number;
  known: 'share' | 'copy' | 'split';
  /** What the page looked like when it was asked about. */
  knownPinned: boolean;
}

/** How the child's own copy is mapped: its VMA decides about writing, the generation about the rest. */
export function earlyCopy(
  k: Kernel,
  f: ForkFrame,
): { write: boolean; none: boolean; lru: boolean; young: boolean; exclusive: boolean } {
  const { traits } = k.policy;
  const flags = k.world.vmas.get(f.dst, VMA.FLAGS);
  return { write: (flags & VM_WRITE) !== 0, none: (flags & VM_ACCESS) === 0, lru: traits.earlyCopyLru,
    young: traits.earlyCopyYoung, exclusive: traits.anonExclusive };
}
