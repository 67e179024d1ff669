/**
 * The only thing that changes a world: total, deterministic, and asking nobody. Every choice it needs is in the event,
 * so a log replays to the same words under any policy's code.
 */

import type { Event } from './events.ts';
import { evolveFork } from './fork/evolve-fork.ts';
import { evolveStep } from './fork/evolve-step.ts';
import { evolveMachine, evolveMm } from './mm/evolve-mm.ts';
import { evolveMarkers } from './mm/evolve-markers.ts';
import { evolveBackground } from './reclaim/evolve-background.ts';
import { evolveFault } from './fault/evolve-fault.ts';
import { evolveSwap } from './reclaim/evolve-swap.ts';
import { evolvePin, evolveStore } from './pin/evolve-pin.ts';
import type { World } from './tables/world.ts';
import { evolveVma } from './vma/evolve-vma.ts';

/** `uniform` only saves time; a replay does without. See `Kernel.emit`. */
export function evolve(w: World, e: Event, uniform = false): void {
  switch (e.type) {
    case 'PtesShared':
    case 'PagesCopied':
    case 'SwapPtesShared':
    case 'HugePmdShared':
    case 'HugePudShared':
    case 'HugePageCopied':
      evolveFork(w, e, uniform);
      return;
    case 'ZeroPagesMapped':
    case 'HugeZeroMapped':
    case 'AnonPagesMapped':
    case 'AnonFolioMapped':
    case 'HugePageMapped':
    case 'PageCacheFilled':
    case 'FilePagesMapped':
    case 'FilePageCopied':
    case 'CowBroken':
    case 'HugeCowBroken':
    case 'CowReused':
    case 'PmdSplit':
    case 'PudCleared':
    case 'HugePudMapped':
    case 'PtesAccessed':
    case 'PtesZapped':
    case 'PtesProtected':
    case 'PtesMoved':
      evolveFault(w, e);
      return;
    case 'PagesStored':
    case 'DeviceStored':
    case 'DeviceLoaded':
    case 'RemoteStored':
      evolveStore(w, e);
      return;
    case 'PinOpened':
    case 'PagesPinned':
    case 'PagesUnpinned':
    case 'PinClosed':
      evolvePin(w, e);
      return;
    case 'GuardsInstalled':
    case 'GuardsRemoved':
    case 'PtesWatched':
    case 'PtesUnwatched':
    case 'MarkersCopied':
      evolveMarkers(w, e);
      return;
    case 'PageSwappedOut':
    case 'PageAddedToSwapCache':
    case 'SwapCacheFreed':
    case 'CachedPageSwappedOut':
    case 'PageSwappedIn':
      evolveSwap(w, e);
      return;
    case 'PagesMarkedLazyfree':
    case 'LazyfreeTakenBack':
    case 'FolioSplit':
    case 'ZeroFilledPagesDropped':
    case 'KsmPageMade':
    case 'KsmPageLeft':
    case 'KsmPageShared':
    case 'PteMigrated':
    case 'HugePageCollapsed':
      evolveBackground(w, e);
      return;
    case 'VmaMapped':
    case 'VmaUnmapped':
    case 'VmaSplit':
    case 'VmasMerged':
    case 'VmaResized':
    case 'VmaFlagsChanged':
    case 'AnonVmaPrepared':
    case 'VmaCopied':
      evolveVma(w, e);
      return;
    case 'MmCreated':
    case 'MmDestroyed':
    case 'KsmEntered':
    case 'UffdOpened':
    case 'BrkMoved':
    case 'HasPinnedSet':
    case 'WriteProtectSeqMoved':
    case 'PageTableAllocated':
    case 'PageTablesFreed':
      evolveMm(w, e);
      return;
    case 'AllocationsFail':
    case 'PoolSet':
    case 'FoliosSet':
    case 'DaxMemoryAdded':
    case 'HugetlbReserved':
    case 'HugetlbRestoreMarked':
    case 'PolicyRemembered':
    case 'FileCreated':
    case 'TaskStarted':
    case 'TaskExited':
    case 'TaskMovedToMm':
      evolveMachine(w, e);
      return;
    default:
      evolveStep(w, e);
  }
}
