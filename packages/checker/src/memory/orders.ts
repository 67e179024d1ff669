/**
 * How each fact is stored on x86, for runs with store buffers. A locked instruction or a full barrier waits until all
 * that its CPU stored before is in memory. What is in neither list writes words that only its own actor looks at;
 * where another actor does look, it counts as locked.
 *
 * @kernel arch/x86/include/asm/pgtable.h ptep_set_wrprotect() (a locked RMW), set_pte() (a plain store);
 * memory-barriers.txt
 */
import type { Event, EventType } from '@cowlab/core';
import type { StoreOrder } from '../machine/words.ts';

const PLAIN: readonly EventType[] = [
  'HasPinnedSet',
  'WriteProtectSeqMoved',
  'PteRestored',
  'ChildPteSet',
  'LockDropped',
  'VmaWritesUnlocked',
  'PagesStored',
  'StoredByTlb',
  // As the two steps of the race that 088b8aa537c2 closed; the barriers between them are steps of their own.
  'PteCleared',
  'ExclusiveCleared',
];
const LOCKED: readonly EventType[] = ['PteWrprotected', 'PageDuped', 'PageGrabbed', 'PageUngrabbed', 'PagesPinned',
  'PagesUnpinned', 'LockTaken', 'VmaReadLocked', 'VmaReadUnlocked', 'VmaWriteLocked', 'PtesZapped', 'PageSwappedOut',
  'PageAddedToSwapCache', 'HugePmdShared', 'CowBroken', 'CowReused', 'PtesProtected'];

/** What a race may weaken, to ask which of its barriers it needs. */
export const WEAKENINGS = {
  /** Write-protecting is a plain store. */
  wrprotect: { fact: 'PteWrprotected', order: 'plain' },
  /** Taking a lock is no barrier for earlier stores (it still excludes). */
  lock: { fact: 'LockTaken', order: 'weak' },
} as const satisfies Record<string, { readonly fact: EventType; readonly order: StoreOrder }>;

export type Weakening = keyof typeof WEAKENINGS;

export type Orders = (fact: Event) => StoreOrder;

export function ordersOf(weakened: readonly Weakening[]): Orders {
  const table = new Map<EventType, StoreOrder>();
  for (const fact of PLAIN) table.set(fact, 'plain');
  for (const fact of LOCKED) table.set(fact, 'locked');
  // @kernel arch/x86/mm/tlb.c flush_tlb_mm_range(): returns when the interrupts have been answered
  table.set('TlbFlushed', 'acknowledged');
  // @kernel mm/memory.c wp_page_copy(): ptep_clear_flush() before the copy is mapped
  table.set('PageCopyMapped', 'acknowledged');
  for (const name of weakened) table.set(WEAKENINGS[name].fact, WEAKENINGS[name].order);
  // A spinlock is given back by a store, a semaphore that others may hold too by a locked subtraction.
  return (
    fact,
  ) => (fact.type === 'LockDropped' && fact.lock === 'mmap_lock' ? 'locked' : table.get(fact.type) ?? 'direct');
}
