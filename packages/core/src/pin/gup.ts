/**
 * get_user_pages(): the lockless fast path as its atomic steps, and the slow path that faults in what the fast one
 * could not take. FOLL_PIN marks the mm before the first page is looked at.
 *
 * @kernel mm/gup.c internal_get_user_pages_fast(), gup_pte_range(), __get_user_pages()
 */

import { done, type Errno, refuse, type Result } from '../errno.ts';
import { DONE, type Frame, type Kernel, type Path, type Step } from '../kernel.ts';
import { FILE, FILE_KIND, FOLL_FAST_ONLY, FOLL_FORCE, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, isCowMapping, MM, VM_HUGETLB,
  VM_IO, VM_MAYREAD, VM_PFNMAP, VM_READ, VM_WRITE, VMA } from '../tables/fields.ts';
import { PG_LARGE } from '../tables/pages.ts';
import { isPresent, isSpecial, isWritable, PFN_UNIT, PTE_PROTNONE } from '../tables/pte.ts';
import type { GupRequest } from '../policy/policy.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { drop, take } from '../lock.ts';
import { handleFault } from '../fault/fault.ts';
import type { FaultKind } from '../fault/fault-kind.ts';
import { frameAt, leafEntry, leafLevel } from '../page/lookup.ts';

export interface GupFrame extends Frame {
  readonly mm: number;
  readonly pin: number;
  readonly vpn: number;
  readonly nr: number;
  readonly flags: number;
  /** Pages taken so far. */
  index: number;
  /** write_protect_seq as first read. */
  seq: number;
  /** Entry as read without a lock, and the frame it named. */
  entry: number;
  pfn: number;
  /** COW was broken or the page unshared for this request: it is taken as it is now, nobody is asked again. */
  broken: boolean;
  /** COW is to be broken for this page, so a fault on the way is a write fault (FOLL_WRITE or-ed in). */
  breaking: boolean;
  errno: Errno | null;
}

export const GUP = { Seq: 0, Read: 1, Grab: 2, Recheck: 3, Unshare: 4, FastEnd: 5, Slow: 6, End: 7, Mark: 8,
  MarkLate: 9, Note: 10, LockMmap: 11, LockTable: 12, UnlockTable: 13, UnlockMmap: 14, GiveBack: 15 } as const;

const steps: Step<GupFrame>[] = [];
steps[GUP.Mark] = { name: 'has_pinned := 1', run: mark };
steps[GUP.Seq] = { name: 's = write_protect_seq', run: readSeq };
steps[GUP.Read] = { name: 'p = pte, lockless', run: readEntry };
steps[GUP.Grab] = { name: 'ref += grab', run: grab };
steps[GUP.Recheck] = { name: 'pte == p?', run: recheck };
steps[GUP.MarkLate] = { name: 'has_pinned := 1', run: markLate };
steps[GUP.Unshare] = { name: 'must unshare?', run: unshare };
steps[GUP.Note] = { name: 'page is taken', run: note };
steps[GUP.FastEnd] = { name: 'write_protect_seq == s?', run: fastEnd };
steps[GUP.GiveBack] = { name: 'ref -= grab, all pages', run: giveBack };
steps[GUP.LockMmap] = { name: 'lock mmap_lock to read', run: (k, f) => take(k, f.mm, 'mmap-read', GUP.LockTable) };
steps[GUP.LockTable] = { name: 'lock ptl', run: (k, f) => take(k, f.mm, 'ptl', GUP.Slow) };
steps[GUP.Slow] = { name: 'slow gup, one page', run: slow };
steps[GUP.UnlockTable] = { name: 'unlock ptl',
  run: (k, f) => drop(k, f.mm, 'ptl', isThrough(f) ? GUP.UnlockMmap : GUP.LockTable) };
steps[GUP.UnlockMmap] = { name: 'unlock mmap_lock', run: (k, f) => drop(k, f.mm, 'mmap-read', GUP.End) };
steps[GUP.End] = { name: 'end', run: end };

export const gupPath: Path<GupFrame> = { name: 'gup', steps };

/** Take pages for a pin record that is open. The value is the number of pages taken. */
export function gup(k: Kernel, mm: number, pin: number, vpn: number, nr: number, flags: number): Result {
  return k.run(gupPath, gupFrame(mm, pin, vpn, nr, flags));
}

/** Written out, because spreading one object into another costs more than a small pin. */
export const gupFrame = (mm: number, pin: number, vpn: number, nr: number, flags: number): GupFrame => ({ pc: 0,
  result: done(), mm, pin, vpn, nr, flags, index: 0, seq: 0, entry: 0, pfn: 0, broken: false, breaking: false,
  errno: null });

/** FOLL_PIN marks the mm before it looks at anything. Who runs alone has done so before the pin was opened. */
function mark(k: Kernel, f: GupFrame): number {
  if (k.policy.traits.hasPinnedSet === 'first') markPinned(k, f.mm, f.mm, f.flags);
  return GUP.Seq;
}

function markLate(k: Kernel, f: GupFrame): number {
  markPinned(k, f.mm, f.mm, f.flags);
  return GUP.Unshare;
}

/**
 * `current` -1: the caller's mm is not one of the machine's.
 * @kernel 008cfe4418b3 mm: Introduce mm_struct.has_pinned
 */
export function markPinned(k: Kernel, target: number, current: number, flags: number): void {
  const { hasPinned } = k.policy.traits;
  if ((flags & FOLL_PIN) === 0 || hasPinned === 'no') return;
  const mm = hasPinned === 'current' ? current : target;
  if (mm < 0) return;
  if (k.world.mms.get(mm, MM.HAS_PINNED) === 0) k.emit({ type: 'HasPinnedSet', mm });
}

const guarded = (k: Kernel, f: GupFrame): boolean => k.policy.traits.writeProtectSeq && (f.flags & FOLL_PIN) !== 0;

function readSeq(k: Kernel, f: GupFrame): number {
  if (!guarded(k, f)) return GUP.Read;
  f.seq = k.world.mms.get(f.mm, MM.WRITE_PROTECT_SEQ);
  return f.seq % 2 === 1 && k.policy.traits.gupSeqChecks !== 'last' ? toSlow(k, f) : GUP.Read;
}

/** The locks cost a sequential run nothing but their steps, which it spares itself. */
function toSlow(k: Kernel, f: GupFrame): number {
  if (!k.concurrent) return GUP.Slow;
  return (f.flags & FOLL_FAST_ONLY) !== 0 ? GUP.End : GUP.LockMmap;
}

function readEntry(k: Kernel, f: GupFrame): number {
  if (f.index === f.nr) return GUP.FastEnd;
  const w = k.world;
  f.entry = leafEntry(w, f.mm, f.vpn + f.index);
  const usable = isPresent(f.entry) && !isSpecial(f.entry) && (f.entry & PTE_PROTNONE) === 0
    && ((f.flags & FOLL_WRITE) === 0 || isWritable(f.entry));
  if (!usable || !entryIsEnough(k, f)) return GUP.FastEnd;
  f.pfn = frameAt(w, f.mm, f.vpn + f.index);
  if (k.inBulk && isWritable(f.entry)) {
    const nr = writableRun(k, f);
    k.emit({ type: 'PagesPinned', pin: f.pin, index: f.index, nr, pfn: f.pfn });
    f.index += nr;
    return GUP.Read;
  }
  return GUP.Grab;
}

/**
 * A caller that goes the slow way asks the VMA of every page, whatever its entry allows: registration of a buffer did
 * until 6.10. Where paths run at once, it is the fast path that is asked about.
 */
function entryIsEnough(k: Kernel, f: GupFrame): boolean {
  const registers = FOLL_WRITE | FOLL_LONGTERM;
  if (k.concurrent || k.policy.traits.registrationGup === 'fast' || (f.flags & registers) !== registers) return true;
  const vma = vmaOf(k.world, f.mm, f.vpn + f.index);
  return vma !== NO_VMA && (k.world.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
}

/** Writable entries of small pages from here on, in one table and in frames that follow each other. */
function writableRun(k: Kernel, f: GupFrame): number {
  const { tables, mms, pages } = k.world;
  const slot = tables.slot(mms.get(f.mm, MM.PGD), 0, f.vpn + f.index);
  // One huge entry says the same of all its pages that are still wanted.
  if (slot < 0) return Math.min(f.nr - f.index, tables.fanout - ((f.vpn + f.index) % tables.fanout));
  const most = Math.min(f.nr - f.index, tables.fanout - (slot % tables.fanout));
  let nr = 1;
  while (nr < most && tables.a[slot + nr] === ((f.entry + nr * PFN_UNIT) | 0)
    && (pages.meta[f.pfn + nr] & PG_LARGE) === 0) nr++;
  return nr;
}

/** A page that was freed meanwhile has no reference to add to. @kernel include/linux/page_ref.h folio_ref_try_add() */
function grab(k: Kernel, f: GupFrame): number {
  if (k.concurrent && k.world.pages.refcount(f.pfn) <= 0) return GUP.FastEnd;
  k.part({ type: 'PageGrabbed', pfn: f.pfn, flags: f.flags });
  return GUP.Recheck;
}

function ungrab(k: Kernel, f: GupFrame): number {
  k.part({ type: 'PageUngrabbed', pfn: f.pfn, flags: f.flags });
  return GUP.FastEnd;
}

function recheck(k: Kernel, f: GupFrame): number {
  if (leafEntry(k.world, f.mm, f.vpn + f.index) !== f.entry) return ungrab(k, f);
  return k.concurrent && k.policy.traits.hasPinnedSet === 'after-grab' ? GUP.MarkLate : GUP.Unshare;
}

function unshare(k: Kernel, f: GupFrame): number {
  if (!isWritable(f.entry) && ask(k, f, NO_VMA) !== 'take') return ungrab(k, f);
  return GUP.Note;
}

function note(k: Kernel, f: GupFrame): number {
  k.part({ type: 'PinNoted', pin: f.pin, index: f.index, pfn: f.pfn });
  k.note({ type: 'PagesPinned', pin: f.pin, index: f.index, nr: 1, pfn: f.pfn });
  f.index++;
  return GUP.Read;
}

/** fork() of a COW mapping ran meanwhile: give everything back and let the slow path wait for the lock. */
function fastEnd(k: Kernel, f: GupFrame): number {
  if (guarded(k, f) && k.policy.traits.gupSeqChecks !== 'first' && k.world.mms.get(f.mm, MM.WRITE_PROTECT_SEQ) !== f.seq
    && f.index > 0) return GUP.GiveBack;
  return f.index === f.nr ? GUP.End : toSlow(k, f);
}

function giveBack(k: Kernel, f: GupFrame): number {
  k.emit({ type: 'PagesUnpinned', pin: f.pin, index: 0, nr: f.index });
  f.index = 0;
  return toSlow(k, f);
}

const isThrough = (f: GupFrame): boolean => f.index === f.nr || f.errno !== null;

/** One page under the page table lock, or one fault on the way to it. */
function slow(k: Kernel, f: GupFrame): number {
  if (f.index === f.nr || (f.flags & FOLL_FAST_ONLY) !== 0) return GUP.End;
  const came = follow(k, f);
  if (came === 'error') return k.concurrent ? GUP.UnlockTable : GUP.End;
  if (came === 'taken') {
    k.emit({ type: 'PagesPinned', pin: f.pin, index: f.index, nr: 1, pfn: f.pfn });
    f.index++;
  }
  return k.concurrent ? GUP.UnlockTable : GUP.Slow;
}

/** Look the page up and leave its frame in `f.pfn`, or handle the fault that stands in the way. */
function follow(k: Kernel, f: GupFrame): 'taken' | 'again' | 'error' {
  const w = k.world;
  const vpn = f.vpn + f.index;
  const vma = vmaOf(w, f.mm, vpn);
  f.errno = vma === NO_VMA ? 'EFAULT' : checkVmaFlags(k, w.vmas.get(vma, VMA.FLAGS), f.flags);
  if (f.errno === null && (f.flags & FOLL_LONGTERM) !== 0
    && w.files.get(w.vmas.get(vma, VMA.FILE), FILE.KIND) === FILE_KIND.dax) f.errno = 'EOPNOTSUPP';
  if (f.errno !== null) return 'error';
  const entry = leafEntry(w, f.mm, vpn);
  const wantsWrite = (f.flags & FOLL_WRITE) !== 0;
  const missing = f.breaking ? 'break-cow' : wantsWrite ? 'write' : 'read';
  if (!isPresent(entry) || (wantsWrite && !isWritable(entry) && !f.broken)) return fault(k, f, vma, missing);
  f.entry = entry;
  f.pfn = frameAt(w, f.mm, vpn);
  if (!isWritable(entry) && !wantsWrite && !f.broken) {
    const verdict = ask(k, f, vma);
    f.breaking = verdict === 'break-cow';
    if (verdict !== 'take' && isCowMapping(w.vmas.get(vma, VMA.FLAGS))) return fault(k, f, vma, verdict);
  }
  f.broken = f.breaking = false;
  return 'taken';
}

/**
 * A transient pin of one page by another process, released before anything else happens.
 * @kernel mm/process_vm_access.c
 */
export function remoteAccess(k: Kernel, mm: number, vpn: number, value: number | null, how: number): Result {
  const flags = how | (value === null ? 0 : FOLL_WRITE);
  const f = gupFrame(mm, -1, vpn, 1, flags);
  let came = follow(k, f);
  while (came === 'again') came = follow(k, f);
  if (came === 'error') return refuse(f.errno ?? 'EFAULT', `remote access to page ${vpn.toString(16)}`);
  k.part({ type: 'PageGrabbed', pfn: f.pfn, flags });
  if (value !== null) k.emit({ type: 'RemoteStored', mm, vpn, pfn: f.pfn, value });
  const seen = k.world.pages.stamp[f.pfn];
  k.part({ type: 'PageUngrabbed', pfn: f.pfn, flags });
  return done(value === null ? seen : 1);
}

function fault(k: Kernel, f: GupFrame, vma: number, kind: FaultKind): 'again' | 'error' {
  // A forced write breaks COW whatever the VMA allows, and is content with the read-only entry that leaves.
  const forced = kind === 'write' && (k.world.vmas.get(vma, VMA.FLAGS) & VM_WRITE) === 0;
  const vpn = f.vpn + f.index;
  const wasHuge = leafLevel(k.world, f.mm, vpn) > 0;
  f.errno = handleFault(k, f.mm, vma, vpn, forced ? 'break-cow' : kind);
  // A fault that only split a huge PMD has broken nothing yet: it comes again for the page.
  const onlySplit = wasHuge && leafLevel(k.world, f.mm, vpn) === 0;
  f.broken = kind !== 'read' && (forced || kind !== 'write') && !onlySplit;
  if (f.errno === 'SIGBUS') f.errno = 'EFAULT';
  return f.errno === null ? 'again' : 'error';
}

/** @kernel mm/gup.c check_vma_flags() */
function checkVmaFlags(k: Kernel, vmaFlags: number, flags: number): Errno | null {
  if ((vmaFlags & (VM_IO | VM_PFNMAP)) !== 0) return 'EFAULT';
  const force = (flags & FOLL_FORCE) !== 0;
  if ((flags & FOLL_WRITE) !== 0) {
    // The copy of a hugetlb page would be mapped writable where the mapping is not.
    const copies = (vmaFlags & VM_HUGETLB) === 0 || k.policy.traits.hugetlbForced !== 'refused';
    return (vmaFlags & VM_WRITE) !== 0 || (force && copies && isCowMapping(vmaFlags)) ? null : 'EFAULT';
  }
  return (vmaFlags & VM_READ) !== 0 || (force && (vmaFlags & VM_MAYREAD) !== 0) ? null : 'EFAULT';
}

/** All there are, made once: hooks are given them for page after page, and may not change them. */
const REQUESTS: readonly GupRequest[] = Array.from({ length: 8 },
  (_, bits) => Object.freeze({ write: (bits & 1) !== 0, pin: (bits & 2) !== 0, longterm: (bits & 4) !== 0 }));

function requestOf(flags: number): GupRequest {
  return REQUESTS[
    ((flags & FOLL_WRITE) !== 0 ? 1 : 0) | ((flags & FOLL_PIN) !== 0 ? 2 : 0)
    | ((flags & FOLL_LONGTERM) !== 0 ? 4 : 0)
  ];
}

function ask(k: Kernel, f: GupFrame, vma: number): 'take' | 'unshare' | 'break-cow' {
  const { pages } = k.world;
  const level = leafLevel(k.world, f.mm, f.vpn + f.index);
  const pfn = level > 0 ? pages.headOf(f.pfn) : f.pfn;
  k.page.lend(k.world, f.mm, vma).at(f.vpn + f.index, pfn, isWritable(f.entry), pages.maybeDmaPinned(pfn));
  const verdict = k.policy.onGup(k.page, requestOf(f.flags));
  k.page.release();
  return verdict;
}

function end(_k: Kernel, f: GupFrame): number {
  f.result = f.index > 0 || f.errno === null
    ? done(f.index)
    : refuse(f.errno, `pin of page ${(f.vpn + f.index).toString(16)}`);
  return DONE;
}
