/**
 * What there is to reach in the model: the facts of each command, both values of what a fact says yes or no to, every
 * verdict of every hook, every atomic step. Only what the steps of programs can bring about (KSM, DAX and brk are
 * not among them), and what mechanisms of the kernel at hand do not rule out.
 */
import { type EventOf, type EventType, forkPath, gupPath, type Policy, type Traits } from '@cowlab/core';
import type { FuzzKinds } from '../programs/fuzz-program.ts';

/** A cell is one such thing, by a name that says it: `fact Pin CowBroken`, `verdict onWriteFault reuse`. */
export type Cell = string;

/** `folios`: programs run under settings of the machine that may have folios between a page and a THP. */
export function knownCells(traits: Traits, kinds: FuzzKinds, folios = false): readonly Cell[] {
  const out = ruledOut(traits, folios && traits.anonFolios === 'sizes');
  const cells = [
    ...Object.entries(FACTS).filter(([type]) => isMeant(type, kinds)).flatMap(([type, commands]) =>
      commands.filter((command) => kinds !== 'golden' || !isWide(command, type)).map((command) =>
        factCell(command, type)
      )
    ),
    ...Object.entries(EITHER).filter(([type]) => kinds !== 'golden' || !WIDE_FACTS.has(type))
      .flatMap(([type, fields]) =>
        fields.flatMap((field) => [eitherCell(type, field, true), eitherCell(type, field, false)])
      ),
    ...Object.entries(VERDICTS).flatMap(([hook, verdicts]) => verdicts.map((verdict) => verdictCell(hook, verdict))),
    ...[forkPath, gupPath].flatMap(({ name, steps }) => steps.map((step) => stepCell(name, step.name))),
  ];
  // Two steps of fork() have one name.
  return [...new Set(cells)].filter((cell) => !out(cell) && !AMONG_OTHERS.test(cell));
}

export const factCell = (command: string, type: string): Cell => `fact ${command} ${type}`;
export const eitherCell = (type: string, field: string, value: boolean): Cell => `either ${type} ${field}=${value}`;
export const verdictCell = (hook: string, verdict: string): Cell => `verdict ${hook} ${verdict}`;
export const stepCell = (path: string, step: string): Cell => `step ${path} ${step}`;
export const refusalCell = (command: string, errno: string): Cell => `refusal ${command} ${errno}`;

/**
 * Commands that take a fault. What is locked is populated, also when mprotect() makes it writable and when mremap()
 * makes it longer.
 */
const READING = ['Load', 'Pin', 'RemoteLoad', 'Mlock'];
const WRITING = ['Store', 'Pin', 'RemoteStore', 'Mlock', 'Mprotect'];
const FRESH = [...WRITING, 'Mremap'];
/** A read-only pin may have to break COW, too; of hugetlb, which mlock() does not mark, a load allocates. */
const BREAKING = [...WRITING, 'RemoteLoad'];
const ANY = [...BREAKING, 'Load'];

/** By fact, the commands that can bring it about. */
const FACTS: Readonly<Partial<Record<EventType, readonly string[]>>> = {
  HugetlbReserved: ['Mmap', 'Munmap', 'Madvise', 'Exit'],
  HugetlbRestoreMarked: ['Munmap', 'Madvise', 'Exit'],
  // Shared anonymous memory is a file.
  FileCreated: ['Mmap'],
  TaskStarted: ['Fork'],
  TaskExited: ['Exit'],
  MmCreated: ['Fork'],
  MmDestroyed: ['Exit', 'Fork'],
  HasPinnedSet: ['Pin', 'RemoteLoad', 'RemoteStore'],
  WriteProtectSeqMoved: ['Fork'],
  PageTableAllocated: [...ANY, 'Mremap', 'Fork'],
  PageTablesFreed: ['Munmap', 'Madvise', 'Mremap'],
  VmaMapped: ['Mmap', 'Mremap'],
  VmaUnmapped: ['Munmap', 'Mremap', 'Exit', 'Fork'],
  VmaSplit: ['Munmap', 'Mremap', 'Madvise', 'Mprotect', 'Mlock'],
  VmasMerged: ['Madvise', 'Mprotect', 'Mlock'],
  VmaResized: ['Mremap'],
  VmaFlagsChanged: ['Madvise', 'Mprotect', 'Mlock', 'Store', 'Pin', 'RemoteLoad', 'RemoteStore'],
  AnonVmaPrepared: [...ANY, 'Mremap'],
  VmaCopied: ['Fork'],
  ZeroPagesMapped: READING,
  HugeZeroMapped: READING,
  AnonPagesMapped: FRESH,
  AnonFolioMapped: FRESH,
  HugePageMapped: [...ANY, 'Mremap'],
  PageCacheFilled: ['Load', 'Store', 'Pin', 'RemoteLoad', 'RemoteStore', 'Mlock'],
  FilePagesMapped: ['Load', 'Store', 'Pin', 'RemoteLoad', 'RemoteStore', 'Mlock', 'Mremap'],
  FilePageCopied: FRESH,
  CowBroken: BREAKING,
  HugeCowBroken: BREAKING.filter((command) => command !== 'Mprotect'),
  CowReused: BREAKING,
  PmdSplit: ['Store', 'Pin', 'RemoteLoad', 'RemoteStore', 'Mlock', 'Madvise', 'Mprotect', 'Munmap', 'Mremap', 'Fork'],
  PtesAccessed: ['Load', 'Store', 'Mlock', 'Mprotect'],
  PtesProtected: ['Mprotect'],
  PtesMoved: ['Mremap'],
  // A hugetlb owner whose pool is empty takes its page away from the others.
  PtesZapped: ['Munmap', 'Mremap', 'Madvise', 'Exit', 'Fork', 'Store', 'Pin', 'RemoteLoad', 'RemoteStore'],
  PagesStored: ['Store'],
  DeviceStored: ['DeviceStore'],
  DeviceLoaded: ['DeviceLoad'],
  RemoteStored: ['RemoteStore'],
  PinOpened: ['Pin'],
  PagesPinned: ['Pin'],
  PagesUnpinned: ['Pin', 'Unpin'],
  PinClosed: ['Pin', 'Unpin'],
  GuardsInstalled: ['Madvise'],
  GuardsRemoved: ['Madvise'],
  MarkersCopied: ['Fork'],
  UffdOpened: ['UffdOpen', 'Fork'],
  PtesUnwatched: ['UffdProtect', 'UffdUnregister', 'Fork'],
  PtesWatched: ['ClearRefs', 'Load', 'Pin', 'RemoteLoad', 'Mlock'],
  PagesMarkedLazyfree: ['Madvise'],
  FolioSplit: ['Madvise'],
  ZeroFilledPagesDropped: ['Madvise'],
  PtesShared: ['Fork'],
  PagesCopied: ['Fork'],
  HugePmdShared: ['Fork'],
  HugePageCopied: ['Fork'],
  PteWrprotected: ['Fork'],
  PteRestored: ['Fork'],
  PageDuped: ['Fork'],
  ChildPteSet: ['Fork'],
  PagePreallocated: ['Fork'],
  PreallocCopied: ['Fork'],
  PageGrabbed: ['Pin', 'RemoteLoad', 'RemoteStore'],
  PageUngrabbed: ['Pin', 'RemoteLoad', 'RemoteStore'],
  PinNoted: ['Pin'],
};

type YesNo<E> = { [K in keyof E]: E[K] extends boolean ? K : never }[keyof E];

/**
 * What a fact says yes or no to. Left out is what has one answer here: nobody forces a write into read-only memory,
 * and fork() copies no entries of shared memory.
 */
const EITHER: { readonly [Type in EventType]?: readonly YesNo<EventOf<Type>>[] } = { AnonPagesMapped: ['exclusive'],
  AnonFolioMapped: ['write'], HugePageMapped: ['hugetlb', 'write', 'exclusive', 'reserved'],
  FilePagesMapped: ['write', 'dirty'], FilePageCopied: ['exclusive'], CowBroken: ['write', 'exclusive'],
  HugeCowBroken: ['write', 'exclusive'], CowReused: ['write', 'exclusive'], PtesAccessed: ['dirty'],
  PtesProtected: ['write', 'none'], PtesShared: ['exclusiveCleared'],
  PagesCopied: ['write', 'none', 'lru', 'young', 'exclusive'], HugePmdShared: ['exclusiveCleared'],
  HugePageCopied: ['write', 'none', 'exclusive'], PageDuped: ['exclusiveCleared'] };

export function eithersOf(type: EventType): readonly string[] {
  return EITHER[type] ?? NONE;
}

const NONE: readonly string[] = [];

/** Hooks that steps of programs ask; no one registers a buffer in a library here, and no device is DAX. */
export type VerdictHook = 'onForkVma' | 'onForkPage' | 'onForkHugePmd' | 'onForkHugetlb' | 'onWriteFault'
  | 'onWriteFaultHugePmd' | 'onWriteFaultHugetlb' | 'onGup';
export const VERDICTS: { readonly [Hook in VerdictHook]: readonly ReturnType<Policy[Hook]>[] } = {
  onForkVma: ['copy', 'skip', 'wipe'],
  onForkPage: ['share', 'copy'],
  onForkHugePmd: ['share', 'split'],
  onForkHugetlb: ['share', 'copy'],
  onWriteFault: ['copy', 'reuse'],
  onWriteFaultHugePmd: ['split', 'reuse', 'copy'],
  onWriteFaultHugetlb: ['copy', 'reuse'],
  onGup: ['take', 'unshare', 'break-cow'],
};

/** Steps that a path has only where another one runs at the same time. */
const AMONG_OTHERS =
  /^step (fork smp_mb|gup (un)?lock (mmap_lock|ptl)|gup has_pinned := 1$|gup ref -= grab, all pages$)/;

const WIDE_FACTS: ReadonlySet<string> = new Set(['PagesMarkedLazyfree', 'FolioSplit', 'ZeroFilledPagesDropped']);
/** Facts of one subject, and the kinds of programs that bring them about. */
const MEANT: Readonly<Record<string, readonly FuzzKinds[]>> = { GuardsInstalled: ['guard'], GuardsRemoved: ['guard'],
  MarkersCopied: ['guard'], PtesWatched: ['soft-dirty'], UffdOpened: ['uffd'], PtesUnwatched: ['uffd'] };
const isMeant = (type: string, kinds: FuzzKinds): boolean => MEANT[type]?.includes(kinds) ?? true;

/** What mprotect() does to memory that is not locked. */
const UNLOCKED_MPROTECT: ReadonlySet<string> = new Set(['VmaSplit', 'VmasMerged', 'VmaFlagsChanged', 'PmdSplit',
  'PtesProtected']);

/** Out of reach of programs of the golden kinds, which lock and remap nothing and have a large hugetlb pool. */
function isWide(command: string, type: string): boolean {
  if (command === 'Mlock' || command === 'Mremap' || WIDE_FACTS.has(type)) return true;
  if (command === 'Mprotect') return !UNLOCKED_MPROTECT.has(type);
  if (command === 'Fork' && type === 'PtesZapped') return true;
  const takenBack = type === 'VmaFlagsChanged' || type === 'PtesZapped';
  return takenBack && (command === 'Store' || command === 'Pin' || command.startsWith('Remote'));
}

/** A mechanism that a kernel has not, or has always, leaves one side of the question. */
function ruledOut(traits: Traits, folios: boolean): (cell: Cell) => boolean {
  const patterns = [
    folios ? null : /AnonFolioMapped/,
    traits.anonExclusive
      ? / (AnonPages|HugePage|FilePage|Cow|HugeCow|PagesCopied|HugePageCopied)\w* exclusive=false$|PtesShared exclusiveCleared=false$/
      : / exclusive(Cleared)?=true$/,
    traits.guardRegions === 'none' ? / (Guards\w+|MarkersCopied)$/ : null,
    traits.zeroPage === 'mapped' ? null : / (ZeroPagesMapped|HugeZeroMapped)$/,
    traits.zeroPage === 'forbidden' ? / ZeroFilledPagesDropped$/ : null,
    traits.forkOrder === 'test-first' ? /PteRestored$|step fork pte := A$/ : null,
    traits.writeProtectSeq ? null : /WriteProtectSeqMoved$/,
    traits.hasPinned === 'no' ? /HasPinnedSet$/ : null,
    traits.earlyCopyLru ? /lru=false$/ : /lru=true$/,
    traits.earlyCopyYoung ? /young=false$/ : /young=true$/,
  ].filter((pattern) => pattern !== null);
  return (cell) => patterns.some((pattern) => pattern.test(cell));
}
