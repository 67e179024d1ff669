/** Events in words, for people who look at one page. Numbers of pages in hex, as everywhere. */
import { assertNever, type Event } from '@cowlab/core';

const hex = (n: number): string => `0x${n.toString(16)}`;
const may = (write: boolean): string => (write ? 'writable' : 'write-protected');
const mine = (exclusive: boolean): string => (exclusive ? ', exclusive' : '');

/** The frame that a run gives to page `vpn`. */
const frame = (event: { readonly vpn: number; readonly pfn: number }, vpn: number): number =>
  event.pfn + Math.max(0, vpn - event.vpn);

/** What `event` did to page `vpn` of `mm`. */
export function eventWords(event: Event, mm: number, vpn: number): string {
  switch (event.type) {
    case 'ZeroPagesMapped':
      return 'a load found nothing: the zero page is mapped, write-protected';
    case 'HugeZeroMapped':
      return 'a load found nothing: the huge zero page is mapped';
    case 'AnonPagesMapped':
      return `a fresh page: frame ${frame(event, vpn)}, ${may(event.write)}${mine(event.exclusive)}`;
    case 'AnonFolioMapped':
      return `a fresh folio of ${event.nr} pages: frame ${frame(event, vpn)}, ${may(event.write)}${
        mine(event.exclusive)
      }`;
    case 'HugePageMapped':
      return `a fresh huge page${event.hugetlb ? ' of the pool' : ''}: frame ${frame(event, vpn)}, ${may(event.write)}`
        + mine(event.exclusive);
    case 'FilePagesMapped':
      return `page ${event.index + vpn - event.vpn} of file ${event.file} is mapped, ${may(event.write)}`;
    case 'HugePudMapped':
      return `memory of file ${event.file} is mapped by one PUD`;
    case 'FilePageCopied':
      return `a store to a private file page: copied to frame ${event.pfn}`;
    case 'CowBroken':
      return `copy-on-write: copied to a new frame ${frame(event, vpn)}, ${may(event.write)}${mine(event.exclusive)}`;
    case 'HugeCowBroken':
      return `copy-on-write of the whole huge page: frame ${frame(event, vpn)}`;
    case 'CowReused':
      return `copy-on-write kept the page: ${may(event.write)}${mine(event.exclusive)}`;
    case 'PmdSplit':
      return 'the huge mapping is split into single entries';
    case 'PudCleared':
      return 'the huge PUD is cleared, to be faulted in again';
    case 'PtesAccessed':
      return event.dirty ? 'stored to: the entry is dirty' : 'read: the entry is young';
    case 'PtesZapped':
      return 'unmapped: the entry is clear';
    case 'PtesProtected':
      return event.none ? 'mprotect(): no access' : `mprotect(): ${may(event.write)}`;
    case 'PtesMoved':
      return vpn >= event.to && vpn < event.to + event.nr
        ? `mremap(): came from ${hex(event.vpn + vpn - event.to)}`
        : `mremap(): went to ${hex(event.to + vpn - event.vpn)}`;
    case 'PagesStored':
      return `holds ${event.value} now`;
    case 'DeviceStored':
      return `the device of pin ${event.pin} stores ${event.value}`;
    case 'DeviceLoaded':
      return `the device of pin ${event.pin} reads it`;
    case 'RemoteStored':
      return `another process stores ${event.value} into frame ${event.pfn}`;
    case 'PagesPinned':
      return `pin ${event.pin} takes it`;
    case 'PagesUnpinned':
      return `pin ${event.pin} gives it back`;
    case 'GuardsInstalled':
      return 'MADV_GUARD_INSTALL: nobody may touch it';
    case 'GuardsRemoved':
      return 'MADV_GUARD_REMOVE: an empty entry again';
    case 'PtesWatched':
      return 'write-protected, so that the next store shows';
    case 'PtesUnwatched':
      return 'nobody waits for the next store any more';
    case 'MarkersCopied':
      return 'fork() copies what its empty entry says';
    case 'PagesMarkedLazyfree':
      return 'MADV_FREE: the next reclaim may drop it';
    case 'LazyfreeTakenBack':
      return 'reclaim finds it in use: an ordinary page again';
    case 'ZeroFilledPagesDropped':
      return 'full of zeroes: the zero page takes its place';
    case 'KsmPageMade':
      return 'KSM makes it read-only, to share it';
    case 'KsmPageShared':
      return `KSM lets it share frame ${event.pfn}`;
    case 'PteMigrated':
      return `migrated from frame ${event.from} to ${event.pfn}`;
    case 'HugePageCollapsed':
      return `khugepaged makes one huge page of it: frame ${frame(event, vpn)}`;
    case 'PageSwappedOut':
      return `swapped out to slot ${event.slot}`;
    case 'PageAddedToSwapCache':
      return `goes into the swap cache, slot ${event.slot}`;
    case 'PageSwappedIn':
      return `swapped in: frame ${event.pfn}, ${may(event.write)}${mine(event.exclusive)}`;
    case 'PtesShared':
      return `${event.to === mm ? `fork() from mm ${event.from}` : `fork() to mm ${event.to}`}: the same frame`
        + (event.wrprotect ? ', both write-protected' : '') + (event.exclusiveCleared ? ', no longer exclusive' : '');
    case 'PagesCopied':
      return event.to === mm
        ? `fork() from mm ${event.from}: an early copy, frame ${frame(event, vpn)}`
        : `fork() copied it for mm ${event.to}; this page stays as it is`;
    case 'SwapPtesShared':
      return `fork(): mm ${event.from} and mm ${event.to} share the swap slot`;
    case 'HugePmdShared':
      return `fork(): mm ${event.from} and mm ${event.to} share the huge page`
        + (event.wrprotect ? ', write-protected' : '');
    case 'HugePudShared':
      return `fork(): mm ${event.from} and mm ${event.to} share the PUD`;
    case 'HugePageCopied':
      return event.to === mm
        ? `fork() from mm ${event.from}: a copy of the whole huge page, frame ${frame(event, vpn)}`
        : `fork() copied the whole huge page for mm ${event.to}`;
    default:
      return rareWords(event);
  }
}

type Common = 'ZeroPagesMapped' | 'HugeZeroMapped' | 'AnonPagesMapped' | 'AnonFolioMapped' | 'HugePageMapped'
  | 'FilePagesMapped' | 'HugePudMapped' | 'FilePageCopied' | 'CowBroken' | 'HugeCowBroken' | 'CowReused' | 'PmdSplit'
  | 'PudCleared' | 'PtesAccessed' | 'PtesZapped' | 'PtesProtected' | 'PtesMoved' | 'PagesStored' | 'DeviceStored'
  | 'DeviceLoaded' | 'RemoteStored' | 'PagesPinned' | 'PagesUnpinned' | 'GuardsInstalled' | 'GuardsRemoved'
  | 'MarkersCopied' | 'PtesWatched' | 'PtesUnwatched' | 'PagesMarkedLazyfree' | 'LazyfreeTakenBack'
  | 'ZeroFilledPagesDropped' | 'KsmPageMade' | 'KsmPageShared' | 'PteMigrated' | 'HugePageCollapsed' | 'PageSwappedOut'
  | 'PageAddedToSwapCache' | 'PageSwappedIn' | 'PtesShared' | 'PagesCopied' | 'SwapPtesShared' | 'HugePmdShared'
  | 'HugePudShared' | 'HugePageCopied';

/** Of the machine, of mappings, and the single steps that no log of a lab has. */
function rareWords(event: Exclude<Event, { type: Common }>): string {
  switch (event.type) {
    case 'VmaMapped':
      return `mapped, ${event.end - event.start} pages`;
    case 'VmaUnmapped':
      return 'the mapping goes';
    case 'VmaCopied':
      return `fork() copies the mapping to mm ${event.to}`;
    case 'PinOpened':
      return `${event.device === 0 ? 'a pipe' : `device ${event.device}`} asks for ${event.nr} pages`;
    case 'MmCreated':
      return event.from < 0 ? 'a new address space' : `a new address space, forked from mm ${event.from}`;
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
    case 'MmDestroyed':
    case 'KsmEntered':
    case 'UffdOpened':
    case 'BrkMoved':
    case 'HasPinnedSet':
    case 'WriteProtectSeqMoved':
    case 'PageTableAllocated':
    case 'PageTablesFreed':
    case 'VmaSplit':
    case 'VmasMerged':
    case 'VmaResized':
    case 'VmaFlagsChanged':
    case 'AnonVmaPrepared':
    case 'PageCacheFilled':
    case 'PinClosed':
    case 'SwapCacheFreed':
    case 'CachedPageSwappedOut':
    case 'FolioSplit':
    case 'PteWrprotected':
    case 'PteRestored':
    case 'PageDuped':
    case 'ChildPteSet':
    case 'PagePreallocated':
    case 'PreallocFreed':
    case 'PreallocCopied':
    case 'PageGrabbed':
    case 'PageUngrabbed':
    case 'PinNoted':
    case 'PteCleared':
    case 'ExclusiveCleared':
    case 'SwapPteSet':
    case 'LockTaken':
    case 'LockDropped':
    case 'VmaReadLocked':
    case 'VmaReadUnlocked':
    case 'VmaWriteLocked':
    case 'VmaWritesUnlocked':
    case 'PageCopyMade':
    case 'PageCopyMapped':
    case 'TlbFlushed':
    case 'StoredByTlb':
      return event.type.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
    default:
      return assertNever(event);
  }
}
