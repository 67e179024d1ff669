/**
 * fork(): the VMAs of an mm in address order, and of each the entries, as ordered atomic steps. Where kernels differ in
 * order (write-protect then look for pins; look then write-protect) the order is the policy's.
 *
 * @kernel kernel/fork.c dup_mmap(), mm/memory.c copy_page_range() … copy_present_pte()
 */

import { done, refuse, type Result } from '../errno.ts';
import { DONE, type Kernel, type Path, type Step } from '../kernel.ts';
import { drop, take, writeLockVma, writeUnlockVmas } from '../lock.ts';
import { exitMm } from '../mm/exit.ts';
import { FOLL_GET, isCowMapping, MM, VM_ACCOUNT, VM_FORKED, VM_HUGETLB, VM_LOCKED, VM_MAYBE_GUARD, VM_MIXEDMAP,
  VM_PFNMAP, VM_RESERVED, VM_SHARED, VM_TAKEN_BACK, VM_UFFD, VM_UFFD_FORKS, VM_UFFD_WP, VMA,
  UFFD } from '../tables/fields.ts';
import { HEADER } from '../tables/header.ts';
import { PG_ANON, PG_EXCLUSIVE } from '../tables/pages.ts';
import { isHuge, isMarker, isNone, isPresent, isSpecial, isWatched, isWritable, pfnOf, PTE_DIRTY, PTE_WRITE,
  PTE_YOUNG } from '../tables/pte.ts';
import { enterKsm } from '../reclaim/ksmd.ts';
import { NO_VMA, vmaAtIndex } from '../vma/list.ts';
import type { ForkTest } from '../policy/traits.ts';
import { ensureTables } from '../page/tables.ts';
import { allocateFrame } from '../page/allocate.ts';
import { forkRun } from './bulk.ts';
import { earlyCopy, type ForkFrame } from './frame.ts';
import { endWatch, watchOf } from './watch.ts';
import { actHuge, lookHuge } from './fork-huge.ts';
import { orderOf, wrprotectsFirst } from './order.ts';

/** Step numbers; their order here is only the order of the table. */
export const FORK = { NextVma: 0, Walk: 1, ReadPte: 2, Wrprotect: 3, ReadPinned: 4, Verdict: 5, Dup: 6,
  WrprotectLate: 7, SetChild: 8, Restore: 9, Prealloc: 10, Copy: 11, EndVma: 12, Fail: 13, Start: 14, SeqOdd: 15,
  LockTable: 16, UnlockTable: 17, ReadHasPinned: 18, HugeLook: 19, HugeAct: 20, SeqEven: 21, Flush: 22, End: 23,
  Fence: 24, LockHuge: 25, UnlockHuge: 26, Unlock: 27, Get: 28, Put: 29, DupGot: 30, LockVma: 31,
  UnlockVmas: 32 } as const;

const steps: Step<ForkFrame>[] = [];
steps[FORK.Start] = { name: 'lock mmap_lock', run: (k, f) => take(k, f.from, 'mmap-write', nextOf(k)) };
steps[FORK.LockVma] = { name: 'lock vma', run: lockVma };
steps[FORK.NextVma] = { name: 'dup vma', run: nextVma };
steps[FORK.SeqOdd] = { name: 'seq := odd', run: (k, f) => moveSeq(k, f, FORK.Walk) };
steps[FORK.Walk] = { name: 'walk', run: walk };
steps[FORK.LockTable] = { name: 'lock ptl', run: (k, f) => locked(k, f, FORK.ReadPte) };
steps[FORK.ReadPte] = { name: 'A = read pte', run: readEntry };
steps[FORK.Wrprotect] = { name: 'pte := R', run: (k, f) => wrprotect(k, f, afterTest(k, f)) };
steps[FORK.ReadHasPinned] = { name: 'read has_pinned', run: readHasPinned };
steps[FORK.ReadPinned] = { name: 'read ref', run: readPinned };
steps[FORK.Fence] = { name: 'smp_mb()', fence: true, run: (k, f) => afterTest(k, f) };
steps[FORK.Verdict] = { name: 'share or copy', run: verdict };
steps[FORK.Dup] = { name: 'ref++, mapcount++', run: dup };
steps[FORK.Get] = { name: 'ref++', run: getPage };
steps[FORK.DupGot] = { name: 'mapcount++', run: dup };
steps[FORK.Put] = { name: 'ref--', run: putPage };
steps[FORK.WrprotectLate] = { name: 'pte := R', run: (k, f) => wrprotect(k, f, FORK.SetChild) };
steps[FORK.SetChild] = { name: 'set child pte', run: setChild };
steps[FORK.Restore] = { name: 'pte := A', run: restore };
steps[FORK.Unlock] = { name: 'unlock ptl', run: (k, f) => unlocked(k, f, FORK.Prealloc) };
steps[FORK.Prealloc] = { name: 'preallocate', run: preallocate };
steps[FORK.Copy] = { name: 'copy page, set child pte', run: copyPage };
steps[FORK.UnlockTable] = { name: 'unlock ptl', run: (k, f) => unlocked(k, f, FORK.Walk) };
steps[FORK.LockHuge] = { name: 'lock ptl', run: (k, f) => locked(k, f, FORK.HugeLook) };
steps[FORK.HugeLook] = { name: 'read has_pinned, pins of the folio',
  run: (k, f) => (lookHuge(k, f) ? FORK.HugeAct : FORK.UnlockHuge) };
steps[FORK.HugeAct] = { name: 'share, split or copy the folio', run: hugeAct };
steps[FORK.UnlockHuge] = { name: 'unlock ptl', run: (k, f) => unlocked(k, f, FORK.Walk) };
steps[FORK.SeqEven] = { name: 'seq := even', run: (k, f) => moveSeq(k, f, nextOf(k)) };
steps[FORK.EndVma] = { name: 'end of vma', run: endVma };
steps[FORK.Flush] = { name: 'flush TLB', run: flush };
steps[FORK.UnlockVmas] = { name: 'unlock vmas', run: (k, f) => writeUnlockVmas(k, f.from, FORK.End) };
steps[FORK.End] = { name: 'unlock mmap_lock', run: (k, f) => drop(k, f.from, 'mmap-write', DONE) };
steps[FORK.Fail] = { name: 'roll back', run: rollBack };

export const forkPath: Path<ForkFrame> = { name: 'fork', steps };

/** Make `to` a copy of `from`. The caller creates the task; a failed fork leaves no mm behind. */
export function forkMm(k: Kernel, from: number, to: number): Result {
  if (!k.allocates('mm')) return refuse('ENOMEM', 'fork: no memory for the child mm');
  k.emit({ type: 'MmCreated', mm: to, from });
  if (k.world.mms.get(from, MM.KSM) !== 0) enterKsm(k, to);
  k.mm.w = k.world;
  k.mm.mm = from;
  const looks = k.concurrent || k.policy.forkLooksAtPages(k.mm);
  k.mm.w = null;
  k.page.lend(k.world, from, NO_VMA);
  const result = k.run(forkPath, forkFrame(from, to, looks));
  k.page.release();
  return result;
}

/** `looks`: the policy wants to see pages. Where a pin may come meanwhile it is asked for each of them. */
export function forkFrame(from: number, to: number, looks: boolean): ForkFrame {
  return { pc: FORK.Start, result: done(), from, to, index: 0, src: NO_VMA, dst: NO_VMA, cow: false, looks, addr: 0,
    end: 0, pte: 0, level: 0, locked: false, hasPinned: null, tested: 0, maybePinned: false, got: false, prealloc: -1,
    watch: 'none', knownAt: -1, knownUntil: -1, known: 'share', knownPinned: false };
}

function locked(k: Kernel, f: ForkFrame, next: number): number {
  const then = take(k, f.from, 'ptl', next);
  if (then === next) f.locked = true;
  return then;
}

function unlocked(k: Kernel, f: ForkFrame, next: number): number {
  f.locked = false;
  return drop(k, f.from, 'ptl', next);
}

function fail(f: ForkFrame, why: string): number {
  f.result = refuse('ENOMEM', `fork: ${why}`);
  return FORK.Fail;
}

const locksVmas = (k: Kernel): boolean => k.concurrent && k.policy.traits.forkLocksVmas;
const nextOf = (k: Kernel): number => (locksVmas(k) ? FORK.LockVma : FORK.NextVma);

function lockVma(k: Kernel, f: ForkFrame): number {
  const vma = vmaAtIndex(k.world, f.from, f.index);
  return vma === NO_VMA ? nextVma(k, f) : writeLockVma(k, f.from, vma, FORK.NextVma);
}

/** @kernel kernel/fork.c dup_mmap() */
function nextVma(k: Kernel, f: ForkFrame): number {
  const w = k.world;
  const src = vmaAtIndex(w, f.from, f.index);
  if (src === NO_VMA) return FORK.Flush;
  f.src = src;
  k.vma.w = w;
  k.vma.vma = src;
  const fate = k.policy.onForkVma(k.vma);
  k.vma.w = null;
  if (fate === 'skip') {
    f.index++;
    return nextOf(k);
  }
  const flags = w.vmas.get(src, VMA.FLAGS);
  if ((flags & VM_ACCOUNT) !== 0 && !k.allocates('commit-charge')) return fail(f, 'the commit limit is reached');
  if (!k.allocates('vma')) return fail(f, 'no memory for a vma');
  const hadAnon = fate === 'copy' && w.vmas.get(src, VMA.ANON_VMA) !== 0;
  if (hadAnon && !k.allocates('anon_vma')) return fail(f, 'no memory for an anon_vma');
  f.dst = w.vmas.nextFree();
  const lost = VM_LOCKED | VM_RESERVED | VM_TAKEN_BACK | VM_FORKED | ((flags & VM_UFFD_FORKS) === 0 ? VM_UFFD : 0);
  f.watch = watchOf(k, f.from, flags, flags & ~lost);
  k.emit({ type: 'VmaCopied', from: f.from, to: f.to, src, vma: f.dst,
    flags: (flags & ~lost) | (hadAnon ? VM_FORKED : 0), anonVma: hadAnon ? w.header[HEADER.ANON_VMAS] + 1 : 0 });
  if ((flags & VM_UFFD_FORKS) !== 0 && w.mms.get(f.to, MM.UFFD) === UFFD.none)
    k.emit({ type: 'UffdOpened', mm: f.to, forks: true });
  f.cow = isCowMapping(flags);
  f.addr = w.vmas.get(src, VMA.START);
  f.end = w.vmas.get(src, VMA.END);
  if (fate === 'wipe' || !needsCopy(flags & ~lost, hadAnon)) {
    f.index++;
    return nextOf(k);
  }
  k.page.vma.vma = src;
  // hugetlb leaves copy_page_range() before the seqcount is taken, and takes it itself since 5.19. @kernel
  // mm/memory.c copy_page_range()
  const { writeProtectSeq, hugetlbWriteProtectSeq } = k.policy.traits;
  return f.cow && ((flags & VM_HUGETLB) === 0 ? writeProtectSeq : hugetlbWriteProtectSeq) ? FORK.SeqOdd : FORK.Walk;
}

function moveSeq(k: Kernel, f: ForkFrame, next: number): number {
  k.emit({ type: 'WriteProtectSeqMoved', mm: f.from, seq: k.world.mms.get(f.from, MM.WRITE_PROTECT_SEQ) + 1 });
  return next;
}

/** Memory that the child can fault in again is not copied. @kernel mm/memory.c vma_needs_copy() */
function needsCopy(flags: number, hadAnon: boolean): boolean {
  return hadAnon || (flags & (VM_HUGETLB | VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD | VM_UFFD_WP)) !== 0;
}

/** Go to the next entry that holds something: a table of PTEs, a huge leaf, or the end. */
function walk(k: Kernel, f: ForkFrame): number {
  const { tables, mms } = k.world;
  const root = mms.get(f.from, MM.PGD);
  while (f.addr < f.end) {
    const level = tables.levelOf(root, f.addr);
    if (level > tables.top) return FORK.EndVma;
    if (level === 0) {
      if (!ensureTables(k, f.to, f.addr, 0)) return fail(f, 'no memory for a page table');
      return FORK.LockTable;
    }
    const entry = tables.a[tables.slot(root, level, f.addr)];
    if (!isHuge(entry)) {
      f.addr = tables.spanEnd(level, f.addr, f.end);
      continue;
    }
    // The table of the entry is there before its lock is taken. @kernel mm/memory.c copy_pmd_range()
    if (k.concurrent && !ensureTables(k, f.to, f.addr, level)) return fail(f, 'no memory for a page table');
    return FORK.LockHuge;
  }
  return FORK.EndVma;
}

function hugeAct(k: Kernel, f: ForkFrame): number {
  const failed = actHuge(k, f);
  return failed === null ? FORK.UnlockHuge : fail(f, failed);
}

/** Leave the table behind when its last entry is done. */
function advance(k: Kernel, f: ForkFrame, nr: number): number {
  f.addr += nr;
  return f.addr >= f.end || f.addr % k.world.tables.fanout === 0 ? FORK.UnlockTable : FORK.ReadPte;
}

function readEntry(k: Kernel, f: ForkFrame): number {
  const { tables, mms } = k.world;
  const slot = tables.slot(mms.get(f.from, MM.PGD), 0, f.addr);
  const pte = tables.a[slot];
  f.pte = pte;
  if (isNone(pte)) {
    const last = tables.spanEnd(1, f.addr, f.end) - f.addr;
    let nr = 1;
    while (nr < last && isNone(tables.a[slot + nr])) nr++;
    return advance(k, f, nr);
  }
  if (isMarker(pte)) {
    k.emit({ type: 'MarkersCopied', from: f.from, to: f.to, vpn: f.addr, nr: 1 });
    return advance(k, f, 1);
  }
  if (!isPresent(pte)) {
    if (!k.allocates('swap-continuation')) return fail(f, 'no memory for a swap count continuation');
    k.emit({ type: 'SwapPtesShared', from: f.from, to: f.to, vpn: f.addr, nr: 1 });
    return advance(k, f, 1);
  }
  if (k.inBulk && f.prealloc < 0 && f.watch !== 'follows') {
    const nr = forkRun(k, f, slot);
    if (nr > 0) return advance(k, f, nr);
  }
  f.maybePinned = false;
  f.hasPinned = null;
  f.tested = 0;
  if (!f.cow || isSpecial(pte)) return FORK.Verdict;
  // Who runs alone need not hold what nobody takes away.
  return k.concurrent && k.policy.traits.anonExclusive ? FORK.Get : afterTest(k, f);
}

/**
 * Since it is the rmap that says whether a page may be pinned, the page is held before.
 * @kernel fb3d824d1a46 mm/rmap: split page_dup_rmap() …
 */
function getPage(k: Kernel, f: ForkFrame): number {
  k.part({ type: 'PageGrabbed', pfn: pfnOf(f.pte), flags: FOLL_GET });
  f.got = true;
  return afterTest(k, f);
}

function putPage(k: Kernel, f: ForkFrame): number {
  k.part({ type: 'PageUngrabbed', pfn: pfnOf(f.pte), flags: FOLL_GET });
  f.got = false;
  return toCopy(k, f);
}

const TESTS: { readonly [Test in ForkTest]: number } = { wrprotect: FORK.Wrprotect, 'has-pinned': FORK.ReadHasPinned,
  ref: FORK.ReadPinned, fence: FORK.Fence };
/** What the policy's order puts next before the verdict. */
function afterTest(k: Kernel, f: ForkFrame): number {
  const order = orderOf(k);
  return f.tested < order.length ? TESTS[order[f.tested++]] : FORK.Verdict;
}

function wrprotect(k: Kernel, f: ForkFrame, next: number): number {
  if (f.cow && isWritable(f.pte)) k.part({ type: 'PteWrprotected', mm: f.from, vpn: f.addr });
  return next;
}

function readHasPinned(k: Kernel, f: ForkFrame): number {
  f.hasPinned = k.world.mms.get(f.from, MM.HAS_PINNED) !== 0;
  return afterTest(k, f);
}

function readPinned(k: Kernel, f: ForkFrame): number {
  f.maybePinned = k.world.pages.maybeDmaPinned(pfnOf(f.pte));
  return afterTest(k, f);
}

function verdict(k: Kernel, f: ForkFrame): number {
  const share = f.got ? FORK.DupGot : FORK.Dup;
  if (!f.cow || !f.looks || isSpecial(f.pte)) return share;
  // After a preallocation the page is met again; the policy is asked again only if the pin has come or gone meanwhile.
  if (k.concurrent || f.addr < f.knownAt || f.addr >= f.knownUntil || f.knownPinned !== f.maybePinned) {
    k.page.mm.hasPinnedRead = f.hasPinned;
    f.known = k.policy.onForkPage(k.page.at(f.addr, pfnOf(f.pte), isWritable(f.pte), f.maybePinned));
    k.page.mm.hasPinnedRead = null;
    f.knownAt = f.addr;
    f.knownUntil = f.addr + 1;
    f.knownPinned = f.maybePinned;
  }
  if (f.known === 'share') return share;
  return f.got ? FORK.Put : toCopy(k, f);
}

const toCopy = (
  k: Kernel,
  f: ForkFrame,
): number => (wrprotectsFirst(k) ? FORK.Restore : f.prealloc < 0 ? FORK.Unlock : FORK.Copy);

function dup(k: Kernel, f: ForkFrame): number {
  if (!isSpecial(f.pte)) {
    const pfn = pfnOf(f.pte);
    k.part({ type: 'PageDuped', mm: f.to, pfn, exclusiveCleared: clearsExclusive(k, pfn) });
    // A mapping counts as a reference: the one that is held becomes the child's.
    if (f.got) k.part({ type: 'PageUngrabbed', pfn, flags: FOLL_GET });
    f.got = false;
  }
  // Under v2 the entry is write-protected already.
  return wrprotectsFirst(k) && !isSpecial(f.pte) ? FORK.SetChild : FORK.WrprotectLate;
}

function clearsExclusive(k: Kernel, pfn: number): boolean {
  return k.policy.traits.anonExclusive && k.world.pages.has(pfn, PG_ANON | PG_EXCLUSIVE);
}

function setChild(k: Kernel, f: ForkFrame): number {
  const clean = (k.world.vmas.get(f.src, VMA.FLAGS) & VM_SHARED) !== 0;
  const drop = PTE_YOUNG | (f.cow ? PTE_WRITE : 0) | (clean ? PTE_DIRTY : 0);
  k.part({ type: 'ChildPteSet', mm: f.to, vpn: f.addr, pte: f.pte & ~drop });
  k.note({ type: 'PtesShared', from: f.from, to: f.to, vpn: f.addr, nr: 1, wrprotect: f.cow, clean,
    exclusiveCleared: k.policy.traits.anonExclusive });
  return afterPresent(k, f);
}

/** A page that was preallocated and not needed (the pin vanished meanwhile) is freed here, and only here. */
function afterPresent(k: Kernel, f: ForkFrame): number {
  if (f.prealloc >= 0) dropPrealloc(k, f);
  return advance(k, f, 1);
}

function dropPrealloc(k: Kernel, f: ForkFrame): void {
  // Allocated and freed for nothing leaves a trace all the same: the high-water marks of memory.
  k.note({ type: 'PagePreallocated', pfn: f.prealloc });
  k.emit({ type: 'PreallocFreed', pfn: f.prealloc });
  f.prealloc = -1;
}

function restore(k: Kernel, f: ForkFrame): number {
  if (isWritable(f.pte)) k.part({ type: 'PteRestored', mm: f.from, vpn: f.addr, pte: f.pte });
  return f.prealloc < 0 ? FORK.Unlock : FORK.Copy;
}

/** EAGAIN: drop the locks, allocate one page, start over at the same address. @kernel mm/memory.c copy_pte_range() */
function preallocate(k: Kernel, f: ForkFrame): number {
  const pfn = allocateFrame(k, 'prealloc');
  if (pfn < 0) return fail(f, 'no memory for the early copy of a pinned page');
  k.part({ type: 'PagePreallocated', pfn });
  f.prealloc = pfn;
  return FORK.LockTable;
}

function copyPage(k: Kernel, f: ForkFrame): number {
  const fate = { from: f.from, to: f.to, vpn: f.addr, nr: 1, pfn: f.prealloc, ...earlyCopy(k, f) };
  k.part({ type: 'PreallocCopied', ...fate });
  k.note({ type: 'PagesCopied', ...fate });
  if (f.watch === 'follows' && isWatched(f.pte)) k.emit({ type: 'PtesWatched', mm: f.to, vpn: f.addr, nr: 1 });
  f.prealloc = -1;
  return advance(k, f, 1);
}

function endVma(k: Kernel, f: ForkFrame): number {
  if (f.prealloc >= 0) dropPrealloc(k, f);
  if (f.watch === 'ends') endWatch(k, f);
  f.index++;
  return isOdd(k, f) ? FORK.SeqEven : nextOf(k);
}

const isOdd = (k: Kernel, f: ForkFrame): boolean => k.world.mms.get(f.from, MM.WRITE_PROTECT_SEQ) % 2 === 1;

/** CPUs that still wrote through old entries do so no longer: the child's pages are final from here on. */
function flush(k: Kernel, f: ForkFrame): number {
  if (k.concurrent) k.part({ type: 'TlbFlushed', mm: f.from });
  return locksVmas(k) ? FORK.UnlockVmas : FORK.End;
}

/**
 * The half-built child goes as any mm goes. What the parent lost on the way (write bits, exclusive marks, whole PMDs)
 * stays lost: the next write fault sorts it out.
 */
function rollBack(k: Kernel, f: ForkFrame): number {
  if (f.prealloc >= 0) dropPrealloc(k, f);
  if (f.locked) unlocked(k, f, FORK.Fail);
  if (isOdd(k, f)) moveSeq(k, f, FORK.Fail);
  exitMm(k, f.to);
  return FORK.Flush;
}
