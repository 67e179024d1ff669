/** What kind of fact each event is: one row for each, so that a new one has to say. */

import type { EventType } from './events.ts';

/**
 * Whether it joins others of its kind into a run. `alone`: never. `joins`: the one right before it. `moves`: one a
 * little way back too, past facts about other pages that `passes`; a broken COW may free the page it leaves, so nothing
 * is moved past it. `passes`: it takes pages and frees none, so it commutes with facts about other pages.
 */
export type Joining = 'alone' | 'joins' | 'moves' | 'passes';

/**
 * What it does to the page that an address shows. `parts`: takes it away, or puts another in its place; others may
 * follow or go before in the same command. `meets`: shows one where there was none. `keeps`: neither.
 */
export type Showing = 'parts' | 'meets' | 'keeps';

const KINDS: Readonly<Record<EventType, readonly [Joining, Showing]>> = {
  AllocationsFail: ['alone', 'keeps'],
  PoolSet: ['alone', 'keeps'],
  FoliosSet: ['alone', 'keeps'],
  HugetlbReserved: ['alone', 'keeps'],
  HugetlbRestoreMarked: ['alone', 'keeps'],
  FileCreated: ['alone', 'keeps'],
  DaxMemoryAdded: ['alone', 'keeps'],
  PolicyRemembered: ['alone', 'keeps'],
  TaskStarted: ['alone', 'keeps'],
  TaskExited: ['alone', 'keeps'],
  TaskMovedToMm: ['alone', 'keeps'],

  MmCreated: ['alone', 'keeps'],
  MmDestroyed: ['alone', 'keeps'],
  KsmEntered: ['alone', 'keeps'],
  UffdOpened: ['alone', 'keeps'],
  BrkMoved: ['alone', 'keeps'],
  HasPinnedSet: ['alone', 'keeps'],
  WriteProtectSeqMoved: ['alone', 'keeps'],
  PageTableAllocated: ['alone', 'keeps'],
  PageTablesFreed: ['alone', 'keeps'],

  VmaMapped: ['alone', 'keeps'],
  VmaUnmapped: ['alone', 'keeps'],
  VmaSplit: ['alone', 'keeps'],
  VmasMerged: ['alone', 'keeps'],
  VmaResized: ['alone', 'keeps'],
  VmaFlagsChanged: ['alone', 'keeps'],
  AnonVmaPrepared: ['alone', 'keeps'],
  VmaCopied: ['alone', 'keeps'],

  ZeroPagesMapped: ['passes', 'meets'],
  HugeZeroMapped: ['alone', 'meets'],
  AnonPagesMapped: ['passes', 'meets'],
  AnonFolioMapped: ['alone', 'meets'],
  HugePageMapped: ['alone', 'meets'],
  PageCacheFilled: ['joins', 'keeps'],
  FilePagesMapped: ['joins', 'meets'],
  HugePudMapped: ['alone', 'meets'],
  FilePageCopied: ['alone', 'meets'],
  CowBroken: ['moves', 'parts'],
  HugeCowBroken: ['alone', 'parts'],
  CowReused: ['passes', 'keeps'],
  PmdSplit: ['alone', 'keeps'],
  PudCleared: ['alone', 'parts'],
  PtesAccessed: ['passes', 'keeps'],
  PtesZapped: ['joins', 'parts'],
  PtesProtected: ['joins', 'keeps'],
  PtesMoved: ['alone', 'parts'],

  GuardsInstalled: ['joins', 'keeps'],
  GuardsRemoved: ['joins', 'keeps'],
  PtesWatched: ['joins', 'keeps'],
  PtesUnwatched: ['joins', 'keeps'],
  MarkersCopied: ['passes', 'keeps'],

  PagesMarkedLazyfree: ['joins', 'keeps'],
  LazyfreeTakenBack: ['alone', 'keeps'],
  FolioSplit: ['alone', 'keeps'],
  ZeroFilledPagesDropped: ['alone', 'parts'],
  KsmPageMade: ['alone', 'keeps'],
  KsmPageLeft: ['alone', 'keeps'],
  KsmPageShared: ['alone', 'parts'],
  PteMigrated: ['alone', 'parts'],
  HugePageCollapsed: ['alone', 'parts'],

  PagesStored: ['passes', 'keeps'],
  DeviceStored: ['alone', 'keeps'],
  DeviceLoaded: ['alone', 'keeps'],
  RemoteStored: ['alone', 'keeps'],

  PinOpened: ['alone', 'keeps'],
  PagesPinned: ['passes', 'keeps'],
  PagesUnpinned: ['alone', 'keeps'],
  PinClosed: ['alone', 'keeps'],

  PageSwappedOut: ['alone', 'parts'],
  PageAddedToSwapCache: ['alone', 'keeps'],
  SwapCacheFreed: ['alone', 'keeps'],
  CachedPageSwappedOut: ['alone', 'keeps'],
  PageSwappedIn: ['alone', 'meets'],

  PtesShared: ['passes', 'keeps'],
  PagesCopied: ['passes', 'keeps'],
  SwapPtesShared: ['passes', 'keeps'],
  HugePmdShared: ['alone', 'keeps'],
  HugePudShared: ['alone', 'keeps'],
  HugePageCopied: ['alone', 'keeps'],

  PteWrprotected: ['alone', 'keeps'],
  PteRestored: ['alone', 'keeps'],
  PageDuped: ['alone', 'keeps'],
  ChildPteSet: ['alone', 'keeps'],
  PagePreallocated: ['alone', 'keeps'],
  PreallocFreed: ['alone', 'keeps'],
  PageCopyMade: ['alone', 'keeps'],
  PageCopyMapped: ['alone', 'parts'],
  PreallocCopied: ['alone', 'keeps'],
  PageGrabbed: ['alone', 'keeps'],
  PageUngrabbed: ['alone', 'keeps'],
  PinNoted: ['alone', 'keeps'],
  PteCleared: ['alone', 'keeps'],
  ExclusiveCleared: ['alone', 'keeps'],
  SwapPteSet: ['alone', 'keeps'],
  LockTaken: ['alone', 'keeps'],
  LockDropped: ['alone', 'keeps'],
  VmaReadLocked: ['alone', 'keeps'],
  VmaReadUnlocked: ['alone', 'keeps'],
  VmaWriteLocked: ['alone', 'keeps'],
  VmaWritesUnlocked: ['alone', 'keeps'],
  TlbFlushed: ['alone', 'keeps'],
  StoredByTlb: ['alone', 'keeps'],
};

/** Sets, because they are asked for each fact of a stepped path. */
export function eventsThat(...kinds: readonly (Joining | Showing)[]): ReadonlySet<EventType> {
  const types = Object.keys(KINDS) as EventType[];
  return new Set(types.filter((type) => KINDS[type].some((kind) => kinds.includes(kind))));
}
