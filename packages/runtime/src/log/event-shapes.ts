/**
 * The fields of each event. Where a role names a living thing (`mm`) or a free one (`newMm`), a replay holds the world
 * to it.
 */

import type { Event, Geometry } from '@cowlab/core';
import { THP_MODES } from './command-shapes.ts';
import { type AnyShape, type FieldValues, messageProblem, type Shapes, tableProblem } from './shape.ts';

const RUN = { mm: 'mm', vpn: 'vpn', nr: 'run' } as const;
const PAGE = { mm: 'mm', vpn: 'vpn' } as const;
const FORK_RUN = { from: 'mm', to: 'mm', vpn: 'vpn', nr: 'run' } as const;
const FORK_PAGE = { from: 'mm', to: 'mm', vpn: 'vpn' } as const;
const LOCK = ['mmap_lock', 'ptl'] as const;
const EARLY_COPY = { write: 'boolean', none: 'boolean', lru: 'boolean', young: 'boolean',
  exclusive: 'boolean' } as const;

export const EVENTS: Shapes<Event> = {
  AllocationsFail: { once: 'word', always: 'word' },
  PoolSet: { hugetlb: 'count', pagesLimit: 'count' },
  FoliosSet: { thp: THP_MODES, always: 'count', madvise: 'count', inherit: 'count' },
  HugetlbReserved: { nr: 'integer' },
  HugetlbRestoreMarked: { pfn: 'pfn' },
  FileCreated: { file: 'id', kind: 'id', nr: 'count', base: 'integer', step: 'integer', open: 'boolean' },
  DaxMemoryAdded: { file: 'file', pfn: 'newPfn', folio: 'newFolio', nr: 'nr' },
  PolicyRemembered: { word: 'id', value: 'integer' },
  TaskStarted: { task: 'id', mm: 'mm', parent: 'idOrNone' },
  TaskExited: { task: 'task' },
  TaskMovedToMm: { task: 'task', mm: 'mm' },

  MmCreated: { mm: 'newMm', from: 'idOrNone' },
  MmDestroyed: { mm: 'mm' },
  KsmEntered: { mm: 'mm', order: 'count' },
  UffdOpened: { mm: 'mm', forks: 'boolean' },
  BrkMoved: { mm: 'mm', start: 'bytes', brk: 'bytes' },
  HasPinnedSet: { mm: 'mm' },
  WriteProtectSeqMoved: { mm: 'mm', seq: 'count' },
  PageTableAllocated: { mm: 'mm', level: 'level', vpn: 'vpn', node: 'record' },
  PageTablesFreed: { mm: 'mm', floor: 'vpn', ceiling: 'vpn' },

  VmaMapped: { mm: 'mm', vma: 'newVma', start: 'vpn', end: 'vpn', flags: 'word', file: 'id', pgoff: 'count' },
  VmaUnmapped: { mm: 'mm', vma: 'vma' },
  VmaSplit: { mm: 'mm', vma: 'vma', at: 'vpn', into: 'newVma' },
  VmasMerged: { mm: 'mm', vma: 'vma', gone: 'vma' },
  VmaResized: { mm: 'mm', vma: 'vma', start: 'vpn', end: 'vpn' },
  VmaFlagsChanged: { mm: 'mm', vma: 'vma', flags: 'word' },
  AnonVmaPrepared: { mm: 'mm', vma: 'vma', anonVma: 'word' },
  VmaCopied: { from: 'mm', to: 'mm', src: 'vma', vma: 'newVma', flags: 'word', anonVma: 'word' },

  ZeroPagesMapped: RUN,
  HugeZeroMapped: PAGE,
  AnonPagesMapped: { ...RUN, pfn: 'newPfn', write: 'boolean', exclusive: 'boolean' },
  AnonFolioMapped: { ...RUN, pfn: 'newPfn', folio: 'newFolio', write: 'boolean', exclusive: 'boolean' },
  HugePageMapped: { ...RUN, pfn: 'newPfn', folio: 'newFolio', hugetlb: 'boolean', write: 'boolean',
    exclusive: 'boolean', reserved: 'boolean' },
  PageCacheFilled: { file: 'file', index: 'count', nr: 'nr', pfn: 'newPfn' },
  FilePagesMapped: { ...RUN, file: 'file', index: 'count', write: 'boolean', dirty: 'boolean' },
  HugePudMapped: { ...PAGE, file: 'file' },
  FilePageCopied: { ...PAGE, file: 'file', index: 'count', pfn: 'newPfn', write: 'boolean', exclusive: 'boolean' },
  CowBroken: { ...RUN, pfn: 'newPfn', write: 'boolean', exclusive: 'boolean' },
  HugeCowBroken: { ...PAGE, pfn: 'newPfn', folio: 'newFolio', write: 'boolean', exclusive: 'boolean' },
  CowReused: { ...RUN, write: 'boolean', exclusive: 'boolean' },
  PmdSplit: PAGE,
  PudCleared: PAGE,
  PtesAccessed: { ...RUN, dirty: 'boolean' },
  PtesZapped: RUN,
  PtesProtected: { ...RUN, write: 'boolean', none: 'boolean' },
  PtesMoved: { mm: 'mm', vpn: 'vpn', to: 'vpn', nr: 'run' },

  GuardsInstalled: RUN,
  GuardsRemoved: RUN,
  PtesWatched: RUN,
  PtesUnwatched: RUN,
  MarkersCopied: FORK_RUN,

  PagesMarkedLazyfree: RUN,
  LazyfreeTakenBack: PAGE,
  FolioSplit: { pfn: 'pfn', nr: 'nr' },
  ZeroFilledPagesDropped: RUN,
  KsmPageMade: PAGE,
  KsmPageLeft: { pfn: 'pfn' },
  KsmPageShared: { ...PAGE, pfn: 'pfn' },
  // The frame is new for the first of the entries only; the others find it taken.
  PteMigrated: { ...PAGE, from: 'pfn', pfn: 'count', fresh: 'boolean' },
  HugePageCollapsed: { ...RUN, pfn: 'newPfn', folio: 'newFolio', write: 'boolean', none: 'boolean',
    exclusive: 'boolean' },

  PagesStored: { ...RUN, value: 'count' },
  DeviceStored: { pin: 'pin', index: 'count', value: 'count' },
  DeviceLoaded: { pin: 'pin', index: 'count' },
  RemoteStored: { ...PAGE, pfn: 'pfn', value: 'count' },

  PinOpened: { pin: 'id', mm: 'mm', vpn: 'vpn', nr: 'nr', flags: 'word', device: 'id' },
  PagesPinned: { pin: 'pin', index: 'count', nr: 'nr', pfn: 'pfn' },
  PagesUnpinned: { pin: 'pin', index: 'count', nr: 'nr' },
  PinClosed: { pin: 'pin' },

  PageSwappedOut: { ...PAGE, slot: 'slot', exclusive: 'boolean' },
  PageAddedToSwapCache: { ...PAGE, slot: 'newSlot' },
  SwapCacheFreed: { slot: 'slot' },
  CachedPageSwappedOut: { file: 'file', index: 'count', slot: 'newSlot' },
  PageSwappedIn: { ...PAGE, slot: 'slot', pfn: 'pfn', fresh: 'boolean', write: 'boolean', exclusive: 'boolean',
    freeSlot: 'boolean' },

  PtesShared: { ...FORK_RUN, wrprotect: 'boolean', clean: 'boolean', exclusiveCleared: 'boolean' },
  PagesCopied: { ...FORK_RUN, pfn: 'newPfn', ...EARLY_COPY },
  SwapPtesShared: FORK_RUN,
  HugePmdShared: { ...FORK_PAGE, wrprotect: 'boolean', exclusiveCleared: 'boolean' },
  HugePudShared: { ...FORK_PAGE, wrprotect: 'boolean' },
  HugePageCopied: { ...FORK_PAGE, pfn: 'newPfn', folio: 'newFolio', write: 'boolean', none: 'boolean',
    exclusive: 'boolean' },

  PteWrprotected: PAGE,
  PteRestored: { ...PAGE, pte: 'word' },
  PageDuped: { mm: 'mm', pfn: 'pfn', exclusiveCleared: 'boolean' },
  ChildPteSet: { ...PAGE, pte: 'word' },
  PagePreallocated: { pfn: 'newPfn' },
  PreallocFreed: { pfn: 'pfn' },
  PageCopyMade: { pfn: 'newPfn', from: 'pfn' },
  PageCopyMapped: { ...PAGE, pfn: 'pfn', write: 'boolean', exclusive: 'boolean' },
  PreallocCopied: { ...FORK_RUN, pfn: 'pfn', ...EARLY_COPY },
  PageGrabbed: { pfn: 'pfn', flags: 'word' },
  PageUngrabbed: { pfn: 'pfn', flags: 'word' },
  PinNoted: { pin: 'pin', index: 'count', pfn: 'pfn' },
  PteCleared: PAGE,
  ExclusiveCleared: { pfn: 'pfn' },
  SwapPteSet: { ...PAGE, pfn: 'pfn', slot: 'slot', exclusive: 'boolean' },
  LockTaken: { mm: 'mm', lock: LOCK, by: 'word' },
  LockDropped: { mm: 'mm', lock: LOCK, by: 'word' },
  VmaReadLocked: { mm: 'mm', vma: 'vma' },
  VmaReadUnlocked: { mm: 'mm', vma: 'vma' },
  VmaWriteLocked: { mm: 'mm', vma: 'vma' },
  VmaWritesUnlocked: { mm: 'mm' },
  TlbFlushed: { mm: 'mm' },
  StoredByTlb: { pfn: 'pfn', value: 'word' },
};

export const EVENT_SHAPES = EVENTS as Readonly<Record<string, AnyShape>>;

export function eventProblem(event: unknown, geometry: Geometry): string | null {
  return messageProblem('event', EVENT_SHAPES, event, geometry);
}

/** The same of many events of one type, field by field. */
export function eventsProblem(
  type: string,
  fields: ReadonlyMap<string, FieldValues>,
  geometry: Geometry,
): string | null {
  return tableProblem('event', EVENT_SHAPES, type, fields, geometry);
}
