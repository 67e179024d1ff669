/**
 * A load or store of one CPU among others: the attempt is one step, as in hardware; a fault is several, under the
 * locks. A CPU may keep an entry in its TLB and go on storing through it after fork() took the write bit away, until
 * the flush at the end of fork(); nothing else is allowed to be stale here, for every other change of an entry flushes
 * at once.
 */

import { done, refuse, type Result } from '../errno.ts';
import { DONE, type Frame, type Kernel, type Path, type Step } from '../kernel.ts';
import { drop, readLockVma, readUnlockVma, take } from '../lock.ts';
import { FOLL_GET, MM, VM_WRITE, VMA } from '../tables/fields.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { serveFault, translate } from './access.ts';
import { allocateFrame } from '../page/allocate.ts';
import { frameAt, leafEntry, leafLevel } from '../page/lookup.ts';
import { type FaultVerdict, judgeWriteFault } from './write-fault.ts';

/** An entry that let a store through, and how many flushes there had been then. */
export interface TlbEntry {
  readonly vpn: number;
  readonly pfn: number;
  readonly gen: number;
}

/** A store to a byte that nobody looks at: the one that stands for the page keeps its value. */
export const ANOTHER_BYTE = -1;

export interface AccessFrame extends Frame {
  readonly mm: number;
  readonly vpn: number;
  /** What is stored, or ANOTHER_BYTE; null: a load. */
  readonly value: number | null;
  /** null: this CPU keeps none. */
  tlb: readonly TlbEntry[] | null;
  verdict: FaultVerdict;
  /** Whose lock it holds; NO_VMA: mmap_lock. */
  vma: number;
  /** The page that is being copied, the entry that maps it, and its copy; -1: none. */
  old: number;
  pte: number;
  copy: number;
}

export const ACCESS = { Try: 0, LockMmap: 1, LockTable: 2, Judge: 3, Serve: 4, UnlockTable: 5, UnlockMmap: 6,
  LockVma: 7, UnlockVma: 8, Hold: 9, UnlockToCopy: 10, Copy: 11, LockToMap: 12, MapCopy: 13, DropHeld: 14 } as const;

const steps: Step<AccessFrame>[] = [];
steps[ACCESS.Try] = { name: 'access', run: attempt };
steps[ACCESS.LockMmap] = { name: 'fault: lock mmap_lock to read',
  run: (k, f) => take(k, f.mm, 'mmap-read', ACCESS.LockTable) };
steps[ACCESS.LockVma] = { name: 'fault: lock vma to read', run: lockVma };
steps[ACCESS.LockTable] = { name: 'fault: lock ptl', run: (k, f) => take(k, f.mm, 'ptl', ACCESS.Judge) };
steps[ACCESS.Judge] = { name: 'fault: reuse or copy?', run: judge };
steps[ACCESS.Serve] = { name: 'fault: set pte', run: serve };
steps[ACCESS.Hold] = { name: 'fault: ref++', run: hold };
steps[ACCESS.UnlockToCopy] = { name: 'fault: unlock ptl', run: (k, f) => drop(k, f.mm, 'ptl', ACCESS.Copy) };
steps[ACCESS.Copy] = { name: 'fault: copy page', run: copyPage };
steps[ACCESS.LockToMap] = { name: 'fault: lock ptl', run: (k, f) => take(k, f.mm, 'ptl', ACCESS.MapCopy) };
steps[ACCESS.MapCopy] = { name: 'fault: set pte', run: mapCopy };
steps[ACCESS.DropHeld] = { name: 'fault: ref--', run: dropHeld };
steps[ACCESS.UnlockTable] = { name: 'fault: unlock ptl',
  run: (k, f) => drop(k, f.mm, 'ptl', f.vma === NO_VMA ? ACCESS.UnlockMmap : ACCESS.UnlockVma) };
steps[ACCESS.UnlockMmap] = { name: 'fault: unlock mmap_lock',
  run: (k, f) => drop(k, f.mm, 'mmap-read', f.result.ok ? ACCESS.Try : DONE) };
steps[ACCESS.UnlockVma] = { name: 'fault: unlock vma', run: unlockVma };

export const accessPath: Path<AccessFrame> = { name: 'access', steps };

export const accessFrame = (
  mm: number,
  vpn: number,
  value: number | null,
  tlb: readonly TlbEntry[] | null,
): AccessFrame => ({ pc: ACCESS.Try, result: done(), mm, vpn, value, tlb, verdict: null, vma: NO_VMA, old: -1, pte: 0,
  copy: -1 });

function attempt(k: Kernel, f: AccessFrame): number {
  const w = k.world;
  const gen = w.mms.get(f.mm, MM.TLB_GEN);
  const kept = f.tlb?.find(({ vpn }) => vpn === f.vpn);
  if (f.value !== null && kept !== undefined && kept.gen === gen && kept.pfn === frameAt(w, f.mm, f.vpn)) {
    if (f.value !== ANOTHER_BYTE) k.emit({ type: 'StoredByTlb', pfn: kept.pfn, value: f.value });
    return DONE;
  }
  if (!translate(k, f.mm, f.vpn, f.value !== null))
    return k.policy.traits.faultLock === 'mmap'
      ? ACCESS.LockMmap
      : ACCESS.LockVma;
  const pfn = frameAt(w, f.mm, f.vpn);
  if (f.value === null) {
    f.result = done(w.pages.stamp[pfn]);
    return DONE;
  }
  if (f.value === ANOTHER_BYTE) k.emit({ type: 'PtesAccessed', mm: f.mm, vpn: f.vpn, nr: 1, dirty: true });
  else k.emit({ type: 'PagesStored', mm: f.mm, vpn: f.vpn, nr: 1, value: f.value });
  if (f.tlb !== null) f.tlb = [...f.tlb.filter(({ vpn }) => vpn !== f.vpn), { vpn: f.vpn, pfn, gen }];
  return DONE;
}

/**
 * Who needs an anon_vma first, or finds the VMA locked by a writer, takes mmap_lock after all.
 * @kernel mm/memory.c lock_vma_under_rcu()
 */
function lockVma(k: Kernel, f: AccessFrame): number {
  const w = k.world;
  const vma = vmaOf(w, f.mm, f.vpn);
  if (vma === NO_VMA) return ACCESS.LockMmap;
  const isAnonymous = w.vmas.get(vma, VMA.FILE) === 0;
  if (!isAnonymous && k.policy.traits.faultLock !== 'vma') return ACCESS.LockMmap;
  if (isAnonymous && w.vmas.get(vma, VMA.ANON_VMA) === 0) return ACCESS.LockMmap;
  const next = readLockVma(k, f.mm, vma, ACCESS.LockTable, ACCESS.LockMmap);
  if (next === ACCESS.LockTable) f.vma = vma;
  return next;
}

function unlockVma(k: Kernel, f: AccessFrame): number {
  const { vma } = f;
  f.vma = NO_VMA;
  return readUnlockVma(k, f.mm, vma, f.result.ok ? ACCESS.Try : DONE);
}

function judge(k: Kernel, f: AccessFrame): number {
  f.verdict = null;
  // Another CPU's fault may have been served meanwhile.
  if (translate(k, f.mm, f.vpn, f.value !== null)) return ACCESS.UnlockTable;
  const vma = vmaOf(k.world, f.mm, f.vpn);
  if (vma !== NO_VMA && f.value !== null) f.verdict = judgeWriteFault(k, f.mm, vma, f.vpn);
  return f.verdict === 'copy' && k.copiesApart && leafLevel(k.world, f.mm, f.vpn) === 0 ? ACCESS.Hold : ACCESS.Serve;
}

function hold(k: Kernel, f: AccessFrame): number {
  f.old = frameAt(k.world, f.mm, f.vpn);
  f.pte = leafEntry(k.world, f.mm, f.vpn);
  k.part({ type: 'PageGrabbed', pfn: f.old, flags: FOLL_GET });
  return ACCESS.UnlockToCopy;
}

function copyPage(k: Kernel, f: AccessFrame): number {
  f.copy = allocateFrame(k, 'page');
  if (f.copy < 0) {
    f.result = fault('ENOMEM', f.vpn);
    return ACCESS.DropHeld;
  }
  k.part({ type: 'PageCopyMade', pfn: f.copy, from: f.old });
  return ACCESS.LockToMap;
}

/** Where the entry is another by now the copy is for nothing, and the access tries again. */
function mapCopy(k: Kernel, f: AccessFrame): number {
  const { mm, vpn, copy: pfn } = f;
  const vma = vmaOf(k.world, mm, vpn);
  if (vma === NO_VMA || leafEntry(k.world, mm, vpn) !== f.pte) k.part({ type: 'PreallocFreed', pfn });
  else {
    const write = (k.world.vmas.get(vma, VMA.FLAGS) & VM_WRITE) !== 0;
    k.part({ type: 'PageCopyMapped', mm, vpn, pfn, write, exclusive: k.policy.traits.anonExclusive });
  }
  f.result = done();
  return ACCESS.DropHeld;
}

function dropHeld(k: Kernel, f: AccessFrame): number {
  k.part({ type: 'PageUngrabbed', pfn: f.old, flags: FOLL_GET });
  const locked = f.copy >= 0;
  f.old = f.copy = -1;
  f.pte = 0;
  if (locked) return ACCESS.UnlockTable;
  return f.vma === NO_VMA ? ACCESS.UnlockMmap : ACCESS.UnlockVma;
}

function serve(k: Kernel, f: AccessFrame): number {
  const errno = serveFault(k, f.mm, f.vpn, f.value !== null, f.verdict);
  f.result = errno === null ? done() : fault(errno, f.vpn);
  return ACCESS.UnlockTable;
}

const fault = (errno: Parameters<typeof refuse>[0], vpn: number): Result =>
  refuse(errno, `access to page ${vpn.toString(16)}`);
