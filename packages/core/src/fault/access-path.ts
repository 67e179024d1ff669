/**
 * A load or store of one CPU among others: the attempt is one step, as in hardware; a fault is several, under the
 * locks. A CPU may keep an entry in its TLB and go on storing through it after fork() took the write bit away, until
 * the flush at the end of fork(); nothing else is allowed to be stale here, for every other change of an entry flushes
 * at once.
 */

import { done, refuse, type Result } from '../errno.ts';
import { DONE, type Frame, type Kernel, type Path, type Step } from '../kernel.ts';
import { drop, take } from '../lock.ts';
import { MM } from '../tables/fields.ts';
import { NO_VMA, vmaOf } from '../vma/list.ts';
import { serveFault, translate } from './access.ts';
import { frameAt } from '../page/lookup.ts';
import { type FaultVerdict, judgeWriteFault } from './write-fault.ts';

/** An entry that let a store through, and how many flushes there had been then. */
export interface TlbEntry {
  readonly vpn: number;
  readonly pfn: number;
  readonly gen: number;
}

export interface AccessFrame extends Frame {
  readonly mm: number;
  readonly vpn: number;
  /** What is stored; null: a load. */
  readonly value: number | null;
  /** null: this CPU keeps none. */
  tlb: readonly TlbEntry[] | null;
  verdict: FaultVerdict;
}

export const ACCESS = { Try: 0, LockMmap: 1, LockTable: 2, Judge: 3, Serve: 4, UnlockTable: 5, UnlockMmap: 6 } as const;

const steps: Step<AccessFrame>[] = [];
steps[ACCESS.Try] = { name: 'access', run: attempt };
steps[ACCESS.LockMmap] = { name: 'fault: lock mmap_lock to read',
  run: (k, f) => take(k, f.mm, 'mmap-read', ACCESS.LockTable) };
steps[ACCESS.LockTable] = { name: 'fault: lock ptl', run: (k, f) => take(k, f.mm, 'ptl', ACCESS.Judge) };
steps[ACCESS.Judge] = { name: 'fault: reuse or copy?', run: judge };
steps[ACCESS.Serve] = { name: 'fault: set pte', run: serve };
steps[ACCESS.UnlockTable] = { name: 'fault: unlock ptl', run: (k, f) => drop(k, f.mm, 'ptl', ACCESS.UnlockMmap) };
steps[ACCESS.UnlockMmap] = { name: 'fault: unlock mmap_lock',
  run: (k, f) => drop(k, f.mm, 'mmap-read', f.result.ok ? ACCESS.Try : DONE) };

export const accessPath: Path<AccessFrame> = { name: 'access', steps };

export const accessFrame = (
  mm: number,
  vpn: number,
  value: number | null,
  tlb: readonly TlbEntry[] | null,
): AccessFrame => ({ pc: ACCESS.Try, result: done(), mm, vpn, value, tlb, verdict: null });

function attempt(k: Kernel, f: AccessFrame): number {
  const w = k.world;
  const gen = w.mms.get(f.mm, MM.TLB_GEN);
  const kept = f.tlb?.find(({ vpn }) => vpn === f.vpn);
  if (f.value !== null && kept !== undefined && kept.gen === gen && kept.pfn === frameAt(w, f.mm, f.vpn)) {
    k.emit({ type: 'StoredByTlb', pfn: kept.pfn, value: f.value });
    return DONE;
  }
  if (!translate(k, f.mm, f.vpn, f.value !== null)) return ACCESS.LockMmap;
  const pfn = frameAt(w, f.mm, f.vpn);
  if (f.value === null) {
    f.result = done(w.pages.stamp[pfn]);
    return DONE;
  }
  k.emit({ type: 'PagesStored', mm: f.mm, vpn: f.vpn, nr: 1, value: f.value });
  if (f.tlb !== null) f.tlb = [...f.tlb.filter(({ vpn }) => vpn !== f.vpn), { vpn: f.vpn, pfn, gen }];
  return DONE;
}

function judge(k: Kernel, f: AccessFrame): number {
  f.verdict = null;
  // Another CPU's fault may have been served meanwhile.
  if (translate(k, f.mm, f.vpn, f.value !== null)) return ACCESS.UnlockTable;
  const vma = vmaOf(k.world, f.mm, f.vpn);
  if (vma !== NO_VMA && f.value !== null) f.verdict = judgeWriteFault(k, f.mm, vma, f.vpn);
  return ACCESS.Serve;
}

function serve(k: Kernel, f: AccessFrame): number {
  const errno = serveFault(k, f.mm, f.vpn, f.value !== null, f.verdict);
  f.result = errno === null ? done() : fault(errno, f.vpn);
  return ACCESS.UnlockTable;
}

const fault = (errno: Parameters<typeof refuse>[0], vpn: number): Result =>
  refuse(errno, `access to page ${vpn.toString(16)}`);
