/** @cowlab/core: the domain of fork(), copy-on-write and pinned pages. No dependency, no I/O, runs in a browser. */

export { type Advice, type Command, type CommandOf, type CommandType, type FailTimes, type FileKind, type LogEntry,
  MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_LOCKED, MAP_PRIVATE, MAP_SHARED, MREMAP_FIXED,
  MREMAP_MAYMOVE, PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE } from './commands.ts';
export { done, type Errno, refuse, type Result } from './errno.ts';
export { eventsThat, type Joining, type Showing } from './event-kinds.ts';
export { assertNever, type Event, type EventOf, type EventType } from './events.ts';
export type { ThpEnabled } from './tables/header.ts';
export { evolve } from './evolve.ts';
export { type Geometry, hugePages, PAGE_SHIFT, PAGE_SIZE, taskSizePages, toyGeometry, X86_64 } from './geometry.ts';
export { type Broken, checkInvariants } from './invariants.ts';
export { BLOCKED, DONE, type Frame, Kernel, type Path, type Step, type StepListener } from './kernel.ts';
export { drop, type LockMode, take, writeLockVma, writeUnlockVmas } from './lock.ts';
export { execute, type Outcome } from './machine.ts';
export { inspectMm, inspectVmaAt, inspectPage, inspectPin, type MmSnapshot, type PageSnapshot, type PinSnapshot,
  type VmaSnapshot } from './inspect.ts';
export { forkFrame, forkPath } from './fork/fork.ts';
export { type FrameAllocator, FrameAllocatorError, FreeMemory, LOWEST_FREE } from './page/frame-allocator.ts';
export { type Allocation, ALLOCATIONS } from './page/allocations.ts';
export { frameAt, leafEntry, leafLevel } from './page/lookup.ts';
export { GUP, gupFrame, gupPath } from './pin/gup.ts';
export { accessFrame, ANOTHER_BYTE, accessPath, type TlbEntry } from './fault/access-path.ts';
export { unmapFrame, unmapPath } from './reclaim/unmap.ts';
export { pinnedFrame } from './pin/evolve-pin.ts';
export type { ForkHugeVerdict, ForkPageVerdict, ForkVmaVerdict, GupRequest, GupVerdict, Overlay, PolicyHooks,
  ReclaimVerdict, RegisterVerdict, WriteFaultHugeVerdict, WriteFaultVerdict } from './policy/policy.ts';
export { HOOK_NAMES, VERDICTS } from './policy/policy.ts';
export { type Policy, PolicyError, stackPolicies } from './policy/stack.ts';
export { FORK_TESTS, type ForkOrder, type ForkTest, NAIVE_TRAITS, type Traits, TRAITS } from './policy/traits.ts';
export type { MmView, PageView, VmaView } from './policy/views.ts';
export { loadWorld, saveWorld, type SavedWorld } from './snapshot.ts';
// The raw tables, for read models that walk millions of entries. Reading only: evolve alone changes a world.
export { DEVICE, FILE, FOLL_FAST_ONLY, FOLL_FORCE, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, isCowMapping, MM, PIN,
  SWAP, TASK, VM_HUGETLB, VM_LOCKED, VM_PFNMAP, VM_READ, VM_SHARED, VM_SOFT_CLEAN, VM_WRITE,
  VMA } from './tables/fields.ts';
export { FOLIO } from './tables/folios.ts';
export { HEADER } from './tables/header.ts';
export { MAPCOUNT_SHIFT, PG_ANON, PG_DIRTY, PG_EXCLUSIVE, PG_KSM, PG_LARGE, PG_LIVE,
  PG_SWAPCACHE } from './tables/pages.ts';
export { plainRuns } from './tables/runs.ts';
export { isGuard, isHuge, isPresent, isSpecial, isSwap, isSwapExclusive, isTable, isWatched, isWritable, PFN_UNIT,
  pfnOf, PTE_DIRTY, PTE_PROTNONE, PTE_YOUNG } from './tables/pte.ts';
export { NO_VMA, vmaAtIndex, vmaOf } from './vma/list.ts';
export { type Capacity, World } from './tables/world.ts';
