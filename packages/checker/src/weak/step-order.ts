/**
 * What arm64 keeps in order in and around each step: which of its accesses are one atomic, which acquire or release,
 * and what barriers stand between. By the facts that the step states and, where it only looks, by its name.
 *
 * @kernel arch/arm64/include/asm: atomic_lse.h, atomic_ll_sc.h, barrier.h (smp_wmb: DMB ISHST, smp_rmb: DMB ISHLD);
 * include/linux/seqlock.h raw_write_seqcount_begin(), raw_read_seqcount(), read_seqcount_retry(); mm/gup.c
 */
import { FOLL_PIN, type Traits } from '@cowlab/core';
import type { Leaf } from '../machine/automaton.ts';
import type { Weakening } from '../memory/orders.ts';
import { fencesOf, type Strengthening } from '../memory/strengthenings.ts';
import type { Barrier } from '../memory/views.ts';

/** How arm64 makes its atomics: by one instruction, or by a pair that loads and stores. */
export type AtomicForm = 'lse' | 'llsc';

export interface StepOrder {
  readonly before: Barrier | null;
  /** Words that it both reads and writes are changed by one atomic. */
  readonly atomic: boolean;
  /** And nobody gets the old value: STADD and its like, which DMB ISHLD does not order. */
  readonly noReturn: boolean;
  readonly acquire: boolean;
  readonly release: boolean;
  /** Between what it reads and what it writes. */
  readonly between: Barrier | null;
  readonly after: Barrier | null;
  /** Locks taken and given back on the way, of tables that nobody else looks at. */
  readonly locks: boolean;
  /** Its stores come to memory in the order in which it makes them, after all that is there. */
  readonly inOrder: boolean;
}

/**
 * What moves more words than that, such as the split of a PMD, is coarser than the kernel's steps anyway
 * (`machine/coarse.ts`); that its stores may be early is not looked at.
 */
const STORES_FREE = 4;

const PLAIN: StepOrder = { before: null, atomic: false, noReturn: false, acquire: false, release: false, between: null,
  after: null, locks: false, inOrder: false };

export interface OrderOptions {
  readonly form: AtomicForm;
  readonly weakened: readonly Weakening[];
  readonly strengthened: readonly Strengthening[];
  /** Does the step count on a large folio, whose pins have a word of their own? */
  readonly isLarge: (leaf: Leaf) => boolean;
}

export function stepOrder(leaf: Leaf, traits: Traits, options: OrderOptions): StepOrder {
  const own = byFacts(leaf, traits, options);
  const { before, after } = fencesOf(options.strengthened)(leaf.name);
  const inOrder = leaf.writes.length + leaf.buffered.length > 2 * STORES_FREE;
  return { ...own, ...(before && { before: 'sy' }), ...(after && { after: 'sy' }), inOrder };
}

function byFacts(leaf: Leaf, traits: Traits, { form, weakened, isLarge }: OrderOptions): StepOrder {
  const { name, facts } = leaf;
  const relaxed: StepOrder = { ...PLAIN, atomic: true, noReturn: form === 'lse' };
  if (name.startsWith('smp_mb')) return { ...PLAIN, after: 'sy' };
  if (name === 's = write_protect_seq') return { ...PLAIN, after: 'ld' };
  if (name === 'write_protect_seq == s?') return { ...PLAIN, before: 'ld' };
  if (name === 'seq := odd') return { ...PLAIN, after: 'st' };
  if (name === 'seq := even') return { ...PLAIN, between: 'st' };
  for (const fact of facts) {
    switch (fact.type) {
      case 'LockTaken':
        return { ...PLAIN, atomic: true, acquire: !weakened.includes('lock') };
      case 'LockDropped':
        return { ...PLAIN, release: true, atomic: fact.lock === 'mmap_lock' };
      case 'TlbFlushed':
        return { ...PLAIN, before: 'sy', after: 'sy' };
      case 'PageGrabbed':
        if ((fact.flags & FOLL_PIN) === 0) return relaxed;
        // One ordered reference, and where the pin is not a part of it a relaxed add after it: always of a large folio.
        return traits.pinAdd === 'whole' && !isLarge(leaf)
          ? { ...PLAIN, atomic: true, between: 'sy', after: 'sy' }
          : { ...relaxed, between: 'sy', after: traits.exclusiveBarriers ? 'sy' : null };
      case 'PageUngrabbed':
      case 'PagesUnpinned':
        return facts.some(({ type }) => type === 'PageDuped')
          ? relaxed
          : { ...PLAIN, atomic: true, between: 'sy', after: 'sy' };
      case 'PageTableAllocated':
        return { ...PLAIN, locks: true };
      case 'PteWrprotected':
        return { ...PLAIN, atomic: !weakened.includes('wrprotect') };
      case 'HasPinnedSet':
      case 'ChildPteSet':
      case 'PteRestored':
      case 'PagesStored':
      case 'StoredByTlb':
        return PLAIN;
      case 'PageDuped':
      case 'PagesPinned':
        return relaxed;
      default:
    }
  }
  // Counts move by atomics, and entries that the hardware may change by them too.
  return { ...PLAIN, atomic: true };
}
