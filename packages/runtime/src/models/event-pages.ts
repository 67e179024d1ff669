/** Which pages an event is about, and which page table entries it changes. */

import { assertNever, type Event, type Geometry, hugePages } from '@cowlab/core';

/** `nr` base pages from `vpn` on in address space `mm`. */
export interface PageRun {
  readonly mm: number;
  readonly vpn: number;
  readonly nr: number;
}

/**
 * Base pages that an event covers: the length of a run, a whole huge page, 1 for a fact about one page, 0 for one
 * about none.
 */
export function pagesOf(event: Event, geometry: Geometry): number {
  switch (event.type) {
    case 'HugeZeroMapped':
    case 'HugeCowBroken':
    case 'PmdSplit':
    case 'HugePmdShared':
    case 'HugePageCopied':
      return hugePages(geometry);
    case 'PudCleared':
    case 'HugePudShared':
    case 'HugePudMapped':
      return hugePages(geometry) ** 2;
    case 'HugetlbReserved':
    case 'FileCreated':
    case 'PinOpened':
      return 0;
    case 'FilePageCopied':
    case 'RemoteStored':
    case 'DeviceStored':
    case 'DeviceLoaded':
    case 'PageSwappedOut':
    case 'PageAddedToSwapCache':
    case 'PageSwappedIn':
    case 'PteWrprotected':
    case 'PteRestored':
    case 'PageDuped':
    case 'ChildPteSet':
    case 'PageCopyMade':
    case 'PageCopyMapped':
    case 'PagePreallocated':
    case 'PreallocFreed':
    case 'PageGrabbed':
    case 'PageUngrabbed':
    case 'PinNoted':
    case 'PteCleared':
    case 'ExclusiveCleared':
    case 'SwapPteSet':
    case 'StoredByTlb':
    case 'LazyfreeTakenBack':
    case 'KsmPageMade':
    case 'KsmPageShared':
    case 'PteMigrated':
      return 1;
    default:
      return 'nr' in event ? event.nr : 0;
  }
}

/**
 * The entries that an event may change. "May", because a run of zaps or of file pages also covers entries that it
 * leaves alone; who needs to know keeps track of which are empty, as `PteHistory` does.
 */
export function changedPtes(event: Event, geometry: Geometry): readonly PageRun[] {
  const huge = hugePages(geometry);
  switch (event.type) {
    case 'ZeroPagesMapped':
    case 'AnonPagesMapped':
    case 'AnonFolioMapped':
    case 'HugePageMapped':
    case 'FilePagesMapped':
    case 'CowReused':
    case 'PtesAccessed':
    case 'PtesZapped':
    case 'PtesProtected':
    case 'CowBroken':
    case 'PagesMarkedLazyfree':
    case 'GuardsInstalled':
    case 'GuardsRemoved':
    case 'PtesWatched':
    case 'PtesUnwatched':
    case 'ZeroFilledPagesDropped':
    case 'HugePageCollapsed':
      return [{ mm: event.mm, vpn: event.vpn, nr: event.nr }];
    case 'HugeZeroMapped':
    case 'HugeCowBroken':
    case 'PmdSplit':
      return [{ mm: event.mm, vpn: event.vpn, nr: huge }];
    case 'PudCleared':
    case 'HugePudMapped':
      return [{ mm: event.mm, vpn: event.vpn, nr: huge ** 2 }];
    case 'FilePageCopied':
    case 'PageSwappedOut':
    case 'PageSwappedIn':
    case 'PteWrprotected':
    case 'PteRestored':
    case 'ChildPteSet':
    case 'PageCopyMapped':
    case 'PteCleared':
    case 'SwapPteSet':
    case 'KsmPageMade':
    case 'KsmPageShared':
    case 'PteMigrated':
      return [{ mm: event.mm, vpn: event.vpn, nr: 1 }];
    case 'PtesMoved':
      return [{ mm: event.mm, vpn: event.vpn, nr: event.nr }, { mm: event.mm, vpn: event.to, nr: event.nr }];
    case 'PtesShared':
      return shared(event.from, event.to, event.vpn, event.nr, event.wrprotect);
    case 'SwapPtesShared':
      return shared(event.from, event.to, event.vpn, event.nr, true);
    case 'HugePmdShared':
      return shared(event.from, event.to, event.vpn, huge, event.wrprotect);
    case 'HugePudShared':
      return shared(event.from, event.to, event.vpn, huge ** 2, event.wrprotect);
    // The parent keeps its entry when the child gets a copy.
    case 'MarkersCopied':
    case 'PagesCopied':
    case 'PreallocCopied':
      return [{ mm: event.to, vpn: event.vpn, nr: event.nr }];
    case 'HugePageCopied':
      return [{ mm: event.to, vpn: event.vpn, nr: huge }];
    case 'AllocationsFail':
    case 'KsmPageLeft':
    case 'PoolSet':
    case 'FoliosSet':
    case 'HugetlbReserved':
    case 'HugetlbRestoreMarked':
    case 'FileCreated':
    case 'DaxMemoryAdded':
    case 'PolicyRemembered':
    case 'TaskStarted':
    case 'TaskExited':
    case 'TaskMovedToMm':
    case 'MmCreated':
    case 'MmDestroyed':
    case 'KsmEntered':
    case 'UffdOpened':
    case 'BrkMoved':
    case 'HasPinnedSet':
    case 'WriteProtectSeqMoved':
    case 'PageTableAllocated':
    case 'PageTablesFreed':
    case 'VmaMapped':
    case 'VmaUnmapped':
    case 'VmaSplit':
    case 'VmasMerged':
    case 'VmaResized':
    case 'VmaFlagsChanged':
    case 'AnonVmaPrepared':
    case 'VmaCopied':
    case 'PageCacheFilled':
    case 'PagesStored':
    case 'DeviceStored':
    case 'DeviceLoaded':
    case 'RemoteStored':
    case 'PinOpened':
    case 'PagesPinned':
    case 'PagesUnpinned':
    case 'PinClosed':
    case 'PageAddedToSwapCache':
    case 'SwapCacheFreed':
    case 'CachedPageSwappedOut':
    case 'PageDuped':
    case 'PageCopyMade':
    case 'PagePreallocated':
    case 'PreallocFreed':
    case 'PageGrabbed':
    case 'PageUngrabbed':
    case 'PinNoted':
    case 'LazyfreeTakenBack':
    case 'FolioSplit':
    case 'ExclusiveCleared':
    case 'LockTaken':
    case 'LockDropped':
    case 'VmaReadLocked':
    case 'VmaReadUnlocked':
    case 'VmaWriteLocked':
    case 'VmaWritesUnlocked':
    case 'TlbFlushed':
    case 'StoredByTlb':
      return NONE;
    default:
      return assertNever(event);
  }
}

const NONE: readonly PageRun[] = [];

/** fork() writes the child's entries, and the parent's where it takes something away from them. */
function shared(from: number, to: number, vpn: number, nr: number, changesParent: boolean): readonly PageRun[] {
  const child = { mm: to, vpn, nr };
  return changesParent ? [{ mm: from, vpn, nr }, child] : [child];
}
