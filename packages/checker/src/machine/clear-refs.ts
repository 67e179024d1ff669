/**
 * A write of 4 to /proc/PID/clear_refs: every writable entry of the process is write-protected, so that the next store
 * shows (soft-dirty), while its threads run on.
 *
 * @kernel fs/proc/task_mmu.c clear_refs_write(), clear_soft_dirty(), pte_is_pinned()
 */
import { done, DONE, drop, type Frame, frameAt, isCowMapping, isHuge, isWritable, type Kernel, leafEntry, leafLevel, MM,
  type Path, type Step, take, VM_HUGETLB, VM_PFNMAP, VMA, vmaAtIndex, writeLockVma,
  writeUnlockVmas } from '@cowlab/core';

export interface ClearRefsFrame extends Frame {
  readonly mm: number;
  /** Which VMA of the mm, in address order, and the page in it that is next. */
  index: number;
  vpn: number;
}

const AT = { Lock: 0, LockVma: 1, LockTable: 2, Look: 3, Wrprotect: 4, UnlockTable: 5, Flush: 6, UnlockVmas: 7,
  Unlock: 8 } as const;

export const clearRefsFrame = (mm: number): ClearRefsFrame => ({ pc: AT.Lock, result: done(), mm, index: 0, vpn: 0 });

const steps: Step<ClearRefsFrame>[] = [];
steps[AT.Lock] = { name: 'lock mmap_lock', run: (k, f) => take(k, f.mm, k.policy.traits.clearRefsLock, nextVma(k, f)) };
steps[AT.LockVma] = { name: 'lock vma', run: (k, f) => writeLockVma(k, f.mm, vmaOf(k, f), AT.LockTable) };
steps[AT.LockTable] = { name: 'lock ptl', run: (k, f) => take(k, f.mm, 'ptl', AT.Look) };
steps[AT.Look] = { name: 'read pte, may it be pinned?', run: look };
steps[AT.Wrprotect] = { name: 'pte := R', run: wrprotect };
steps[AT.UnlockTable] = { name: 'unlock ptl', run: unlockTable };
steps[AT.Flush] = { name: 'flush TLB', run: flush };
steps[AT.UnlockVmas] = { name: 'unlock vmas', run: (k, f) => writeUnlockVmas(k, f.mm, AT.Unlock) };
steps[AT.Unlock] = { name: 'unlock mmap_lock', run: (k, f) => drop(k, f.mm, k.policy.traits.clearRefsLock, DONE) };

export const clearRefsPath: Path<ClearRefsFrame> = { name: 'clear_refs', steps };

const locksVmas = ({ policy: { traits } }: Kernel): boolean =>
  traits.clearRefsLock === 'mmap-write' && traits.faultLock !== 'mmap';
const vmaOf = (k: Kernel, f: ClearRefsFrame): number => vmaAtIndex(k.world, f.mm, f.index);

/** What comes before the entries of the VMA at hand, or after the last one. */
function nextVma(k: Kernel, f: ClearRefsFrame): number {
  if (vmaOf(k, f) < 0) return AT.Flush;
  return locksVmas(k) ? AT.LockVma : AT.LockTable;
}

/** The next entry that loses its write permission. */
function look(k: Kernel, f: ClearRefsFrame): number {
  const { world } = k;
  const vma = vmaOf(k, f);
  const flags = world.vmas.get(vma, VMA.FLAGS);
  const end = (flags & (VM_PFNMAP | VM_HUGETLB)) === 0 ? world.vmas.get(vma, VMA.END) : 0;
  for (f.vpn = Math.max(f.vpn, world.vmas.get(vma, VMA.START)); f.vpn < end; f.vpn++) {
    const level = leafLevel(world, f.mm, f.vpn);
    if (level < 0 || level > 1 || !isWritable(leafEntry(world, f.mm, f.vpn))) continue;
    if (!isSpared(k, f, flags)) return AT.Wrprotect;
  }
  return AT.UnlockTable;
}

/** Huge entries are asked nothing. */
function isSpared({ world, policy: { traits } }: Kernel, { mm, vpn }: ClearRefsFrame, flags: number): boolean {
  return traits.clearRefsSparesPins && isCowMapping(flags) && !isHuge(leafEntry(world, mm, vpn))
    && world.mms.get(mm, MM.HAS_PINNED) !== 0 && world.pages.maybeDmaPinned(frameAt(world, mm, vpn));
}

function wrprotect(k: Kernel, f: ClearRefsFrame): number {
  const { mm, vpn } = f;
  const nr = isHuge(leafEntry(k.world, mm, vpn)) ? k.world.tables.fanout : 1;
  k.part(nr === 1
    ? { type: 'PteWrprotected', mm, vpn }
    : { type: 'PtesProtected', mm, vpn, nr, write: false, none: false });
  f.vpn = vpn + nr;
  return AT.Look;
}

function unlockTable(k: Kernel, f: ClearRefsFrame): number {
  f.index++;
  f.vpn = 0;
  return drop(k, f.mm, 'ptl', nextVma(k, f));
}

function flush(k: Kernel, f: ClearRefsFrame): number {
  k.part({ type: 'TlbFlushed', mm: f.mm });
  return locksVmas(k) ? AT.UnlockVmas : AT.Unlock;
}
